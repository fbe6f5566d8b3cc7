"""A saved web page made plain before pandoc reads it: the plan without the page around it, numbers written out.

Nothing of a page is loaded: no script, no picture, no style sheet, no frame. What stands around the plan (menus, the
site's name, contact, counters) is told by its tags, by what its ``id`` and ``class`` say, by being links, and by
standing outside of the part of the page that has the numbered text.
"""

from __future__ import annotations

import codecs
import email
import email.policy
import re
from collections.abc import Iterator
from dataclasses import dataclass

import lxml.html
from lxml import etree

from plansearch.errors import LimitError, ReadError, UnknownEncodingError
from plansearch.numbering import leading_mark
from plansearch.readers.decoding import DecodedText, decode
from plansearch.readers.list_numbers import BULLET, complete_mark, written_number

_DROPPED = frozenset(
    {
        *("script", "style", "noscript", "template", "iframe", "frame", "object", "embed", "applet", "link", "meta"),
        *("svg", "canvas", "audio", "video", "img", "map", "picture"),
        *("input", "select", "button", "textarea", "datalist"),
        *("nav", "footer", "aside", "dialog"),
    }
)
_ROLES = frozenset({"navigation", "contentinfo", "search", "complementary", "banner", "menu", "menubar", "dialog"})
_AROUND = re.compile(
    r"(?:^|[\s_-])(?:nav|navbar|navigation|menu|mainmenu|submenu|topmenu|footer|foot|breadcrumbs?|crumbs?|path|sidebar|aside"
    r"|copyright|banner|masthead|search|share|social|toolbar|pagetop|gotop|skip|accesskey|sitemap|counter|visitors?|print"
    r"|fontsize|related|pager|pagination|cookie)(?:$|[\s_-])",
    re.IGNORECASE,
)
"""What sites call the parts of a page around its text."""
_FURNITURE = re.compile(
    r"\s*(?::::|(?:最後)?(?:更新|發布|發佈|上版|張貼|修改|維護|檢視)(?:日期|時間|人員|單位)|(?:點閱|瀏覽|累計|造訪)(?:率|數|次數|人次|人數)"
    r"|資料(?:來源|維護|提供)|維護單位|回上一?頁|回首頁|網站導覽|友善列印|列印|分享|字級|版權所有|著作權聲明|隱私權|Copyright|©|TOP$"
    r"|All rights reserved).*",
    re.IGNORECASE | re.DOTALL,
)
_MAX_FURNITURE = 80
"""Characters; a longer text that begins so is a sentence of the plan."""
_HIDDEN = re.compile(r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE)
_LIST_STYLE = re.compile(r"list-style(?:-type)?\s*:[^;]*?([a-z][a-z-]+|none)", re.IGNORECASE)
_LINK_SHARE = 0.6
"""Of a block's text that is in links, above which it is a menu."""
_PLAN_SHARE = 0.95
"""Of the numbered text that the chosen part of a page must have."""
_MAX_SPAN = 500
"""Rows or columns that a cell can reach over; more is a mistake, or meant to harm."""
_MAX_DEPTH = 256
"""Elements inside of one another; lxml reads no deeper."""
_BLOCKS = frozenset({"div", "section", "article", "main", "form", "center", "body", "td", "li", "ul", "p"})
_CONTAINERS = frozenset(
    {"div", "section", "article", "main", "form", "center", "body", "blockquote", "fieldset", "span"}
)
_FRAMES = frozenset({"table", "tbody", "tr", "td"})
_CHARSET = re.compile(rb"<meta[^>]{0,200}charset\s*=\s*[\"']?\s*([\w-]+)", re.IGNORECASE)
_STYLES = {
    "decimal": "decimal",
    "decimal-leading-zero": "decimalZero",
    "lower-alpha": "lowerLetter",
    "lower-latin": "lowerLetter",
    "upper-alpha": "upperLetter",
    "upper-latin": "upperLetter",
    "lower-roman": "lowerRoman",
    "upper-roman": "upperRoman",
    "cjk-ideographic": "taiwaneseCounting",
    "cjk-decimal": "ideographDigital",
    "trad-chinese-informal": "taiwaneseCounting",
    "simp-chinese-informal": "taiwaneseCounting",
    "japanese-informal": "taiwaneseCounting",
    "trad-chinese-formal": "ideographLegalTraditional",
    "simp-chinese-formal": "ideographLegalTraditional",
    "japanese-formal": "ideographLegalTraditional",
    "cjk-heavenly-stem": "ideographTraditional",
    "cjk-earthly-branch": "ideographZodiac",
}
"""CSS's counter styles by OOXML's names."""
_TYPES = {"1": "decimal", "a": "lowerLetter", "A": "upperLetter", "i": "lowerRoman", "I": "upperRoman"}
_TITLE = re.compile(r"計畫|方案")
_MAX_TITLE = 60


