"""Word's automatic numbering: which number stands before which paragraph.

Word keeps no numbers in a document, only the rules that make them: ``numbering.xml`` has lists with nine levels
each, styles may bring a list along, and the numbers come from counting. See ISO/IEC 29500-1, 17.9.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.etree.ElementTree import Element

from plansearch.readers.list_numbers import complete_mark, written_bullet, written_number

W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_LEVELS = 9
_PLACEHOLDER = re.compile(r"%([1-9])")
_MAX_STYLE_DEPTH = 20
"""Styles that are based on one another; a document made by hand may have a circle of them."""


@dataclass(frozen=True, slots=True)
class _Level:
    """How one level of a list counts, and what it shows."""

    start: int = 1
    style: str = "decimal"
    text: str = ""
    restart: int | None = None
    """The level (from 1) after which it begins anew; 0 for never, ``None`` for any level above."""
    all_arabic: bool = False
    paragraph_style: str | None = None


@dataclass(slots=True)
class _List:
    """A list of ``numbering.xml`` (``w:abstractNum``) and how far it has counted."""

    levels: dict[int, _Level]
    style_link: str | None = None
    counts: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Instance:
    """A use of a list (``w:num``), which may begin anew or change levels."""

    list_id: str
    starts: Mapping[int, int]
    levels: Mapping[int, _Level]


class WordNumbering:
    """Counts through a document; ask it for each paragraph in order."""

    def __init__(self, numbering: Element | None, styles: Element | None) -> None:
        self._lists: dict[str, _List] = {}
        self._instances: dict[str, _Instance] = {}
        self._begun: set[str] = set()
        self._style_numbers = _numbers_of_styles(styles)
        self._default_style = _default_paragraph_style(styles)
        if numbering is not None:
            self._read(numbering)

    def mark_of(self, paragraph: Element) -> str:
        """Count a paragraph (``w:p``), and give the number that Word shows before it; empty where it has none."""
        place = self._place(paragraph)
        if place is None:
            return ""
        number_id, level = place
        instance = self._instances.get(number_id)
        if instance is None:
            return ""
        listed = self._list_of(instance)
        if listed is None:
            return ""
        levels = {**listed.levels, **instance.levels}
        self._count(listed, levels, number_id, instance, level)
        return _shown(levels, listed.counts, level)

    def _read(self, numbering: Element) -> None:
        for element in numbering.iter(f"{W}abstractNum"):
            levels = dict(_level(child) for child in element.findall(f"{W}lvl"))
            link = element.find(f"{W}numStyleLink")
            self._lists[_value(element, "abstractNumId")] = _List(levels, _val(link) if link is not None else None)
        for element in numbering.iter(f"{W}num"):
            starts: dict[int, int] = {}
            changed: dict[int, _Level] = {}
            for override in element.findall(f"{W}lvlOverride"):
                place = _whole(_value(override, "ilvl"), 0)
                start = override.find(f"{W}startOverride")
                if start is not None:
                    starts[place] = _whole(_val(start), 1)
                changed |= dict(_level(child) for child in override.findall(f"{W}lvl"))
            list_id = _val(element.find(f"{W}abstractNumId"))
            self._instances[_value(element, "numId")] = _Instance(list_id, starts, changed)

    def _list_of(self, instance: _Instance) -> _List | None:
        listed = self._lists.get(instance.list_id)
        if listed is not None and listed.style_link and not listed.levels:
            linked = self._style_numbers.get(listed.style_link)
            target = self._instances.get(linked[0]) if linked else None
            listed = self._lists.get(target.list_id) if target else None
        return listed

    def _place(self, paragraph: Element) -> tuple[str, int] | None:
        """List and level of a paragraph: its own, else its style's; list 0 takes it out of any list."""
        properties = paragraph.find(f"{W}pPr")
        style = properties.find(f"{W}pStyle") if properties is not None else None
        style_id = _val(style) if style is not None else self._default_style
        from_style = self._style_numbers.get(style_id)
        own = properties.find(f"{W}numPr") if properties is not None else None
        number_id = _val(own.find(f"{W}numId")) if own is not None else ""
        level = own.find(f"{W}ilvl") if own is not None else None
        if not number_id:
            if from_style is None:
                return None
            number_id = from_style[0]
        if number_id in {"", "0"}:
            return None
        if level is not None:
            return number_id, min(_whole(_val(level), 0), _LEVELS - 1)
        return number_id, self._level_of_style(number_id, style_id, from_style[1] if from_style else 0)

    def _level_of_style(self, number_id: str, style_id: str, otherwise: int) -> int:
        """The level that names a style as its own, whatever the style says."""
        instance = self._instances.get(number_id)
        listed = self._list_of(instance) if instance else None
        for place, level in sorted(listed.levels.items()) if listed else ():
            if level.paragraph_style == style_id and style_id:
                return place
        return otherwise

    def _count(
        self, listed: _List, levels: Mapping[int, _Level], number_id: str, instance: _Instance, level: int
    ) -> None:
        counts = listed.counts
        if number_id not in self._begun:
            self._begun.add(number_id)
            for place in instance.starts:
                counts.pop(place, None)
        start = instance.starts.get(level, levels.get(level, _Level()).start)
        counts[level] = counts[level] + 1 if level in counts else start
        for above in range(level):
            counts.setdefault(above, levels.get(above, _Level()).start)
        for below in [place for place in counts if place > level]:
            restart = levels.get(below, _Level()).restart
            if restart is None or level < restart:
                del counts[below]


