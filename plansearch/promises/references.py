"""Numbers that name something and promise nothing: articles of laws, letters, years, telephones, 一般, 單一窗口.

All patterns are for folded text.
"""

from __future__ import annotations

import re
from typing import Final

from plansearch.promises.numerals import NUMERAL, THROUGH

BLANK: Final = "\0"
"""Stands where a character was taken out, so that places stay what they are; no pattern matches it."""

_CIRCLED: Final = re.compile("[①-⑳❶-❿⓵-⓾]")
"""Numbers of a list, which folding would turn into figures."""

UNIT_BEGINNINGS: Final = "年月日天周星元人件次份场处小分项名位个%万千张台案座间户家公本里岁楼栋所席辆组"
"""What follows a figure that counts something, even 1999."""

_LINES: Final = "11[0-9]|16[0-9]|19[0-9][0-9]"
"""Service numbers of Taiwan: 110, 113, 119, 165, 1922, 1925, 1955, 1966, 1999 ..."""

_LATIN_UNITS: Final = "(?:[kmgt]b|[cmk]?m|kg|ml|k?w|f)"

_ORDERED: Final = "条项款目号点章节类线次名个周天日月年季级版届科组股课人"

_DOCUMENT: Final = "字第|函|令|修正|订定|发布|公布|颁|核定|核备|施行|生效"
"""After a full date these say that it is the date of a letter or a law."""

_FULL_DATE: Final = r"(?:民国 *)?\d{2,4} *[年./-] *\d{1,2} *[月./-] *\d{1,2}(?!\d)(?: *日)?"

_LISTED: Final = rf"{NUMERAL}(?:[{THROUGH}、及]{NUMERAL}){{0,9}}"

_CHINESE_YEAR: Final = "(?:一百[零○〇]?[一二三四五六七八九十]*|一[○〇零一二][一二三四五六七八九○〇零])"

TELEPHONE: Final = r"(?:\(?(?<!\d)0\d{1,3}\)?[ -]?\d{3,4}[ -]?\d{3,4}(?:#\d+)?)"
"""A pattern for a telephone number with its area code."""

_REFERENCES: Final = (
    rf"{TELEPHONE}|分机 *\d+|#\d+",
    rf"(?<!\d)(?:{_LINES})(?![\d,.]| *[{UNIT_BEGINNINGS}])",
    rf"第(?! *[一二三四1-4] *季) *{_LISTED} *[{_ORDERED}]?(?:之 *{NUMERAL})?",
    rf"{_FULL_DATE}(?! *(?:以?前|起|止|底))(?=[^,。;、\n]{{0,12}}?(?:{_DOCUMENT}))",
    rf"(?:民国 *)?(?<!\d)(?:[89]\d|1[0-4]\d|19\d\d|20\d\d|{_CHINESE_YEAR}) *(?:学?年度|年(?!以|内))",
    r"(?<=[a-z])-?\d+(?:\.\d+)*",
    rf"(?<=[a-z]) \d+(?:\.\d+)*(?![\d.]| *[{UNIT_BEGINNINGS}])",
    rf"(?<![\d.])\d+(?:\.\d+)*(?=[a-z])(?!{_LATIN_UNITS}(?![a-z]))",
    r"(?<!\d)7-(?:11|eleven)",
    r"(?:附件|附表|附录|编号|项次|[如见详][表图]) *\d+(?:-\d+)?",
    r"(?:^|(?<=[。;:!?\s])(?<!\d:))\(?(?:\d{1,2}|[一二三四五六七八九十]{1,3})(?:\)|[.、](?![\d一二三四五六七八九十]))",
    r"\((?:\d{1,2}|[一二三四五六七八九十]{1,3})\)",
)
"""Telephones; service numbers; ordinals and articles; dates of letters; years; A4, Web 2.0, 5G; shops; annexes; the
numbers of a list's entries."""

_WORDS: Final = (
    "(?:[任唯同单统逐万另每某择划合专归]|(?<!分)之)一",
    "[一二三四五六七八九十多]合一",
    "[前次上下后近]一(?=年|季|月|次|期|学|梯|届)",
    "一(?:级棒|家人|元化|成不变|部分|部份|点通|站式|回生|度|案到底|柜到底|次性|日生活圈)",
    "一(?:人|里|村|校|户|区|乡|家)一",
    "百分百|四处(?=[奔跑洽求寻走])",
    "(?<![一二三四五六七八九])十分(?!钟|之|以|者|,|。|内|、|为|$)",
    "万里区|八里区|百里|千里|九份(?=[老地])|(?<!第)四季|百年|二度就业|三度空间|三部曲",
    "大陆|[入退队行]伍",
)
"""Words with a numeral in them, before or within what could be taken for a unit."""

_ALL: Final = re.compile("|".join((*_REFERENCES, *_WORDS)), re.MULTILINE)


def without_references(folded: str, source: str) -> str:
    """Take out of a text all numbers that are no promises.

    Args:
        folded: the folded copy of ``source``.
        source: the text itself, which still tells ① from 1.

    Returns:
        A copy of the same length, with `BLANK` where something was taken out.
    """
    for match in _CIRCLED.finditer(source):
        folded = blank(folded, *match.span())
    return _ALL.sub(lambda match: BLANK * len(match[0]), folded)


def blank(text: str, start: int, end: int) -> str:
    """Take one range out of a text, which keeps its length."""
    return text[:start] + BLANK * (end - start) + text[end:]
