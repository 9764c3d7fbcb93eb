"""Official documents and working papers as DOCX: the layout of the PDF, left to the program that
opens it to break lines. It names the fonts of the standard, or those that the operator supplies;
none is inside."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from shared.documents import codes
from shared.documents import official as page
from shared.documents.fonts import STANDARD, Font, Part
from shared.documents.layout import THICK, THIN, seal_columns
from shared.documents.official import (
    CELL_PADDING,
    CHARACTER,
    IMPRINT_LINE,
    LINE,
    POINT,
    QR,
    SEAL,
    SEAL_LINES,
    SEAL_NAME,
    SIZE_2,
    SIZE_3,
    SIZE_4,
    TABLE_LINE,
    TABLE_SIZE,
    WIDTH,
    Official,
    Paper,
    Paragraph,
    Table,
)
from shared.documents.pdf import told_of
from shared.documents.wordml import (
    cell,
    element,
    package,
    paragraph,
    picture,
    ring,
    row,
    run,
    table,
    twentieths,
)

RED = "".join(f"{part:02X}" for part in page.RED)


_BLACK = codes.png(1, 1, b"\x00\x00")
"""One black dot."""


def docx(official: Official, set_in: dict[Part, Font]) -> bytes:
    """The document as a DOCX."""
    return _Docx(official, set_in).file()


def paper_docx(paper: Paper, set_in: dict[Part, Font]) -> bytes:
    """The paper as a DOCX."""
    return _PaperDocx(paper, set_in).file()


def missing_in(paper: Paper, set_in: dict[Part, Font]) -> str:
    """The characters of a paper that its fonts cannot show."""
    told = {Part.TITLE: [paper.title], Part.BODY: [paper.subtitle], Part.HEADING: list[str]()}
    for block in paper.body:
        if isinstance(block, Table):
            told[Part.HEADING] += block.head
            told[Part.BODY] += [text for row in block.rows for text in row]
        else:
            told[Part.HEADING if block.heading else Part.BODY].append(block.text)
    lacking = {
        one
        for part, texts in told.items()
        for one in set_in[part].missing(set("".join(texts)) - set("\r\n\t"))
    }
    return "".join(sorted(lacking))


class _Pages:
    """What all papers have: the page, its number, paragraphs and tables."""

    def __init__(self, set_in: dict[Part, Font]) -> None:
        self.set_in = set_in
        self.names = {
            part: font.family if font.supplied else STANDARD[part] for part, font in set_in.items()
        }

    def _package(
        self, body: str, *, pictures: Sequence[bytes] = (), properties: Mapping[str, Any]
    ) -> bytes:
        return package(
            body=body + self._section(),
            footers=(self._page_number("right"), self._page_number("left")),
            pictures=pictures,
            font=self.names[Part.BODY],
            size=SIZE_3,
            spacing=CHARACTER - SIZE_3 * POINT,
            line=LINE,
            properties=properties,
        )

    def _fonts(self) -> str:
        asked = "，".join(f"{STANDARD[part]}={name}" for part, name in self.names.items())
        return f"字体：{asked}；PDF {told_of(self.set_in)}"

    def _section(self) -> str:
        below = page.BOTTOM - page.PAGE_NUMBER_BELOW - SIZE_4 * POINT * 1.2
        margins = {
            "top": page.TOP,
            "right": page.RIGHT,
            "bottom": page.BOTTOM,
            "left": page.LEFT,
            "header": 12.7,
            "footer": below,
        }
        told = "".join(f' w:{side}="{twentieths(mm)}"' for side, mm in margins.items())
        wide, high = twentieths(page.PAGE_WIDTH), twentieths(page.PAGE_HEIGHT)
        # 22 lines by the pitch of each. A grid that lines snap to would put all of them lower in
        # some programs, one of characters would set these two cells apart: they are drawn together.
        return (
            '<w:sectPr><w:footerReference w:type="default" r:id="footer1"/>'
            '<w:footerReference w:type="even" r:id="footer2"/>'
            f'<w:pgSz w:w="{wide}" w:h="{high}"/><w:pgMar{told} w:gutter="0"/>'
            f'<w:docGrid w:linePitch="{twentieths(LINE)}"/></w:sectPr>'
        )

    def _page_number(self, side: str) -> str:
        """页码: on the right of odd pages, on the left of even ones."""
        font, size = self.names[Part.FOOT], SIZE_4
        field = "".join(
            run(size=size, font=font, content=content)
            for content in (
                '<w:fldChar w:fldCharType="begin"/>',
                "<w:instrText>PAGE</w:instrText>",
                '<w:fldChar w:fldCharType="end"/>',
            )
        )
        told = f"{run('— ', size=size, font=font)}{field}{run(' —', size=size, font=font)}"
        indent = SIZE_4 * POINT
        return paragraph(told, align=side, left=indent, right=indent)

    def _text(self, text: str, part: Part = Part.BODY, size: float = SIZE_3) -> str:
        return run(text, size=size, font=self.names[part])

    def _blocks(self, body: Sequence[Paragraph | Table], *, ends: bool) -> Iterable[str]:
        """The text; the last lines stay with what follows, unless it `ends` with them."""
        for number, block in enumerate(body):
            if isinstance(block, Table):
                yield self._table(block)
            else:
                last = number == len(body) - 1 and not ends
                yield from self._paragraph(block, last=last)
        if ends and body and isinstance(body[-1], Table):
            yield paragraph()  # a text does not end with a table

    def _paragraph(self, told: Paragraph, *, last: bool) -> Iterable[str]:
        pieces = told.text.splitlines()
        for number, piece in enumerate(pieces, start=1):
            keep = told.heading or (last and number == len(pieces))
            part = Part.HEADING if told.heading else Part.BODY
            yield self._indented(piece.strip(" \t"), part, keep=keep)

    def _indented(self, text: str, part: Part = Part.BODY, *, keep: bool) -> str:
        return paragraph(
            self._text(text, part), align="both", first=2 * CHARACTER, keep=keep, whole=keep
        )

    def _table(self, told: Table) -> str:
        def cells(texts: Sequence[str], part: Part) -> Iterable[str]:
            for place, (text, width) in enumerate(zip(texts, told.widths, strict=True)):
                align = "left" if place == 0 and part is Part.BODY else "center"
                set_ = run(text, size=TABLE_SIZE, font=self.names[part], spacing=0)
                yield cell(paragraph(set_, align=align, line=TABLE_LINE), width, middle=True)

        rows = [row(cells(told.head, Part.HEADING), least=LINE, repeat=True)]
        rows += [row(cells(texts, Part.BODY), least=LINE) for texts in told.rows]
        edges = dict.fromkeys(("top", "left", "bottom", "right", "insideH", "insideV"), 4)
        return table(rows, told.widths, borders=edges, padding=CELL_PADDING)


class _PaperDocx(_Pages):
    def __init__(self, paper: Paper, set_in: dict[Part, Font]) -> None:
        super().__init__(set_in)
        self.paper = paper

    def file(self) -> bytes:
        told = self.paper
        return self._package(
            "".join([*self._head(), *self._blocks(told.body, ends=True)]),
            properties={
                "title": told.title,
                "creator": told.author,
                "description": self._fonts(),
                "created": told.dated,
            },
        )

    def _head(self) -> Iterable[str]:
        title = self._text(self.paper.title, Part.TITLE, SIZE_2)
        yield paragraph(title, align="center", line=LINE * 1.2)
        if self.paper.subtitle:
            yield paragraph(self._text(self.paper.subtitle), align="center")
        yield paragraph()


class _Docx(_Pages):
    def __init__(self, official: Official, set_in: dict[Part, Font]) -> None:
        super().__init__(set_in)
        self.official = official
        self._drawings = 0

    def file(self) -> bytes:
        told = self.official
        return self._package(
            "".join([*self._head(), *self._body(), *self._end()]),
            pictures=(codes.picture(codes.modules(told.verification)), _BLACK),
            properties={
                "title": f"{told.kind}（{told.number}）",
                "creator": told.issuer,
                "subject": told.title[:255],
                "keywords": f"SHA-256 {told.digest}",
                "description": self._fonts(),
                "created": told.issued_on,
            },
        )

    def _head(self) -> Iterable[str]:
        told = self.official
        size = max(page.MARK_LEAST, min(page.MARK_MOST, (WIDTH - 10) / (len(told.issuer) * POINT)))
        mark = run(told.issuer, size=int(size), font=self.names[Part.TITLE], colour=RED)
        yield paragraph(mark, align="center", before=page.MARK_TOP, line=size * 1.15 * POINT)
        yield paragraph() * 2
        # From the foot of the number's line, in whose middle the number stands.
        below = round((page.RULE_BELOW_NUMBER - (LINE - SIZE_3 * POINT) / 2) / POINT)
        rule = element("bottom", size=14, space=below, colour=RED)
        yield paragraph(self._text(told.number), align="center", border=rule)
        yield paragraph() * 2
        yield paragraph(self._text(told.kind, Part.TITLE, SIZE_2), align="center", line=LINE)
        yield paragraph(self._text(told.title, Part.TITLE), align="center")
        yield paragraph()

    def _body(self) -> Iterable[str]:
        told = self.official
        if told.addressee:
            yield paragraph(self._text(f"{told.addressee}："), align="both")
        yield from self._blocks(told.body, ends=bool(told.attachments))
        lines = page.attachment_lines(told)
        if lines:
            yield paragraph(keep=True)
        for number, text in enumerate(lines, start=1):
            yield self._indented(text, keep=number == len(lines))

    def _end(self) -> Iterable[str]:
        """Signature and imprint, on the page of the last lines of the text.

        The imprint hangs on the signature's first line and lies at the foot of that page.
        """
        yield from self._imprint()
        told = self.official
        if not told.sealed:
            yield from self._unsealed()
        elif told.joint:
            yield self._joint()
            yield paragraph(line=0.4)
        else:
            yield from self._sealed()

    def _sealed(self) -> Iterable[str]:
        """署名 in the middle over 成文日期, four characters from the right, under the seal."""
        told = self.official
        day = page.chinese_date(told.issued_on)
        name_width, day_width = self._width(told.issuer), self._width(day)
        widest = max(SEAL, min(WIDTH, name_width))
        middle = max(4 * CHARACTER + day_width / 2, widest / 2)  # from the right edge
        yield paragraph(keep=True) * SEAL_NAME
        place = self._place(WIDTH - middle - SEAL / 2)
        right = max(0.0, middle - name_width / 2)
        yield paragraph(f"{place}{self._text(told.issuer)}", align="right", right=right, keep=True)
        right = middle - day_width / 2
        yield paragraph(self._text(day), align="right", right=right, after=LINE)

    def _joint(self) -> str:
        """Each name under its seal, the date under the last one."""
        told = self.official
        names = told.signatories
        columns = seal_columns(max(map(self._width, names)))
        width = WIDTH / columns
        day = paragraph(self._text(page.chinese_date(told.issued_on)), align="center")
        rows = []
        for first in range(0, len(names), columns):
            some = names[first : first + columns]
            cells = [cell(paragraph(keep=True), width)] * (columns - len(some))
            for name in some:
                size = SIZE_3 * min(1.0, (width - CHARACTER) / self._width(name))
                place = self._place((width - SEAL) / 2)
                told_ = paragraph(
                    f"{place}{self._text(name, size=size)}", align="center", keep=True
                )
                dated = day if name == names[-1] else ""
                cells.append(cell(f"{paragraph(keep=True) * SEAL_NAME}{told_}{dated}", width))
            rows.append(row(cells, exactly=SEAL_LINES * LINE))
        return table(rows, [width] * columns, borders={}, padding=0)

    def _unsealed(self) -> Iterable[str]:
        told = self.official
        day = page.chinese_date(told.issued_on)
        widest = max(map(self._width, told.signatories))
        left = WIDTH - 2 * CHARACTER - max(widest, self._width(day) + 2 * CHARACTER)
        left = max(0.0, left)
        yield paragraph(keep=True)
        for name in told.signatories:
            yield paragraph(self._text(name), left=left, keep=True)
        yield paragraph(self._text(day), left=left + 2 * CHARACTER)

    def _place(self, x: float) -> str:
        """The place of a seal, behind a name whose line is its middle."""
        self._drawings += 1
        words = paragraph(
            run(page.SEAL_PLACE, size=9, font=self.names[Part.BODY], colour="AAAAAA"),
            align="center",
            line=6.0,
        )
        return run(content=ring(self._drawings, x=x, y=(LINE - SEAL) / 2, side=SEAL, words=words))

    def _imprint(self) -> Iterable[str]:
        """版记 (7.4), and above it the QR code, held at the foot of the page."""
        told = self.official
        one = SIZE_4 * POINT

        def words(text: str, size: float) -> str:
            return run(text, size=size, font=self.names[Part.BODY], spacing=0)

        def picture_of(relation: str, width: float, height: float) -> str:
            self._drawings += 1
            return run(content=picture(self._drawings, relation, width, height))

        def rule(thickness: float) -> str:
            # A picture: programs differ in what they do with borders of what is held at the foot.
            return paragraph(picture_of("picture2", WIDTH, thickness), line=1.2, frame=WIDTH)

        first, *others = page.verification_lines(told)
        code = picture_of("picture1", QR, QR)
        yield paragraph(f"{code}{words(f'　{first}', 9)}", line=0, frame=WIDTH)
        yield paragraph(words("".join(others), 9), line=5.3, frame=WIDTH)
        yield rule(THICK)
        if told.copies:
            yield paragraph(
                words(page.copies_line(told), SIZE_4),
                left=4 * one,
                first=-3 * one,
                right=one,
                line=IMPRINT_LINE,
                frame=WIDTH,
            )
            yield rule(THIN)
        printed = words(f"{page.chinese_date(told.issued_on)}印发", SIZE_4)
        yield paragraph(
            f"{words(told.issuer, SIZE_4)}{run(content='<w:tab/>')}{printed}",
            left=one,
            right=one,
            tab=WIDTH - one,
            line=IMPRINT_LINE,
            frame=WIDTH,
        )
        yield rule(THICK)

    def _width(self, text: str) -> float:
        font = self.set_in[Part.BODY]
        return sum(font.width(one) for one in text) * SIZE_3 * POINT
