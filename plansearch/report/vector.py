"""A figure's SVG as a part of a page: drawing only, under names that no other figure has."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Final
from xml.etree import ElementTree as ET  # only to write; what reads is defusedxml

from defusedxml.ElementTree import fromstring

from plansearch.report.rendering import Figure
from plansearch.xmltext import xml_text

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_SVG: Final = "http://www.w3.org/2000/svg"
_XLINK: Final = "http://www.w3.org/1999/xlink"
_ACTIVE: Final = {"script", "foreignObject", "metadata", "iframe", "object", "embed", "audio", "video"}
"""Elements that do more than draw; metadata is foreign to pages."""
_REFERENCE: Final = re.compile(r"url\(#([^)]+)\)")
_SELECTORS: Final = re.compile(r"[^{},]+(?=[^{}]*\{)")
"""What stands before the rules of a style sheet without nested ones, one by one."""
_NUMBER: Final = re.compile(r"-?[\d.]+")
_BOX: Final = 4


def inline_svg(figure: Figure, number: int) -> str:
    """A figure as an ``svg`` element without prolog, with its title and what it shows for those who can't see it.

    Args:
        figure: what to draw.
        number: of the figure on its page, from 1; its names begin with it.

    Returns:
        The element, without scripts and without references to anything outside of it; its styles are its own.
    """
    root: Element = fromstring(figure.draw("svg"))
    name = f"figure{number}"
    _keep_drawing_only(root)
    for element in root.iter():
        _settle(element, name)
    _describe(root, figure, name)
    ET.register_namespace("", _SVG)
    ET.register_namespace("xlink", _XLINK)
    return ET.tostring(root, encoding="unicode")


def _keep_drawing_only(element: Element) -> None:
    element[:] = [child for child in element if _draws(child)]
    for child in element:
        _keep_drawing_only(child)


def _draws(element: Element) -> bool:
    space, _, name = str(element.tag).rpartition("}")
    return space == f"{{{_SVG}" and name not in _ACTIVE


def _settle(element: Element, name: str) -> None:
    """Rename what an element refers to, keep its styles to its figure, drop events and what leads elsewhere."""
    renamed = rf"url(#{name}-\1)"
    for attribute, value in list(element.attrib.items()):
        plain = attribute.rpartition("}")[2].lower()
        if plain.startswith("on") or (plain == "href" and not value.startswith(("#", "data:image/"))):
            del element.attrib[attribute]
        elif plain == "id":
            element.set(attribute, f"{name}-{value}")
        elif plain == "href" and value.startswith("#"):
            element.set(attribute, f"#{name}-{value[1:]}")
        else:
            element.set(attribute, _REFERENCE.sub(renamed, value))
    if element.tag == f"{{{_SVG}}}style":
        # Within a page, a style sheet counts for the whole page; one with @ could load something.
        rules = "" if "@" in (element.text or "") else element.text or ""
        element.text = _REFERENCE.sub(renamed, _SELECTORS.sub(lambda found: f"#{name} {found[0].strip()}", rules))


def _describe(root: Element, figure: Figure, name: str) -> None:
    """Say in the element what it shows, instead of what it may say already."""
    said = {f"{{{_SVG}}}title": figure.title, f"{{{_SVG}}}desc": figure.description}
    root[:] = [child for child in root if child.tag not in said]
    for place, (tag, text) in enumerate(said.items()):
        element = ET.Element(tag, id=f"{name}-said-{place}")
        element.text = xml_text(text)
        root.insert(place, element)
    root.set("id", name)
    root.set("class", "upright" if _is_upright(root.get("viewBox", "")) else "wide")
    root.set("role", "img")
    root.set("aria-labelledby", f"{name}-said-0 {name}-said-1")


def _is_upright(box: str) -> bool:
    """Whether a ``viewBox`` (left, top, width, height) is higher than wide."""
    numbers = _NUMBER.findall(box)
    return len(numbers) == _BOX and float(numbers[3]) > float(numbers[2])
