"""What a plan says of itself: agency, its type, its city, the year, the title. What it does not say stays unknown."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from plansearch.numbering import cjk_number, leading_mark
from plansearch.types import Document, Metadata, Paragraph

_AGENCY_TYPES: tuple[tuple[str, re.Pattern[str]], ...] = (
    ("公所", re.compile(r"公所$")),
    ("衛生所", re.compile(r"衛生所$|健康服務中心$")),
    ("戶政", re.compile(r"戶政事務所$")),
    ("地政", re.compile(r"地政事務所$|地政[局處]|土地開發")),
    ("稅捐", re.compile(r"稅捐稽徵|稅務局|國稅局")),
    ("環保", re.compile(r"環境保護局|環保局|資源回收廠|焚化廠|清潔隊|掩埋場")),
    ("警政", re.compile(r"警察局|(?<!稽徵)(?<!消防)分局$|派出所$")),
    ("消防", re.compile(r"消防局|消防(?:大|中|分)隊$")),
    ("文化", re.compile(r"圖書館|文化[局處館]|文化中心|美術館|博物館")),
    ("學校", re.compile(r"(?:大學|學校|小學|中學|國小|國中|高中|幼兒園)$")),
    ("教育", re.compile(r"教育[局處]|家庭教育")),
    ("社政", re.compile(r"社會[局處]|家庭暴力|老人|婦幼|無障礙之家|兒童|仁愛之家|長青")),
    ("勞政", re.compile(r"勞[工動][局處]|就業|勞動檢查|訓練中心")),
    ("醫療衛生", re.compile(r"醫院$|衛生局|疾病|防制局")),
    ("殯葬", re.compile(r"殯葬")),
    ("交通", re.compile(r"交通[局處]|監理|停車|捷運|車輛")),
    ("動物保護", re.compile(r"動物保護|動物防疫|動物園")),
    ("工務", re.compile(r"工務[局處]|養護工程|新建工程|建築管理|違章建築")),
    ("水利", re.compile(r"水利[局處]")),
    ("農業", re.compile(r"農業[局處]|農務")),
    ("財政", re.compile(r"財政[局處]")),
    ("觀光", re.compile(r"觀光|風景區")),
    ("體育", re.compile(r"體育|運動")),
    ("民政", re.compile(r"民政[局處]|兵役")),
    ("檢調", re.compile(r"檢察署|調查處")),
)
_AGENCY_END = (
    r"(?:公所|衛生所|健康服務中心|事務所|稽徵處|分處|分局|大隊|中隊|分隊|清潔隊|回收廠|焚化廠|管理所|管理處|管理站|服務站"
    r"|圖書館|美術館|博物館|文化館|體育場|動物園|幼兒園|國民小學|國民中學|高級中學|大學|醫院|學校|之家|中心|委員會"
    r"|檢察署|場|園|站|局|處|所|廠|館|隊|院|署)"
)
_NUMERALS = r"[0-9一二三四五六七八九〇○零百十]"
_AFTER_AGENCY = rf"[「『（(]?(?:(?:中華民國)?{_NUMERALS}{{2,6}}(?:年|[-~至])|年度|辦理|推動|提升|為民|服務品質|執行|$)"
_CITIES = (
    "臺北市|台北市|新北市|桃園市|臺中市|台中市|臺南市|台南市|高雄市|基隆市|新竹市|嘉義市|新竹縣|苗栗縣|彰化縣|南投縣|雲林縣"
    "|嘉義縣|屏東縣|宜蘭縣|花蓮縣|臺東縣|台東縣|澎湖縣|金門縣|連江縣"
)
_NAMED = re.compile(rf"(?:{_CITIES})[\u4e00-\u9fff]{{1,38}}?{_AGENCY_END}(?={_AFTER_AGENCY})")
_ANY = re.compile(rf"[\u4e00-\u9fff]{{2,40}}?{_AGENCY_END}(?={_AFTER_AGENCY})")
_WHOLE_NAME = re.compile(rf"[\u4e00-\u9fff]{{2,40}}{_AGENCY_END}")
_PLACE = re.compile(r"[\u4e00-\u9fff][市縣鄉鎮區]")
_OF_STAFF = re.compile(
    rf"([\u4e00-\u9fff]{{2}}[市縣][\u4e00-\u9fff]{{1,38}}?{_AGENCY_END})(?=各[課組科室單]|全體|所屬|同仁|員工)"
)
_BEFORE_AGENCY = re.compile(
    rf"^(?:附件{_NUMERALS}*|[^-–—:：\d]{{1,12}}[-–—:：])?(?:中華民國)?(?:{_NUMERALS}{{2,6}}年度?)?"
)
_CITY = re.compile(r"^(?:[\u4e00-\u9fff]{2}[市縣])")
_CITY_GOVERNMENT = re.compile(r"[\u4e00-\u9fff]{2}[市縣](?=政府)")
_YEAR = re.compile(r"(?<!\d)(\d{2,4})\s*(?:[-~至]\s*\d{2,4}\s*)?(?:學)?年度?")
_CHINESE_YEAR = re.compile(r"([一二三四五六七八九十〇○零百]{3,6})\s*年度?")
_TITLE = re.compile(r"計畫|方案")
_TITLE_LABEL = re.compile(r"^(?:計畫|方案)名稱\s*[：:]?\s*")
"""What a form says before the title."""
_WESTERN_OFFSET = 1911
"""ROC year 1 is 1912."""
_FIRST_YEAR, _LAST_YEAR = 70, 199
"""ROC years between which a plan of this kind can have been written."""
_MIN_TITLE_LENGTH, _MAX_TITLE_LENGTH = 8, 60
"""Characters; less is the second line of a title."""


def metadata_of(document: Document) -> Metadata:
    """Read the metadata off a document's own text."""
    title = _title(document)
    texts = [block.text for block in document.blocks if isinstance(block, Paragraph)]
    plain = _plain(title) if title else ""
    agency = _agency(plain) or _agency_of_staff(texts)
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