def _shown(levels: Mapping[int, _Level], counts: Mapping[int, int], level: int) -> str:
    rule = levels.get(level)
    if rule is None:
        return complete_mark(str(counts[level]))
    if rule.style == "bullet":
        return written_bullet(rule.text)

    def number(match: re.Match[str]) -> str:
        place = int(match.group(1)) - 1
        other = levels.get(place, _Level())
        plain = rule.all_arabic and place != level
        return written_number(counts.get(place, other.start), "decimal" if plain else other.style)

    return complete_mark(_PLACEHOLDER.sub(number, rule.text))


def _level(element: Element) -> tuple[int, _Level]:
    texts = {child.tag.removeprefix(W): _val(child) for child in element}
    restart = texts.get("lvlRestart")
    return _whole(_value(element, "ilvl"), 0), _Level(
        start=_whole(texts.get("start", ""), 1),
        style=texts.get("numFmt") or _alternate_format(element),
        text=texts.get("lvlText", ""),
        restart=_whole(restart, 0) if restart is not None else None,
        all_arabic="isLgl" in texts and texts["isLgl"] not in {"0", "false"},
        paragraph_style=texts.get("pStyle"),
    )


def _alternate_format(element: Element) -> str:
    """A format that newer Word wraps for older readers (``mc:AlternateContent``); the last is for them."""
    formats = [_val(child) for child in element.iter(f"{W}numFmt")]
    return formats[-1] if formats and formats[-1] != "custom" else "decimal"


def _numbers_of_styles(styles: Element | None) -> dict[str, tuple[str, int]]:
    """Style id to list and level, inherited from the styles that it is based on."""
    own: dict[str, tuple[str, int]] = {}
    based: dict[str, str] = {}
    for style in styles.iter(f"{W}style") if styles is not None else ():
        style_id = _value(style, "styleId")
        number = style.find(f"{W}pPr/{W}numPr")
        parent = style.find(f"{W}basedOn")
        if number is not None and number.find(f"{W}numId") is not None:
            level = number.find(f"{W}ilvl")
            own[style_id] = (_val(number.find(f"{W}numId")), _whole(_val(level), 0) if level is not None else 0)
        if parent is not None:
            based[style_id] = _val(parent)
    found: dict[str, tuple[str, int]] = {}
    for style_id in own.keys() | based.keys():
        at, depth = style_id, 0
        while at not in own and at in based and depth < _MAX_STYLE_DEPTH:
            at, depth = based[at], depth + 1
        if at in own:
            found[style_id] = own[at]
    return found


def _default_paragraph_style(styles: Element | None) -> str:
    for style in styles.iter(f"{W}style") if styles is not None else ():
        if _value(style, "type") == "paragraph" and _value(style, "default") in {"1", "true"}:
            return _value(style, "styleId")
    return ""


def _val(element: Element | None) -> str:
    return _value(element, "val") if element is not None else ""


def _value(element: Element, name: str) -> str:
    return element.get(W + name, "")


def _whole(text: str, otherwise: int) -> int:
    try:
        return max(int(text), 0)
    except ValueError:
        return otherwise