@dataclass(frozen=True, slots=True)
class PlainPage:
    """The plan on a page, as HTML that pandoc reads."""

    html: bytes
    """In UTF-8."""
    encoding: str


def plain_page(data: bytes, name: str) -> PlainPage:
    """Make a web page plain.

    Raises:
        ReadError: it has no text, or its encoding is not known.
        LimitError: it is too large or too deep to be read whole.
    """
    decoded = _decode(data, name)
    text = re.sub(r"^\s*<\?xml[^>]*\?>", "", decoded.text.lstrip("\ufeff"))
    parser = lxml.html.HTMLParser(no_network=True, remove_comments=True, remove_pis=True, huge_tree=False)
    try:
        root = lxml.html.document_fromstring(text, parser=parser)
    except (etree.LxmlError, ValueError) as error:
        raise ReadError(f"「{name}」不是完整的網頁，無法解讀。請用瀏覽器開啟後另存新檔，或改存成 PDF。") from error
    if any(error.level_name == "FATAL" for error in parser.error_log):  # what follows it would be lost silently
        raise LimitError(f"「{name}」的網頁太大，或層層相套得太深，無法完整讀取。請只存計畫的部分，或改存成 PDF。")
    body = root.find("body")
    title = " ".join((root.findtext("head/title") or "").split())
    if body is None:
        raise ReadError(f"「{name}」的網頁沒有內容。請用瀏覽器開啟後另存新檔（完整網頁）。")
    _drop_around(body)
    region = _region(body)
    _drop_furniture(region)
    heading = _title_outside(body, region, title)
    for table in [region, *region.iter("td", "th")]:
        _bound_spans(table)
    _write_lists(region)
    _repair_tables(region)
    page = etree.Element("html")
    inner = etree.SubElement(page, "body")
    if heading:
        etree.SubElement(inner, "p").text = heading
    region.tail = None
    if region.tag == "body":
        region.tag = "div"
    inner.append(region)
    return PlainPage(etree.tostring(page, encoding="utf-8", method="html"), decoded.encoding)


def page_of_archive(data: bytes, name: str) -> bytes:
    """The web page in a web archive (``.mht``), as a browser saves a page with all that belongs to it.

    Raises:
        ReadError: there is none.
    """
    message = email.message_from_bytes(data, policy=email.policy.default)
    for part in message.walk():
        if part.get_content_type() == "text/html":
            content = part.get_payload(decode=True)
            if isinstance(content, bytes) and content.strip():
                return content
    raise ReadError(f"「{name}」的網頁封存檔裡沒有網頁。請用瀏覽器開啟後另存成網頁（.html）。")


def _decode(data: bytes, name: str) -> DecodedText:
    """Decode a page; where it is none of the encodings of plans, by what it says of itself."""
    try:
        return decode(data, name)
    except UnknownEncodingError:
        said = _CHARSET.search(data[:4096])
        codec = said.group(1).decode("ascii") if said else ""
        try:
            codecs.lookup(codec)
            return DecodedText(data.decode(codec), codec)
        except (LookupError, UnicodeDecodeError):
            pass
        raise


