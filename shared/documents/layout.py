"""A document set on the pages of GB/T 9704-2012, before anything is drawn."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace

from shared.documents import official as page
from shared.documents.fonts import Font, Part
from shared.documents.lines import Line, balanced, broken
from shared.documents.official import (
    CELL_PADDING,
    CHARACTER,
    HEIGHT,
    IMPRINT_LINE,
    IMPRINT_ROW,
    LEFT,
    LINE,
    LINES,
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
    TOP,
    WIDTH,
    Official,
    Paragraph,
    Table,
)

SPACING = CHARACTER - SIZE_3 * POINT
"""Between characters of size 3, so that 28 of them fill the width."""
THICK, THIN = 0.35, 0.25
GREY = (170, 170, 170)
BLACK = (0, 0, 0)
CARRIED = 2
"""Lines of the text that stand at least on the page of signature and imprint."""


@dataclass(frozen=True)
class Text:
    """A text at a place of a page: x and y (the baseline) in mm."""

    part: Part
    size: float
    x: float
    y: float
    text: str
    spacing: float = 0.0
    """mm between characters beyond their advance."""
    colour: tuple[int, int, int] = BLACK
    bold: bool = False


@dataclass(frozen=True)
class Rule:
    """A straight line."""

    x: float
    y: float
    to_x: float
    to_y: float
    thickness: float
    colour: tuple[int, int, int] = BLACK


@dataclass(frozen=True)
class Ring:
    """The place of a seal: its middle, and its radius."""

    x: float
    y: float
    radius: float


Mark = Text | Rule | Ring


@dataclass(frozen=True)
class Row:
    """What stands in some lines of the type area, measured from their upper edge."""

    marks: Sequence[Mark]
    lines: int = 1
    keep: bool = False
    """With the next: a heading never stands alone at the foot of a page."""
    head: "Row | None" = None
    """What is said again above it where it begins a page."""


@dataclass
class Composition:
    """The pages as they fill up."""

    official: Official
    set_in: dict[Part, Font]
    pages: list[list[Mark]] = field(default_factory=lambda: [[]])
    row: int = 0
    """The next free line of the type area."""
    foot: float = 0.0
    """y of the upper edge of the QR code above the imprint, on the last page."""

    def compose(self) -> None:
        self._head()
        self._place(list(self._title()))
        *flow, last = self._body()
        end = [last]
        # Signature and imprint stand with some of the text, and that with what it belongs to.
        while len(flow) > 1 and (
            flow[-1].keep or (_lines_of(end) < CARRIED and flow[-1].head is None)
        ):
            end.insert(0, flow.pop())
        for block in _blocks(flow):
            self._place(block)
        foot = math.ceil(self._foot_height() / LINE)
        self._place([*end, *self._signature()], with_=foot)
        self._break_unless(foot)  # where all of that is longer than a page
        self._imprint()

    # ---------------------------------------------------------------- pages

    def _place(self, block: Sequence[Row], with_: int = 0) -> None:
        """Rows on one page, with room for so many lines more."""
        self._break_unless(_lines_of(block) + with_)
        for row in block:
            self._break_unless(row.lines)
            if self.row == 0 and row.head is not None:
                self._set(row.head)
            self._set(row)

    def _set(self, row: Row) -> None:
        top = TOP + self.row * LINE
        self.pages[-1] += [_moved(mark, top) for mark in row.marks]
        self.row += row.lines

    def _break_unless(self, lines: int) -> None:
        """Begin a page unless this one has so many lines left, or is as empty as one can be."""
        if self.row and self.row + lines > LINES:
            self._break()

    def _break(self) -> None:
        self.pages.append([])
        self.row = 0

    # ---------------------------------------------------------------- parts of the page

    def _head(self) -> None:
        """版头: the mark 35 mm below the upper edge, two lines free, the number, the red rule."""
        told, put = self.official, self.pages[0]
        font = self.set_in[Part.TITLE]
        natural = sum(map(font.width, told.issuer)) * POINT
        size = max(page.MARK_LEAST, min(page.MARK_MOST, (WIDTH - 4) / natural))
        base = TOP + page.MARK_TOP + size * POINT * 0.88
        put.append(self._centred(Part.TITLE, size, told.issuer, base, colour=page.RED))
        number = base + size * POINT * 0.12 + 2 * LINE
        put.append(self._centred(Part.BODY, SIZE_3, told.number, number + baseline(SIZE_3)))
        rule = number + (LINE + SIZE_3 * POINT) / 2 + page.RULE_BELOW_NUMBER
        put.append(Rule(LEFT, rule, LEFT + WIDTH, rule, 0.6, page.RED))
        # Two lines free below the rule, then on with the lines of the type area.
        self.row = int((rule + 2 * LINE - TOP) // LINE) + 1

    def _title(self) -> Iterator[Row]:
        for size, text in ((SIZE_2, self.official.kind), (SIZE_3, self.official.title)):
            font = self.set_in[Part.TITLE]
            for line in balanced(
                text,
                width=WIDTH - 4 * CHARACTER,
                measure=lambda one, font=font, size=size: font.width(one) * size * POINT,  # type: ignore[misc]
                cell=size * POINT,
            ):
                yield Row([self._centred(Part.TITLE, size, line, baseline(size))], keep=True)
        yield Row([], keep=True)

    def _body(self) -> Iterator[Row]:
        told = self.official
        if told.addressee:
            for line in self._lines(f"{told.addressee}：", indent=0):
                yield self._line(Part.BODY, line, indent=0)
        for block in told.body:
            if isinstance(block, Table):
                yield from self._table(block)
            else:
                yield from self._paragraph(block)
        if told.attachments:
            yield Row([], keep=True)
            for text in page.attachment_lines(told):
                for number, line in enumerate(self._lines(text, indent=2)):
                    yield self._line(Part.BODY, line, indent=5 if number else 2)

    def _paragraph(self, paragraph: Paragraph) -> Iterator[Row]:
        part = Part.HEADING if paragraph.heading else Part.BODY
        for number, line in enumerate(self._lines(paragraph.text, indent=2, part=part)):
            row = self._line(part, line, indent=0 if number else 2)
            yield replace(row, keep=paragraph.heading)

    def _table(self, table: Table) -> Iterator[Row]:
        head = replace(self._table_row(table, table.head, Part.HEADING), keep=True)
        yield head
        for cells in table.rows:
            yield replace(self._table_row(table, cells, Part.BODY), head=head)

    def _table_row(self, table: Table, cells: Sequence[str], part: Part) -> Row:
        font = self.set_in[part]
        cell = TABLE_SIZE * POINT
        set_ = [
            broken(
                text,
                width=width - 2 * CELL_PADDING,
                first=width - 2 * CELL_PADDING,
                measure=lambda one: font.width(one) * cell,
                cell=cell,
            )
            for text, width in zip(cells, table.widths, strict=True)
        ]
        most = max(map(len, set_))
        lines = math.ceil((most * TABLE_LINE + 0.6) / LINE)
        height = lines * LINE
        marks: list[Mark] = [Rule(LEFT, y, LEFT + WIDTH, y, THIN) for y in (0.0, height)]
        x = LEFT
        for place, (texts, width) in enumerate(zip(set_, table.widths, strict=True)):
            y = (height - len(texts) * TABLE_LINE) / 2 + (TABLE_LINE + cell) / 2 - cell * 0.12
            first = place == 0 and part is Part.BODY
            for number, line in enumerate(texts):
                wide = sum(map(font.width, line.text)) * cell
                # The first column says what the row is of; the others are looked along.
                free = 0.0 if first or len(texts) > 1 else width - 2 * CELL_PADDING - wide
                spacing = line.stretch
                at = x + CELL_PADDING + free / 2
                marks.append(
                    Text(part, TABLE_SIZE, at, y + number * TABLE_LINE, line.text, spacing)
                )
            marks.append(Rule(x, 0.0, x, height, THIN))
            x += width
        marks.append(Rule(x, 0.0, x, height, THIN))
        return Row(marks, lines)

    def _signature(self) -> list[Row]:
        """署名, 成文日期 and the place of the seal over both (7.3.5)."""
        told = self.official
        if not told.sealed:
            return self._unsealed()
        names = told.signatories
        if len(names) == 1:
            # The date ends four characters from the edge, and the name stands over its middle.
            day_width = self._width(page.chinese_date(told.issued_on))
            middle = LEFT + WIDTH - 4 * CHARACTER - day_width / 2
            # A seal does not go beyond the type area (版心), nor does a long name.
            widest = max(SEAL, min(WIDTH, self._width(names[0])))
            middle = min(middle, LEFT + WIDTH - widest / 2)
            return [self._sealed([(middle, WIDTH, names[0])], dated=True)]
        columns = seal_columns(max(map(self._width, names)))
        cell = WIDTH / columns
        rows = []
        for first in range(0, len(names), columns):
            some = names[first : first + columns]
            begin = columns - len(some)  # the last seal, with the date, is always on the right
            places = [
                (LEFT + (begin + number + 0.5) * cell, cell - CHARACTER, name)
                for number, name in enumerate(some)
            ]
            rows.append(self._sealed(places, dated=first + columns >= len(names)))
        return rows

    def _sealed(self, places: Sequence[tuple[float, float, str]], *, dated: bool) -> Row:
        """One row of seals: the middle, the room and the name of each."""
        marks: list[Mark] = []
        for middle, room, name in places:
            y = (SEAL_NAME + 0.5) * LINE
            marks.append(Ring(middle, y, SEAL / 2))
            told = self._over(middle, 9.0, page.SEAL_PLACE, y - SEAL / 4)
            marks.append(replace(told, colour=GREY))
            size = SIZE_3 * min(1.0, room / self._width(name))
            marks.append(self._over(middle, size, name, SEAL_NAME * LINE + baseline(SIZE_3)))
        if dated:
            day = page.chinese_date(self.official.issued_on)
            base = (SEAL_NAME + 1) * LINE + baseline(SIZE_3)
            marks.append(self._over(places[-1][0], SIZE_3, day, base))
        return Row(marks, SEAL_LINES)

    def _unsealed(self) -> list[Row]:
        """A line free, the names two characters from the edge, the date two more (7.3.5.2)."""
        told = self.official
        day = page.chinese_date(told.issued_on)
        names = told.signatories
        widest = max(map(self._width, names))
        x = LEFT + WIDTH - 2 * CHARACTER - max(widest, self._width(day) + 2 * CHARACTER)
        x = max(LEFT, x)
        base = baseline(SIZE_3)
        rows = [Row([], keep=True)]
        for name in names:
            size = SIZE_3 * min(1.0, WIDTH / self._width(name))
            rows.append(Row([Text(Part.BODY, size, x, base, name, SPACING)], keep=True))
        rows.append(Row([Text(Part.BODY, SIZE_3, x + 2 * CHARACTER, base, day, SPACING)]))
        return rows

    def _foot_height(self) -> float:
        """mm from the upper edge of the QR code to the foot of the type area."""
        copies = self._copies()
        told = IMPRINT_ROW + IMPRINT_LINE * (len(copies) - 1) if copies else 0.0
        return QR + 2 + told + IMPRINT_ROW

    def _copies(self) -> list[Line]:
        if not self.official.copies:
            return []
        font, one = self.set_in[Part.BODY], SIZE_4 * POINT
        return broken(
            page.copies_line(self.official),
            width=WIDTH - 5 * one,
            first=WIDTH - 2 * one,
            measure=lambda character: font.width(character) * one,
            cell=one,
        )

    def _imprint(self) -> None:
        """版记 at the foot of the last page (7.4), and above it how the document is verified."""
        told, put = self.official, self.pages[-1]
        one, right = SIZE_4 * POINT, LEFT + WIDTH
        self.foot = TOP + HEIGHT - self._foot_height()
        for number, text in enumerate(page.verification_lines(told)):
            put.append(Text(Part.BODY, 9.0, LEFT + QR + 6, self.foot + 6 + number * 5.5, text))
        y = self.foot + QR + 2
        put.append(Rule(LEFT, y, right, y, THICK))
        if copies := self._copies():
            for number, line in enumerate(copies):
                base = y + IMPRINT_ROW - 2.4 + number * IMPRINT_LINE
                x = LEFT + one * (4 if number else 1)
                put.append(Text(Part.BODY, SIZE_4, x, base, line.text, line.stretch))
            y += IMPRINT_ROW + IMPRINT_LINE * (len(copies) - 1)
            put.append(Rule(LEFT, y, right, y, THIN))
        base = y + IMPRINT_ROW - 2.4
        printed = f"{page.chinese_date(told.issued_on)}印发"
        width = sum(map(self.set_in[Part.BODY].width, printed)) * one
        put.append(Text(Part.BODY, SIZE_4, LEFT + one, base, told.issuer))
        put.append(Text(Part.BODY, SIZE_4, right - one - width, base, printed))
        put.append(Rule(LEFT, TOP + HEIGHT, right, TOP + HEIGHT, THICK))

    # ---------------------------------------------------------------- lines

    def _lines(self, text: str, *, indent: int, part: Part = Part.BODY) -> list[Line]:
        font = self.set_in[part]
        found: list[Line] = []
        for piece in text.splitlines():
            found += broken(
                piece.strip(" \t"),
                width=WIDTH,
                first=WIDTH - indent * CHARACTER,
                measure=lambda one: font.width(one) * SIZE_3 * POINT + SPACING,
                cell=CHARACTER,
            )
        return found

    def _line(self, part: Part, line: Line, *, indent: int) -> Row:
        x = LEFT + indent * CHARACTER
        return Row([Text(part, SIZE_3, x, baseline(SIZE_3), line.text, SPACING + line.stretch)])

    def _centred(
        self,
        part: Part,
        size: float,
        text: str,
        base: float,
        *,
        colour: tuple[int, int, int] = BLACK,
    ) -> Text:
        font = self.set_in[part]
        width = sum(map(font.width, text)) * size * POINT
        # 小标宋 is as heavy as a title is to be; what stands in for it is not.
        bold = part is Part.TITLE and size > SIZE_3 and not font.supplied
        return Text(part, size, LEFT + (WIDTH - width) / 2, base, text, 0.0, colour, bold)

    def _over(self, middle: float, size: float, text: str, base: float) -> Text:
        """A text of the body over a middle, spaced like the body."""
        scale = size / SIZE_3
        x = middle - self._width(text) * scale / 2
        return Text(Part.BODY, size, x, base, text, SPACING * scale)

    def _width(self, text: str) -> float:
        """Of a text of size 3, in mm."""
        font = self.set_in[Part.BODY]
        return sum(font.width(one) * SIZE_3 * POINT + SPACING for one in text) - SPACING


def compose(official: Official, set_in: dict[Part, Font]) -> Composition:
    """The pages of a document, line by line."""
    composition = Composition(official, set_in)
    composition.compose()
    return composition


def seal_columns(widest: float) -> int:
    """How many seals stand in a row, where the widest name is so many mm."""
    return 3 if widest <= WIDTH / 3 - CHARACTER else 2


def baseline(size: float) -> float:
    """From the upper edge of a line to the baseline of a text of `size` in its middle."""
    return (LINE + size * POINT) / 2 - size * POINT * 0.12


def _moved(mark: Mark, top: float) -> Mark:
    if isinstance(mark, Rule):
        return replace(mark, y=mark.y + top, to_y=mark.to_y + top)
    return replace(mark, y=mark.y + top)


def _lines_of(rows: Sequence[Row]) -> int:
    return sum(row.lines for row in rows)


def _blocks(rows: Sequence[Row]) -> Iterator[list[Row]]:
    """Rows that stay together."""
    block: list[Row] = []
    for row in rows:
        block.append(row)
        if not row.keep:
            yield block
            block = []
    if block:
        yield block
