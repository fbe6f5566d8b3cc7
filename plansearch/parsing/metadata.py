"""What a plan says of itself: agency, its type, its city, the year, the title. What it does not say stays unknown."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence

from plansearch.parsing.outline import cjk_number, leading_mark
from plansearch.types import Document, Metadata, Paragraph

_AGENCY_TYPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("公所", re.compile(r"公所$")),
    ("衛生所", re.compile(r"衛生所$|健康服務中心$")),
    ("戶政", re.compile(r"戶政事務所$")),
    ("地政", re.compile(r"地政事務所$|地政局$")),
    ("稅捐", re.compile(r"稅捐稽徵處|稅務局|國稅局|財政稅務局")),
    ("環保", re.compile(r"環境保護局|環保局|資源回收廠|焚化廠|清潔隊|掩埋場")),
    ("警政", re.compile(r"警察局|分局$|派出所$")),
    ("消防", re.compile(r"消防局|消防(?:大|中|分)隊$")),
    ("社政", re.compile(r"社會局|社會處|家庭暴力|老人活動中心|婦幼|無障礙之家|兒童|仁愛之家|長青")),
    ("勞政", re.compile(r"勞工局|就業服務|訓練就業中心|勞動檢查")),
    ("文教", re.compile(r"教育局|圖書館|文化局|文化中心|美術館|博物館|學校$|國小$|國中$|高中$")),
    ("醫療", re.compile(r"醫院$|衛生局")),
    ("殯葬", re.compile(r"殯葬")),
    ("交通監理", re.compile(r"交通局|監理|車輛")),
    ("動物保護", re.compile(r"動物保護")),
    ("民政", re.compile(r"民政局|兵役")),
)
_AGENCY_END = (
    r"(?:公所|衛生所|健康服務中心|事務所|稽徵處|分處|分局|大隊|中隊|分隊|清潔隊|回收廠|焚化廠|管理所|管理處|服務站|圖書館|美術館"
    r"|博物館|醫院|學校|中心|委員會|公司|局|處|所|廠|館|院|會|署|部)"
)
_AGENCY = re.compile(
    rf"[\u4e00-\u9fff]{{2,40}}?{_AGENCY_END}(?=\s*(?:[0-9０-９一二三四五六七八九〇○零百十]{{2,6}}\s*年|年度|辦理|推動|提升|為民|服務品質|執行|$))"
)
_CITY = re.compile(r"^(?:[\u4e00-\u9fff]{2}[市縣])")
_CITY_GOVERNMENT = re.compile(r"[\u4e00-\u9fff]{2}[市縣](?=政府)")
_YEAR = re.compile(r"(?<!\d)(\d{2,4})\s*(?:學)?年度?")
_CHINESE_YEAR = re.compile(r"([一二三四五六七八九十〇○零百]{3,6})\s*年度?")
_TITLE = re.compile(r"計畫|方案")
_WESTERN_OFFSET = 1911
"""ROC year 1 is 1912."""
_FIRST_YEAR, _LAST_YEAR = 70, 199
"""ROC years between which a plan of this kind can have been written."""
_MAX_TITLE_LENGTH = 60
"""Characters."""


def metadata_of(document: Document) -> Metadata:
    """Read the metadata off a document's own text."""
    title = _title(document)
    texts = [block.text for block in document.blocks if isinstance(block, Paragraph)]
    plain = re.sub(r"\s+", "", unicodedata.normalize("NFKC", title)) if title else ""
    agency = _agency(plain)
    return Metadata(
        agency=agency,
        agency_type=agency_type_of(agency) if agency else None,
        city=_city(agency, texts),
        year=_year(plain),
        title=title,
    )


def agency_type_of(agency: str) -> str | None:
    """The kind of agency that a name says, or ``None``."""
    for name, pattern in _AGENCY_TYPES:
        if pattern.search(agency):
            return name
    return None


def _title(document: Document) -> str | None:
    """The text before the first numbered section that names a plan; it may be broken over two lines."""
    head: list[str] = []
    for block in document.blocks:
        if not isinstance(block, Paragraph) or leading_mark(block.text).mark is not None:
            break
        head.append(block.text.strip())
    for position, text in enumerate(head):
        for candidate in (text, text + "".join(head[position + 1 : position + 2])):
            if _TITLE.search(candidate) and len(candidate) <= _MAX_TITLE_LENGTH and "。" not in candidate:
                before = head[position - 1] if position else ""
                goes_on = before and len(before) <= _MAX_TITLE_LENGTH // 2 and re.search(_AGENCY_END + "$", before)
                return (before + candidate) if goes_on else candidate
    return None


def _agency(title: str) -> str | None:
    """The agency in a title: what stands before the year, after any ``…類-`` that a contest put before it."""
    name = re.split(r"[-–—:：]", title, maxsplit=1)[-1] if re.match(r"[^-–—:：]{1,12}[-–—:：]", title) else title
    match = _AGENCY.search(re.sub(r"^\d{2,4}年度?", "", name))
    return match.group() if match else None


def _city(agency: str | None, texts: Sequence[str]) -> str | None:
    """The city that the agency's name begins with, else the only city government that the text names."""
    match = _CITY.match(agency) if agency else None
    if match:
        return match.group()
    named = Counter(name for text in texts for name in _CITY_GOVERNMENT.findall(text))
    return next(iter(named)) if len(named) == 1 else None


def _year(title: str) -> int | None:
    for match in _YEAR.finditer(title):
        year = int(match.group(1))
        year = year - _WESTERN_OFFSET if year > _WESTERN_OFFSET else year
        if _FIRST_YEAR <= year <= _LAST_YEAR:
            return year
    chinese = _CHINESE_YEAR.search(title)
    return _chinese_year(chinese.group(1)) if chinese else None


def _chinese_year(text: str) -> int | None:
    """一一三 or 一百一十三."""
    if "百" in text:
        hundreds, _, rest = text.partition("百")
        year = cjk_number(hundreds or "一") * 100 + cjk_number(rest.lstrip("零〇○"))
    else:
        digits = [0 if character in "〇○零" else cjk_number(character) for character in text]
        year = int("".join(map(str, digits)))
    return year if _FIRST_YEAR <= year <= _LAST_YEAR else None
