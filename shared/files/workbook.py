"""Workbooks for people to read and print: several sheets, wrapped text, a head that stays.

No cell is ever a formula or a link. What a program reads is `files.writing`.
"""

import io
from collections.abc import Sequence
from dataclasses import dataclass

import xlsxwriter

MOST_CHARACTERS = 32_767
"""What a cell holds."""
_LINE, _HIGHEST = 18, 409
"""Points of a line of text, and of the highest row that there can be."""
_A3, _A4 = 8, 9
_WIDE = 150
"""Characters that A4 across takes in a size that can be read."""


@dataclass(frozen=True)
class Sheet:
    """A table with a head; `widths` in characters, a column each."""

    name: str
    head: Sequence[str]
    rows: Sequence[Sequence[str]]
    widths: Sequence[int]
    frozen: int = 0
    """So many columns stay in view beside the head."""


def workbook(sheets: Sequence[Sheet], *, title: str) -> bytes:
    """The file, to be printed across on A4, or on A3 where it is wide."""
    out = io.BytesIO()
    options = {"in_memory": True, "strings_to_formulas": False, "strings_to_urls": False}
    with xlsxwriter.Workbook(out, options) as book:
        book.set_properties({"title": title})
        cell = {"border": 1, "text_wrap": True, "valign": "top", "num_format": "@"}
        body = book.add_format(cell)
        centred = {"bold": True, "align": "center", "valign": "vcenter", "bg_color": "#F2F2F2"}
        head = book.add_format({**cell, **centred})
        for told in sheets:
            sheet = book.add_worksheet(told.name)
            for place, width in enumerate(told.widths):
                sheet.set_column(place, place, width)
            for number, row in enumerate((told.head, *told.rows)):
                # Not every program makes room for wrapped text by itself.
                sheet.set_row(number, min(_HIGHEST, _LINE * _lines(row, told.widths)))
                for place, text in enumerate(row):
                    sheet.write_string(
                        number, place, text[:MOST_CHARACTERS], body if number else head
                    )
            sheet.freeze_panes(1, told.frozen)
            sheet.repeat_rows(0)
            sheet.set_landscape()
            sheet.set_paper(_A3 if sum(told.widths) > _WIDE else _A4)
            sheet.fit_to_pages(1, 0)
            sheet.set_header(f"&C{title.replace('&', '&&')}　{told.name}")
            sheet.set_footer("&C— &P —")
    return out.getvalue()


def _lines(row: Sequence[str], widths: Sequence[int]) -> int:
    """So many lines has the longest cell; a Chinese character is as wide as two others."""
    return max(
        sum(1 + _width(line) // width for line in text.splitlines() or [""])
        for text, width in zip(row, widths, strict=True)
    )


def _width(text: str) -> int:
    return sum(1 if one < "\u2000" else 2 for one in text)
