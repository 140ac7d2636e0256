"""Specifications drawn as SVG by Vega, and made fit to stand in a page: lean, accessible, independent of each other.

The only module that knows the drawing library; it draws without a network and without a browser.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from types import ModuleType
from typing import Final
from xml.etree import ElementTree as ET

from shardgen.errors import ReportError, Text, Use
from shardgen.machine.installation import DRAWING, install
from shardgen.page._parts.grammar import Spec

_SVG: Final = "http://www.w3.org/2000/svg"
_DROPPED: Final = re.compile(r"aria-|role$|font-family$|pointer-events$|class$|xml|version$|\{")
"""Attributes that say nothing in a picture with a title; the page has its own fonts."""
_NUMBER: Final = re.compile(r"-?\d+\.\d{2,}")
_NOWHERE: Final = "M0,0h0v0h0Z"
_REFERENCE: Final = re.compile(r"url\(#([^)]+)\)")


def drawing_library() -> ModuleType:
    """The library; asked for before anything else is done.

    Raises:
        ReportError: it is not installed.
    """
    try:
        import vl_convert  # noqa: PLC0415  # an extra
    except ImportError as error:
        raise ReportError(
            "the pictures of a report need vl-convert-python, which is not installed",
            remedy=Text("ask for the numbers alone with ", Use("json", value=True), f", or: {install(DRAWING)}"),
        ) from error
    return vl_convert


def draw(spec: Spec, *, name: str, title: str, about: str) -> str:
    """An ``<svg>`` element.

    Args:
        spec: see charts.
        name: unique in the page; every id in the picture begins with it.
        title: of the picture.
        about: what it shows, for those who cannot see it.
    """
    return lean(drawing_library().vegalite_to_svg(spec), name=name, title=title, about=about)


def lean(svg: str, *, name: str, title: str, about: str) -> str:
    """The element that Vega wrote, with a title and description of its own and without what the page does not need."""
    root = ET.fromstring(svg)  # noqa: S314  # our own library wrote it
    ids = (element.get("id") for element in root.iter())
    names = {each: f"{name}-{place}" for place, each in enumerate(filter(None, ids))}
    _tidy(root, names)
    width, height = root.attrib.pop("width"), root.attrib.pop("height")
    root.attrib = {
        "viewBox": root.get("viewBox", f"0 0 {width} {height}"),
        "style": f"max-width:{width}px",
        "role": "img",
        "aria-labelledby": f"{name}-title {name}-about",
    }
    for place, (tag, text) in enumerate((("title", title), ("desc", about))):
        element = ET.Element(f"{{{_SVG}}}{tag}", {"id": f"{name}-{'about' if place else 'title'}"})
        element.text = text
        root.insert(place, element)
    ET.register_namespace("", _SVG)
    return ET.tostring(root, encoding="unicode")


def _tidy(element: ET.Element, names: Mapping[str, str]) -> None:
    tip = element.get("aria-label") if element.get("role") == "graphics-symbol" else None
    element.attrib = {
        key: _value(key, value, names) for key, value in element.attrib.items() if not _DROPPED.match(key)
    }
    for child in list(element):
        if _invisible(child):
            element.remove(child)
        else:
            _tidy(child, names)
    if tip and not len(element):
        ET.SubElement(element, f"{{{_SVG}}}title").text = tip


def _value(key: str, value: str, names: Mapping[str, str]) -> str:
    """Fewer digits, and ids by their place in the picture: Vega counts on from picture to picture."""
    if key == "id":
        return names[value]
    value = _REFERENCE.sub(lambda reference: f"url(#{names[reference[1]]})", value)
    digits = 2 if key.endswith("opacity") else 1
    return _NUMBER.sub(lambda number: f"{float(number[0]):.{digits}f}", value)


def _invisible(element: ET.Element) -> bool:
    """Frames that Vega writes around groups, and groups in which nothing is left."""
    if element.tag == f"{{{_SVG}}}path" and not element.get("aria-label"):
        shape = element.get("d", "")
        return shape in ("", _NOWHERE) or (
            element.get("class") in ("background", "foreground") and not element.get("fill")
        )
    return False