def _drop_around(body: etree._Element) -> None:
    """Drop what is no text, and what its tag, its role or its name tells is not the page's matter."""
    for element in [*body.iter()]:
        if element is body or not isinstance(element.tag, str):
            continue
        if _is_around(element):
            element.drop_tree()
    for element in [*body.iter("ul", "ol", "div", "p", "table", "td")]:
        if element.getparent() is not None and _is_menu(element):
            element.drop_tree()


def _is_around(element: etree._Element) -> bool:
    if element.tag in _DROPPED or element.get("role") in _ROLES or element.get("hidden") is not None:
        return True
    if _HIDDEN.search(element.get("style") or "") or element.get("aria-hidden") == "true":
        return True
    if element.tag == "header":
        return not any(parent.tag in {"article", "main"} for parent in element.iterancestors())
    named = f"{element.get('id') or ''} {element.get('class') or ''}"
    return element.tag in _BLOCKS | {"table"} and _AROUND.search(named) is not None and not _has_plan(element)


def _has_plan(element: etree._Element) -> bool:
    """Whether an element has much numbered text, whatever it is called."""
    return _weight(element) > 0.3 * max(len("".join(element.itertext()).strip()), 1)


def _is_menu(element: etree._Element) -> bool:
    """Whether most of a block is links."""
    whole = _length(element)
    linked = sum(_length(link) for link in element.iter("a") if link.get("href"))
    return whole > 0 and linked > _LINK_SHARE * whole and linked < _MAX_LINKED


_MAX_LINKED = 3000
"""Characters; a page whose text is one great link is no menu."""


def _length(element: etree._Element) -> int:
    return len("".join("".join(element.itertext()).split()))


def _own_texts(element: etree._Element) -> Iterator[str]:
    yield element.text or ""
    for child in element:
        yield child.tail or ""


def _weight(element: etree._Element) -> int:
    """How much numbered text an element holds."""
    return sum(
        len(text.strip())
        for part in element.iter()
        if part.tag != "a"
        for text in _own_texts(part)
        if _is_numbered(text)
    ) + sum(_length(entry) for ordered in element.iter("ol") for entry in ordered.findall("li"))


def _sections(element: etree._Element) -> int:
    """How many sections (壹、 貳、) begin in an element."""
    marks = (leading_mark(text).mark for part in element.iter() for text in _own_texts(part))
    return sum(mark is not None and mark.style == "section" for mark in marks)


def _is_numbered(text: str) -> bool:
    mark = leading_mark(text).mark
    return mark is not None and mark.style not in {"bullet", "letter"}


def _region(body: etree._Element) -> etree._Element:
    """The innermost part of a page that has nearly all of its numbered text."""
    region = body
    total, sections = _weight(body), _sections(body)
    if not total:
        return _marked_main(body)
    for _ in range(_MAX_DEPTH):
        inner = [
            child
            for child in region
            if _may_enter(child) and _weight(child) >= _PLAN_SHARE * total and _sections(child) == sections
        ]
        if not inner:
            return region
        region = inner[0]
    return region


def _marked_main(body: etree._Element) -> etree._Element:
    found = body.xpath(".//main | .//*[@role='main'] | .//article")
    return max(found, key=_length) if found else body


def _may_enter(element: etree._Element) -> bool:
    """Whether an element only frames what stands in it: a table does where it holds the plan's table."""
    if element.tag in _FRAMES:
        return element.find(".//table") is not None
    return element.tag in _CONTAINERS


def _drop_furniture(region: etree._Element) -> None:
    for element in [*region.iter("p", "div", "span", "li", "h6", "address", "dd", "td")]:
        text = "".join(element.itertext())
        inside = any(parent.tag == "td" for parent in element.iterancestors())
        if element is not region and not inside and len(text) <= _MAX_FURNITURE and _FURNITURE.fullmatch(text):
            element.drop_tree()


