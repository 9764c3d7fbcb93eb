"""An official document as DOCX: the layout of the PDF, left to the program that opens it to break
lines. It names the fonts of the standard, or those that the operator supplies; none is inside."""

import io
import zipfile
from datetime import datetime
from typing import Any

import segno
from docx import Document
from docx.enum.text import WD_ALIGN_PARAGRAPH, WD_LINE_SPACING
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Mm, Pt, RGBColor

from shared.documents import official as page
from shared.documents.fonts import STANDARD, Font, Part
from shared.documents.official import (
    CHARACTER,
    LINE,
    POINT,
    SIZE_2,
    SIZE_3,
    SIZE_4,
    WIDTH,
    Official,
)

LINE_PT = LINE / POINT
FIXED = (1980, 1, 1, 0, 0, 0)
"""The time of every part of the file, so that the same document is the same bytes."""
QR_MM = 20.0
_COLUMNS = (QR_MM + 4, 60.0, WIDTH - QR_MM - 64)


def docx(official: Official, set_in: dict[Part, Font]) -> bytes:
    """The document as a DOCX."""
    names = {
        part: font.family if font.supplied else STANDARD[part] for part, font in set_in.items()
    }
    made = _Docx(official, names, set_in)
    made.write()
    return made.file()


# What comes behind these in the schema, of what is ever there.
_AFTER_SPACING = ("w:w", "w:kern", "w:position", "w:sz", "w:szCs", "w:lang")
_AFTER_BORDERS = ("w:shd", "w:tabs", "w:spacing", "w:ind", "w:jc")
_AFTER_AUTOMATIC = ("w:spacing", "w:ind", "w:jc")


