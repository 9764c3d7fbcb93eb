"""The annual statistics as a workbook in the published layout: a sheet a table."""

import io
from collections.abc import Mapping, Sequence
from decimal import Decimal
from itertools import groupby
from typing import Any

import xlsxwriter
from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from services.oversight.statistics.rules import NO_DUTY, Cell

MEDIA_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"

FEW = 6
"""Columns up to which a table goes on an upright page."""
_NOTES = (
    "说明：1. “0”表示本年度未发生，“无相关职责”表示该执法主体没有相应职权。",
    "2. 一案并处多种行政处罚的，按最重的一种计一宗；行政处罚、许可决定按决定日期、其余按立案"
    "（受理、实施）日期归入年度；撤回报送的不计。",
)


def workbook(content: Mapping[str, Any], *, note: str = "") -> bytes:
    """All tables of `content` (`statistics.actions.content_of`); `note` says what they are worth.

    Texts are written as texts, whatever they begin with.
    """
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True, "strings_to_formulas": False}) as book:
        book.set_properties({"title": _title(content, "行政执法统计年报")})
        formats = _formats(book)
        for table in content["tables"]:
            name = table["title"].removesuffix("实施情况").removesuffix("情况")
            sheet = book.add_worksheet(name[:31])
            _Sheet(sheet, formats, content, table, note).write()
    return out.getvalue()


def _title(content: Mapping[str, Any], title: str) -> str:
    return f"{content['division_name']}{content['year']}年度{title}"


def _formats(book: Any) -> dict[str, Format]:
    base = {"font_name": "宋体", "font_size": 10, "valign": "vcenter"}
    cell = {**base, "border": 1, "text_wrap": True}
    return {
        "title": book.add_format({**base, "font_name": "黑体", "font_size": 16, "align": "center"}),
        "left": book.add_format(base),
        "right": book.add_format({**base, "align": "right"}),
        "head": book.add_format({**cell, "bold": True, "align": "center", "bg_color": "#EDEDED"}),
        "name": book.add_format(cell),
        "text": book.add_format({**cell, "align": "center"}),
        "none": book.add_format({**cell, "align": "center", "font_color": "#7F7F7F"}),
        "number": book.add_format({**cell, "align": "right", "num_format": "#,##0"}),
        "money": book.add_format({**cell, "align": "right", "num_format": "#,##0.00"}),
        "note": book.add_format({**base, "text_wrap": True, "font_size": 9}),
    }


class _Sheet:
    def __init__(
        self,
        sheet: Worksheet,
        formats: Mapping[str, Format],
        content: Mapping[str, Any],
        table: Mapping[str, Any],
        note: str,
    ) -> None:
        self.sheet, self.formats = sheet, formats
        self.content, self.table, self.note = content, table, note
        self.columns: Sequence[Mapping[str, Any]] = table["columns"]
        self.last = len(self.columns) + 1

    def write(self) -> None:
        self._page()
        self._heading()
        first = self._head()
        row = first
        for number, body in enumerate(self.table["bodies"], start=1):
            self.sheet.write_number(row, 0, number, self.formats["text"])
            self._row(row, body["name"], body["values"])
            row += 1
        self.sheet.write_blank(row, 0, None, self.formats["text"])
        self._row(row, "合计", self.table["total"])
        for line in (*_NOTES, f"3. 依据：{self.content['basis']}"):
            row += 1
            self.sheet.merge_range(row, 0, row, self.last, "", self.formats["note"])
            self.sheet.write_string(row, 0, line, self.formats["note"])
            self.sheet.set_row(row, 26)
        self.sheet.freeze_panes(first, 2)

    def _page(self) -> None:
        sheet = self.sheet
        sheet.set_paper(9)  # A4
        if len(self.columns) > FEW:
            sheet.set_landscape()
        sheet.fit_to_pages(1, 0)
        sheet.set_margins(left=0.5, right=0.5, top=0.6, bottom=0.6)
        sheet.set_footer("&C第 &P 页，共 &N 页")
        sheet.repeat_rows(2, 3)
        sheet.set_column(0, 0, 5)
        sheet.set_column(1, 1, 34)
        sheet.set_column(2, self.last, 12)

    def _heading(self) -> None:
        title = _title(self.content, f"{self.table['title']}统计表")
        sheet, formats = self.sheet, self.formats
        sheet.merge_range(0, 0, 0, self.last, "", formats["title"])
        sheet.write_string(0, 0, title, formats["title"])
        sheet.set_row(0, 32)
        sheet.write_string(1, 0, f"统计范围：{self.content['division_name']}", formats["left"])
        until = f"统计截至：{self.content['as_of']}"
        told = f"{until}  {self.note}" if self.note else until
        sheet.write_string(1, self.last, told, formats["right"])

    def _head(self) -> int:
        """The heads of the columns, in two rows where a heading stands over several."""
        sheet, head = self.sheet, self.formats["head"]
        for column, label in ((0, "序号"), (1, "行政执法主体")):
            sheet.merge_range(2, column, 3, column, "", head)
            sheet.write_string(2, column, label, head)
        column = 2
        for under, group in groupby(self.columns, key=lambda one: one["under"]):
            labels = [one["label"] for one in group]
            if under is None:
                for label in labels:
                    sheet.merge_range(2, column, 3, column, "", head)
                    sheet.write_string(2, column, label, head)
                    column += 1
                continue
            if len(labels) > 1:
                sheet.merge_range(2, column, 2, column + len(labels) - 1, "", head)
            sheet.write_string(2, column, under, head)
            for label in labels:
                sheet.write_string(3, column, label, head)
                column += 1
        sheet.set_row(2, 24)
        sheet.set_row(3, 48)
        return 4

    def _row(self, row: int, name: str, values: Mapping[str, Cell]) -> None:
        self.sheet.write_string(row, 1, name, self.formats["name"])
        for number, column in enumerate(self.columns, start=2):
            self._cell(row, number, column, values[column["key"]])

    def _cell(self, row: int, number: int, column: Mapping[str, Any], value: Cell) -> None:
        sheet, formats = self.sheet, self.formats
        match value:
            case None:
                # Nothing to divide: a share of nobody.
                told = NO_DUTY if self.table["key"] != "certificates" else "—"
                sheet.write_string(row, number, told, formats["none"])
            case int():
                sheet.write_number(row, number, value, formats["number"])
            case _:
                amount = Decimal(value) / (10_000 if column["money"] else 1)
                sheet.write_number(row, number, float(amount), formats["money"])
