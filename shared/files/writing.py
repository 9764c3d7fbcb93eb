"""Tables that go out, as they are made: CSV and XLSX, in which no cell is ever a formula.

An XLSX is a zip of XML and can be written from its beginning to its end like a CSV, so that neither
is ever whole in memory or on disk.
"""

import csv
import io
import zipfile
from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from xml.sax.saxutils import escape

import xlsxwriter
from fastapi.responses import StreamingResponse

from shared.clock import SHANGHAI
from shared.files.spreadsheet import GUARDED, Column
from shared.vocabulary import Term


class Format(StrEnum):
    CSV = "csv"
    XLSX = "xlsx"


MEDIA_TYPES = {
    Format.CSV: "text/csv",
    Format.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}

Rows = Iterable[Sequence[Any]]


def shown(value: Any) -> str:
    """A value as a cell: labels of enumerations, days and moments of Shanghai."""
    match value:
        case None:
            return ""
        case Term():
            return value.label
        case bool():
            return "是" if value else "否"
        case datetime():
            return value.astimezone(SHANGHAI).isoformat(sep=" ", timespec="seconds")[:19]
        case date():
            return value.isoformat()
        case list() | tuple():
            return "；".join(shown(one) for one in value)
        case _:
            return str(value)


def csv_lines(rows: Rows) -> bytes:
    """Lines of CSV; what would begin a formula gets an apostrophe before it."""
    out = io.StringIO()
    csv.writer(out).writerows(
        [f"'{cell}" if cell.startswith(GUARDED) else cell for cell in map(shown, row)]
        for row in rows
    )
    return out.getvalue().encode()


class Pipe(io.RawIOBase):
    """Takes what the zip writes and gives it on."""

    def __init__(self) -> None:
        self._written = bytearray()

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self._written += data
        return len(data)

    def take(self) -> bytes:
        written, self._written = bytes(self._written), bytearray()
        return written


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_PARTS = {
    "[Content_Types].xml": (
        f'<Types xmlns="{_PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_TYPES}.sheet.main+xml"/>'
        '<Override PartName="/xl/worksheets/sheet1.xml" '
        f'ContentType="{_TYPES}.worksheet+xml"/></Types>'
    ),
    "_rels/.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_RELATION}/officeDocument" Target="xl/workbook.xml"/></Relationships>'
    ),
    "xl/workbook.xml": (
        f'<workbook xmlns="{_MAIN}" xmlns:r="{_RELATION}"><sheets>'
        '<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>'
    ),
    "xl/_rels/workbook.xml.rels": (
        f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="rId1" '
        f'Type="{_RELATION}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>'
    ),
}
_SHEET = f'<worksheet xmlns="{_MAIN}"><sheetData>'
_END = "</sheetData></worksheet>"
# XML has no way to write these.
_UNWRITABLE = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 0xFFFE, 0xFFFF])


def xlsx_lines(rows: Rows) -> str:
    """Rows of a sheet's XML; each cell is a text by its type, whatever it begins with."""
    out = []
    for row in rows:
        cells = (
            f'<c t="inlineStr"><is><t xml:space="preserve">{escape(shown(value))}</t></is></c>'
            for value in row
        )
        out.append(f"<row>{''.join(cells)}</row>".translate(_UNWRITABLE))
    return "".join(out)


async def csv_file(pages: AsyncIterator[Rows]) -> AsyncIterator[bytes]:
    """A CSV with the mark by which spreadsheet programs know UTF-8."""
    yield "\ufeff".encode()
    async for rows in pages:
        yield csv_lines(rows)


async def xlsx_file(pages: AsyncIterator[Rows]) -> AsyncIterator[bytes]:
    """A workbook of one sheet."""
    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, xml in _PARTS.items():
            archive.writestr(name, _HEAD + xml)
        with archive.open("xl/worksheets/sheet1.xml", "w") as sheet:
            sheet.write((_HEAD + _SHEET).encode())
            async for rows in pages:
                sheet.write(xlsx_lines(rows).encode())
                if written := pipe.take():
                    yield written
            sheet.write(_END.encode())
    yield pipe.take()


async def download(
    kind: Format, name: str, header: Sequence[str], pages: AsyncIterator[Rows]
) -> StreamingResponse:
    """`pages` as a file to save; the first is read before anything is sent, so that what is wrong
    with the question is still answered as a problem."""
    first = await anext(pages, ())

    async def all_of_it() -> AsyncIterator[Rows]:
        yield [header]
        yield first
        async for rows in pages:
            yield rows

    write = csv_file if kind is Format.CSV else xlsx_file
    return StreamingResponse(
        write(all_of_it()),
        media_type=MEDIA_TYPES[kind],
        headers={
            "Content-Disposition": f'attachment; filename="{name}.{kind}"',
            "Cache-Control": "no-store",
            "X-Accel-Buffering": "no",
        },
    )


def template(kind: Format, columns: Sequence[Column]) -> bytes:
    """An empty table to fill in: the header, and one example to write over."""
    header = [f"{column.label}{'*' if column.required else ''}" for column in columns]
    example = [column.example for column in columns]
    if kind is Format.CSV:
        return "\ufeff".encode() + csv_lines([header, example])
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        sheet, notes = book.add_worksheet("数据"), book.add_worksheet("填写说明")
        bold = book.add_format({"bold": True, "num_format": "@"})
        # Without it a spreadsheet program makes numbers of long codes, and loses digits.
        text = book.add_format({"num_format": "@"})
        notes.write_row(0, 0, ["列", "代码", "必填", "示例", "说明"], bold)
        for i, column in enumerate(columns):
            sheet.set_column(i, i, max(12, 2 * len(column.label) + 2), text)
            sheet.write_string(0, i, header[i], bold)
            sheet.write_string(1, i, example[i], text)
            choices = list(column.choices or {})
            if choices and not column.several:
                sheet.data_validation(1, i, 1_048_575, i, {"validate": "list", "source": choices})
            note = "；".join(filter(None, [column.note, "、".join(choices)]))
            told = [column.label, column.key, "是" if column.required else "", column.example, note]
            notes.write_row(i + 1, 0, told, text)
        notes.set_column(0, 4, 24)
        sheet.freeze_panes(1, 0)
    return out.getvalue()
