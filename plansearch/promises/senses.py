"""Whether a text says yes or no, must or may: 不得, 免, 停止, 應, 可, 收費, 免費. In folded text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from plansearch.promises.idioms import without_idioms

Sense = Literal["no", "must", "may", "must not", "need not", "free", "paid"]

_NOT: Final = "(?:不另?再?|毋须|无须|无需|毋需|免再?|不必|不需要?|不须|不用|不予|不得)"
_FREE: Final = (
    f"{_NOT}(?:另|再|额外)?(?:收取?|付|缴纳?|负担|支付|酌收)(?:任何|相关|规|手续|工本|行政)?费用?|免(?:收)?(?:规|手续|工本|报名|挂号)?费用?"
    "|无偿"
)
_PAID: Final = "(?:酌?收|付|自|需缴|须缴|应缴)费(?!站|员|表|单|系统|标准|项目表)|有偿|酌收|收取[^,。;]{0,6}费"

_SENSES: Final = re.compile(
    rf"(?P<free>{_FREE})|(?P<paid>{_PAID})"
    "|(?P<must_not>不得|不可|不应|不准|不许|不宜|严禁|禁止|切勿|请勿|勿)"
    "|(?P<need_not>不必|不需要?|不须|不用(?!品)|无需|无须|无庸|毋须|毋需|毋庸|免予|免除|免再?)"
    "|(?P<must>必须|必需|务必|务须|应|须|需)"
    "|(?P<may>可以|可|得)"
    "|(?P<no>暂不|不能|无法|未能|没有|停止|取消|暂停|暂缓|废止|废除|除外|停(?=办|用|收|发|供|开|诊|课|班)|不|无|未|没|非|毋)"
)
_FEE: Final = re.compile(f"{_FREE}|{_PAID}")
"""In 應付費 it is 付費 that counts."""

_NAMES: Final[dict[str, Sense]] = {
    "free": "free",
    "paid": "paid",
    "must_not": "must not",
    "need_not": "need not",
    "must": "must",
    "may": "may",
    "no": "no",
}

_SAME: Final = frozenset(
    {
        frozenset({"no", "must not"}),
        frozenset({"no", "need not"}),
        frozenset({"no", "free"}),
        frozenset({"need not", "free"}),
        frozenset({"must", "paid"}),
    }
)
"""Pairs that are not told apart: 不檢附, 不得檢附 and 免檢附 all say that it is not done; 不收取費用 is free."""

_FILLERS: Final = frozenset("予以再另行先于为")
"""May stand between the sense and its verb: 應予公布."""

THING: Final = 2
"""Characters of what is denied or demanded; most verbs have two."""

BEHIND: Final = frozenset({"除外"})
"""Stands behind what it denies."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A word that denies, demands or allows what follows it."""

    kind: ClassVar[Literal["polarity"]] = "polarity"

    start: int
    end: int
    sense: Sense
    thing: str
    """The beginning of what it is about, folded; empty at the end of a clause."""
    thing_end: int
    """Where that ends; with ``start`` this is what is shown."""

    @property
    def counts_alone(self) -> bool:
        """Whether it changes the promise where the other text says the same without it.

        A plain sentence demands as well as 應 does.
        """
        return self.sense not in ("must", "may", "paid")

    def differs(self, other: object) -> bool:
        """Whether two facts that stand for the same thing are different."""
        if not isinstance(other, Mark):
            return True
        return self.sense != other.sense and frozenset({self.sense, other.sense}) not in _SAME

    def resembles(self, other: object) -> bool:
        """Whether they may be about the same thing: 公布 and 公告 may."""
        return isinstance(other, Mark) and (self.thing == other.thing or bool({*self.thing} & {*other.thing}))


def read_marks(text: str) -> Iterator[Mark]:
    """Find all words that deny, demand or allow.

    Args:
        text: folded.
    """
    for match in _SENSES.finditer(without_idioms(text)):
        sense = _NAMES[match.lastgroup or "no"]
        if sense in ("free", "paid"):
            yield Mark(*match.span(), sense, "费", match.end())
            continue
        begin = match.end()
        if _FEE.match(text, begin):
            continue
        if match[0] in BEHIND:
            yield Mark(*match.span(), sense, "", begin)
            continue
        while begin < len(text) and text[begin] in _FILLERS:
            begin += 1
        end = begin
        while end < len(text) and end - begin < THING and text[end].isalnum():
            end += 1
        yield Mark(*match.span(), sense, text[begin:end], end)