def agency_name(text: str) -> str | None:
    """The agency that a line names and nothing else, with the place that it is in; ``None`` where it says more."""
    plain = _plain(text)
    is_one = _WHOLE_NAME.fullmatch(plain) and _PLACE.search(plain) and agency_type_of(plain)
    return plain if is_one else None


def _plain(text: str) -> str:
    return re.sub(r"\s+", "", unicodedata.normalize("NFKC", text))


def _title(document: Document) -> str | None:
    """The text before the first numbered section that names a plan; it may be broken over two lines."""
    head: list[str] = []
    for block in document.blocks:
        if not isinstance(block, Paragraph) or leading_mark(block.text).mark is not None:
            break
        text = _TITLE_LABEL.sub("", block.text.strip())
        if text:
            head.append(text)
    for position, text in enumerate(head):
        before = head[position - 1] if position else ""
        if _is_title(text) and len(text) >= _MIN_TITLE_LENGTH:
            return before + text if _WHOLE_NAME.fullmatch(_plain(before)) else text
        if _is_title(before + text) and not _is_title(before):
            return before + text
    return None


def _is_title(text: str) -> bool:
    return _TITLE.search(text) is not None and len(text) <= _MAX_TITLE_LENGTH and "。" not in text


def _agency(title: str) -> str | None:
    """The agency in a title: what begins with a city's name, else what stands before the year."""
    match = _NAMED.search(title) or _ANY.search(_BEFORE_AGENCY.sub("", title))
    return match.group() if match else None


def _agency_of_staff(texts: Sequence[str]) -> str | None:
    """The agency whose staff the plan says it is for, where the title names none."""
    for text in texts:
        match = _OF_STAFF.search(_plain(text))
        if match and "對象" in text:
            return match.group(1)
    return None


def _city(agency: str | None, texts: Sequence[str]) -> str | None:
    """The city that the agency's name begins with, else the only city government that the text names."""
    match = _CITY.match(agency) if agency else None
    if match:
        return match.group()
    named = {name for text in texts for name in _CITY_GOVERNMENT.findall(text)}
    return named.pop() if len(named) == 1 else None


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