class _Docx:
    def __init__(
        self, official: Official, names: dict[Part, str], set_in: dict[Part, Font]
    ) -> None:
        self.official, self.names, self.set_in = official, names, set_in
        self.out: Any = Document()

    def write(self) -> None:
        self._page()
        self._head()
        self._body()
        self._signature()
        self._imprint()
        self._page_numbers()
        self._properties()

    # ---------------------------------------------------------------- page

    def _page(self) -> None:
        section = self.out.sections[0]
        section.page_width, section.page_height = Mm(page.PAGE_WIDTH), Mm(page.PAGE_HEIGHT)
        section.top_margin, section.bottom_margin = Mm(page.TOP), Mm(page.BOTTOM)
        section.left_margin, section.right_margin = Mm(page.LEFT), Mm(page.RIGHT)
        below = page.BOTTOM - page.PAGE_NUMBER_BELOW - SIZE_4 * POINT * 1.2
        section.footer_distance = Mm(below)
        for grid in section._sectPr.findall(qn("w:docGrid")):
            section._sectPr.remove(grid)
        # 22 lines, their pitch in twentieths of a point. A grid of characters, too, would set them
        # two cells apart in some programs: they are drawn together instead.
        section._sectPr.append(
            parse_xml(
                f'<w:docGrid {nsdecls("w")} w:type="lines" w:linePitch="{round(LINE_PT * 20)}"/>'
            )
        )
        normal = self.out.styles["Normal"]
        normal.font.size = Pt(SIZE_3)
        _set_font(normal.element.get_or_add_rPr(), self.names[Part.BODY])
        together = round((CHARACTER / POINT - SIZE_3) * 20 - 0.5)
        _add(normal.element.get_or_add_rPr(), f'<w:spacing w:val="{together}"/>', *_AFTER_SPACING)
        spacing = normal.paragraph_format
        spacing.space_before = spacing.space_after = Pt(0)
        spacing.line_spacing_rule = WD_LINE_SPACING.EXACTLY
        spacing.line_spacing = Pt(LINE_PT)
        spacing.widow_control = False
        for automatic in ("autoSpaceDE", "autoSpaceDN"):  # no room between 2026 and 年
            _add(normal.element.get_or_add_pPr(), f'<w:{automatic} w:val="0"/>', *_AFTER_AUTOMATIC)

    def _paragraph(
        self,
        text: str,
        part: Part = Part.BODY,
        size: float = SIZE_3,
        *,
        red: bool = False,
        bold: bool = False,
        centred: bool = False,
        into: Any = None,
    ) -> Any:
        paragraph = into if into is not None else self.out.add_paragraph()
        run = paragraph.add_run(text)
        run.font.size = Pt(size)
        run.bold = bold
        _set_font(run._r.get_or_add_rPr(), self.names[part])
        if red:
            run.font.color.rgb = RGBColor(*page.RED)
        if centred:
            paragraph.alignment = WD_ALIGN_PARAGRAPH.CENTER
        return paragraph

    # ---------------------------------------------------------------- parts

    def _head(self) -> None:
        told = self.official
        size = max(
            page.MARK_LEAST,
            min(page.MARK_MOST, (WIDTH - 10) / (len(told.issuer) * POINT)),
        )
        mark = self._paragraph(
            told.issuer, Part.TITLE, int(size), red=True, centred=True, bold=True
        )
        mark.paragraph_format.space_before = Mm(page.MARK_TOP)
        mark.paragraph_format.line_spacing = Pt(size * 1.15)
        self._paragraph("")
        self._paragraph("")
        number = self._paragraph(told.number, centred=True)
        below = round(page.RULE_BELOW_NUMBER / POINT)
        colour = "".join(f"{part:02X}" for part in page.RED)
        _add(
            number._p.get_or_add_pPr(),
            f'<w:pBdr><w:bottom w:val="single" w:sz="14" w:space="{below}" w:color="{colour}"/>'
            "</w:pBdr>",
            *_AFTER_BORDERS,
        )
        self._paragraph("")
        self._paragraph("")
        self._paragraph(told.kind, Part.TITLE, SIZE_2, centred=True, bold=True)
        self._paragraph(told.title, Part.TITLE, SIZE_3, centred=True)
        self._paragraph("")

    def _body(self) -> None:
        told = self.official
        self._justified(self._paragraph(f"{told.addressee}："), indent=0)
        for paragraph in told.body:
            part = Part.HEADING if paragraph.heading else Part.BODY
            for piece in paragraph.text.splitlines():
                set_ = self._justified(self._paragraph(piece.strip(" \t"), part), indent=2)
                set_.paragraph_format.keep_with_next = paragraph.heading
        if told.attachments:
            self._paragraph("")
            for text in page.attachment_lines(told):
                self._justified(self._paragraph(text), indent=2)

    def _justified(self, paragraph: Any, *, indent: int) -> Any:
        paragraph.alignment = WD_ALIGN_PARAGRAPH.JUSTIFY
        if indent:
            paragraph.paragraph_format.first_line_indent = Mm(indent * CHARACTER)
        return paragraph

    def _signature(self) -> None:
        """署名 in the middle over 成文日期, four characters from the right, under the seal."""
        told = self.official
        self._paragraph("").paragraph_format.keep_with_next = True
        day = page.chinese_date(told.issued_on)
        name_width, day_width = self._width(told.issuer), self._width(day)
        right = 4 * CHARACTER
        over = max(0.0, right + (day_width - name_width) / 2)
        for text, indent in ((told.issuer, over), (day, right)):
            paragraph = self._paragraph(text)
            paragraph.alignment = WD_ALIGN_PARAGRAPH.RIGHT
            paragraph.paragraph_format.right_indent = Mm(indent)
            paragraph.paragraph_format.keep_with_next = text != day

    def _width(self, text: str) -> float:
        font = self.set_in[Part.BODY]
        return sum(font.width(one) for one in text) * SIZE_3 * POINT

    def _imprint(self) -> None:
        """版记 with the QR code, held at the foot of the last page."""
        told = self.official
        table = self.out.add_table(rows=2, cols=3)
        table.autofit = False
        properties = table._tbl.tblPr
        _add(
            properties,
            '<w:tblpPr w:horzAnchor="margin" w:vertAnchor="margin" w:tblpX="0"'
            ' w:tblpYSpec="bottom"/>',
            *("w:tblW", "w:jc", "w:tblLayout", "w:tblLook"),
        )
        edges = "".join(
            f'<w:{edge} w:val="single" w:sz="{size}" w:space="0" w:color="000000"/>'
            for edge, size in (("top", 8), ("bottom", 8), ("insideH", 6))
        )
        _add(properties, f"<w:tblBorders>{edges}</w:tblBorders>", "w:tblLayout", "w:tblLook")
        for column, width in zip(table.columns, _COLUMNS, strict=True):
            column.width = Mm(width)
        for row in table.rows:
            for cell, width in zip(row.cells, _COLUMNS, strict=True):
                cell.width = Mm(width)
        first, second = table.rows
        issuer = first.cells[0].merge(first.cells[1]).paragraphs[0]
        printed = first.cells[2].paragraphs[0]
        self._paragraph(told.issuer, size=SIZE_4, into=issuer)
        self._paragraph(f"{page.chinese_date(told.issued_on)}印发", size=SIZE_4, into=printed)
        printed.alignment = WD_ALIGN_PARAGRAPH.RIGHT
        code = second.cells[0].paragraphs[0]
        beside = second.cells[1].merge(second.cells[2]).paragraphs[0]
        picture = io.BytesIO()
        segno.make(told.verification, error="m", micro=False).save(
            picture, kind="png", scale=6, border=1
        )
        code.paragraph_format.line_spacing_rule = WD_LINE_SPACING.SINGLE
        code.add_run().add_picture(picture, width=Mm(QR_MM))
        beside.paragraph_format.line_spacing = Pt(15)
        for number, text in enumerate(page.verification_lines(told)):
            if number:
                beside.add_run().add_break()
            self._paragraph(text, size=9, into=beside)
        # A table is followed by a paragraph: as small as it can be.
        last = self.out.add_paragraph()
        last.paragraph_format.line_spacing = Pt(1)

    def _page_numbers(self) -> None:
        """页码: on the right of odd pages, on the left of even ones."""
        self.out.settings.odd_and_even_pages_header_footer = True
        section = self.out.sections[0]
        for footer, alignment in (
            (section.footer, WD_ALIGN_PARAGRAPH.RIGHT),
            (section.even_page_footer, WD_ALIGN_PARAGRAPH.LEFT),
        ):
            footer.is_linked_to_previous = False
            paragraph = footer.paragraphs[0]
            paragraph.alignment = alignment
            paragraph.paragraph_format.left_indent = Pt(SIZE_4)
            paragraph.paragraph_format.right_indent = Pt(SIZE_4)
            self._paragraph("— ", Part.FOOT, SIZE_4, into=paragraph)
            for kind in ("begin", None, "end"):
                run = paragraph.add_run()
                run.font.size = Pt(SIZE_4)
                _set_font(run._r.get_or_add_rPr(), self.names[Part.FOOT])
                run._r.append(
                    parse_xml(f'<w:fldChar {nsdecls("w")} w:fldCharType="{kind}"/>')
                    if kind
                    else parse_xml(f"<w:instrText {nsdecls('w')}>PAGE</w:instrText>")
                )
            self._paragraph(" —", Part.FOOT, SIZE_4, into=paragraph)

    def _properties(self) -> None:
        told, core = self.official, self.out.core_properties
        core.title = f"{told.kind}（{told.number}）"
        core.author = core.last_modified_by = told.issuer
        core.subject = told.title[:255]
        core.keywords = f"SHA-256 {told.digest}"
        fonts = "，".join(f"{STANDARD[part]}={name}" for part, name in self.names.items())
        core.comments = f"字体：{fonts}（未嵌入，由打开文件的计算机提供）"
        core.language, core.revision = "zh-CN", 1
        day = told.issued_on
        core.created = core.modified = datetime(day.year, day.month, day.day)

    def file(self) -> bytes:
        written, fixed = io.BytesIO(), io.BytesIO()
        self.out.save(written)
        with (
            zipfile.ZipFile(written) as parts,
            zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as out,
        ):
            for name in sorted(parts.namelist(), key=lambda name: (name[0] != "[", name)):
                info = zipfile.ZipInfo(name, FIXED)
                info.compress_type = zipfile.ZIP_DEFLATED
                out.writestr(info, parts.read(name))
        return fixed.getvalue()


def _add(parent: Any, xml: str, *successors: str) -> None:
    """Put an element where the schema wants it: before the first of `successors`."""
    opened = xml.index(" ") if " " in xml.partition(">")[0] else xml.index(">")
    element = parse_xml(f"{xml[:opened]} {nsdecls('w')}{xml[opened:]}")
    parent.insert_element_before(element, *successors)


def _set_font(properties: Any, name: str) -> None:
    """Chinese and Latin characters alike in one font."""
    fonts = properties.get_or_add_rFonts()
    for script in ("w:ascii", "w:hAnsi", "w:eastAsia", "w:cs"):
        fonts.set(qn(script), name)
