"""A page's characters by pdfium, for fonts whose encoding pdfplumber's own reader does not know."""

from __future__ import annotations

from collections.abc import Iterator

import pypdfium2

from plansearch.readers.glyphs import Glyph, clean_character


def pdfium_glyphs(data: bytes, number: int) -> Iterator[Glyph]:
    """The characters of a page that is not turned; places are points from its upper left.

    Args:
        data: the whole file.
        number: of the page, from 1.
    """
    document = pypdfium2.PdfDocument(data)
    try:
        page = document[number - 1]
        left, _, _, top = page.get_mediabox()
        text = page.get_textpage()
        for place in range(text.count_chars()):
            character = clean_character(text.get_text_range(place, 1))
            x0, lower, x1, upper = text.get_charbox(place, loose=True)
            if character and x1 > x0:
                yield Glyph(character, x0 - left, x1 - left, top - upper, top - lower)
    finally:
        document.close()