def _title_outside(body: etree._Element, region: etree._Element, title: str) -> str:
    """The plan's name, where it stands above the chosen part of the page or in its title alone."""
    own = "".join(region.itertext())[:2000]
    headings = [" ".join("".join(element.itertext()).split()) for element in body.iter("h1", "h2", "h3", "h4")]
    parts = [part.strip() for part in re.split(r"[|｜]|\s[-–—]\s|::", title)]
    for text in [*headings, *parts]:
        if _TITLE.search(text) and len(text) <= _MAX_TITLE:
            return "" if "".join(text.split()) in "".join(own.split()) else text
    return ""


def _bound_spans(cell: etree._Element) -> None:
    for name in ("rowspan", "colspan"):
        span = cell.get(name)
        if span is not None:
            cell.set(name, str(min(int(span), _MAX_SPAN) if span.isascii() and span.isdigit() else 1))


def _repair_tables(region: etree._Element) -> None:
    """Tables of nothing but rows of cells: what else stands between them moves out, since pandoc gives up on it."""
    for table in [*region.iter("table")]:
        for wrapper in [*table.iter("form", "center", "font", "span", "div")]:
            if wrapper.getparent().tag in _ROW_GROUPS | {"table", "tr"} and wrapper.find(".//td") is not None:
                wrapper.drop_tag()
        for group in [*table.iter(*_ROW_GROUPS)]:
            group.drop_tag()  # pandoc cuts off cells that reach from the header into the table
        for child in [*table]:
            if child.tag not in {"tr", "caption", "colgroup", "col"}:
                _move_before(table, child)
        for row in [*table.iter("tr")]:
            _repair_row(row)
    for table in [*region.iter("table")]:
        if table is not region and table.find(".//td") is None and table.find(".//th") is None:
            table.drop_tag()


def _repair_row(row: etree._Element) -> None:
    for child in row:
        child.tag = "td"
    if not len(row):
        row.drop_tree()


_ROW_GROUPS = frozenset({"thead", "tbody", "tfoot"})


def _move_before(table: etree._Element, child: etree._Element) -> None:
    child.tail = None
    if table.getparent() is not None:
        table.addprevious(child)


def _write_lists(region: etree._Element) -> None:
    """Write out the numbers of lists, which pandoc knows only as 1 a i; the lists become plain blocks."""
    for listed in [*region.iter("ol", "ul", "menu")]:
        style = _style_of(listed)
        number = _whole(listed.get("start"), 1)
        for entry in listed.findall("li"):
            number = _whole(entry.get("value"), number)
            mark = "" if style is None else BULLET if listed.tag != "ol" else _mark(number, style)
            _write(entry, mark, number if listed.tag == "ol" else None)
            number += 1
            entry.tag = "div"
            entry.attrib.clear()
        listed.tag = "div"
        listed.attrib.clear()


def _mark(number: int, style: str) -> str:
    written = written_number(number, style)
    return complete_mark(written)


def _style_of(listed: etree._Element) -> str | None:
    """How a list counts, by OOXML's names; ``None`` for one that shows nothing."""
    said = _LIST_STYLE.search(listed.get("style") or "")
    if said is not None and said.group(1).lower() == "none":
        return None
    if said is not None:
        return _STYLES.get(said.group(1).lower(), "decimal")
    return _TYPES.get(listed.get("type") or "", "decimal")


def _write(entry: etree._Element, mark: str, number: int | None) -> None:
    text = "".join(entry.itertext()).strip()
    own = leading_mark(text).mark
    if not mark or not text or (own is not None and (number is None or own.value == number)):
        return
    place = entry
    while not (place.text or "").strip() and len(place) and place[0].tag in {"p", "div", "span", "b", "strong", "font"}:
        place = place[0]
    place.text = f"{mark} {(place.text or '').lstrip()}"


def _whole(text: str | None, otherwise: int) -> int:
    try:
        return int(text or "")
    except ValueError:
        return otherwise
