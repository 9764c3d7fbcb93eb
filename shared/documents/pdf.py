"""An official document as PDF. The same document is the same bytes, whenever and wherever."""

import tempfile
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import segno
from fpdf import FPDF
from fpdf.enums import TextMode

from shared.documents import official as page
from shared.documents.fonts import Font, Part, fonts
from shared.documents.lines import Line, broken
from shared.documents.official import (
    CHARACTER,
    HEIGHT,
    LEFT,
    LINE,
    LINES,
    POINT,
    SIZE_2,
    SIZE_3,
    SIZE_4,
    TOP,
    WIDTH,
    Official,
)

QR = 20.0
"""Side of the QR code in mm."""
FOOT_LINES = 3
"""Lines of the type area that the imprint (版记) with the QR code takes."""


class MissingGlyphs(Exception):
    """A font lacks characters of the document."""

    def __init__(self, characters: str) -> None:
        self.characters = characters
        super().__init__(characters)


@dataclass(frozen=True)
class _Text:
    """A text at a place of a page: x and y (the baseline) in mm."""

    part: Part
    size: float
    x: float
    y: float
    text: str
    spacing: float = 0.0
    """mm between characters beyond their advance."""
    red: bool = False
    bold: bool = False


@dataclass
class Composition:
    """The pages as they fill up, before anything is drawn."""

    official: Official
    set_in: dict[Part, Font]
    pages: list[list[_Text]] = field(default_factory=lambda: [[]])
    row: int = 0
    """The next free line of the type area."""
    rule: float = 0.0
    """y of the red rule of the first page."""
    foot: float = 0.0
    """y of the imprint's upper edge, on the last page."""

    def compose(self) -> None:
        self._head()
        self._title()
        self._body()
        self._signature()
        self._imprint()

    # ---------------------------------------------------------------- parts of the page

    def _head(self) -> None:
        """版头: the mark 35 mm below the upper edge, two lines free, the number, the red rule."""
        told = self.official
        font = self.set_in[Part.TITLE]
        natural = sum(map(font.width, told.issuer)) * POINT
        size = max(page.MARK_LEAST, min(page.MARK_MOST, (WIDTH - 4) / natural))
        width = natural * size
        base = TOP + page.MARK_TOP + size * POINT * 0.88
        x = LEFT + (WIDTH - width) / 2
        self._put(_Text(Part.TITLE, size, x, base, told.issuer, red=True, bold=True))
        below = base + size * POINT * 0.12
        number = below + 2 * LINE
        self._centred(Part.BODY, SIZE_3, told.number, number + _baseline(SIZE_3))
        self.rule = number + (LINE + SIZE_3 * POINT) / 2 + page.RULE_BELOW_NUMBER
        # Two lines free below the rule, then on with the lines of the type area.
        self.row = int((self.rule + 2 * LINE - TOP) // LINE) + 1

    def _title(self) -> None:
        told = self.official
        for part, size, text, bold in (
            (Part.TITLE, SIZE_2, told.kind, True),
            (Part.TITLE, SIZE_3, told.title, False),
        ):
            font = self.set_in[part]
            for line in broken(
                text,
                width=WIDTH - 4 * CHARACTER,
                first=WIDTH - 4 * CHARACTER,
                measure=lambda one, font=font, size=size: font.width(one) * size * POINT,  # type: ignore[misc]
                cell=size * POINT,
            ):
                self._centred(part, size, line.text, self._next() + _baseline(size), bold=bold)
        self._next()

    def _body(self) -> None:
        told = self.official
        for line in self._lines(f"{told.addressee}：", indent=0):
            self._line(Part.BODY, line, indent=0)
        for paragraph in told.body:
            part = Part.HEADING if paragraph.heading else Part.BODY
            if paragraph.heading and self.row == LINES - 1:
                self.row = LINES  # it does not stand alone at the foot
            for number, line in enumerate(self._lines(paragraph.text, indent=2, part=part)):
                self._line(part, line, indent=0 if number else 2)
        if told.attachments:
            self._next()
            for text in page.attachment_lines(told):
                for number, line in enumerate(self._lines(text, indent=2)):
                    self._line(Part.BODY, line, indent=5 if number else 2)

    def _signature(self) -> None:
        """署名 over 成文日期, which ends four characters from the right edge.

        The seal covers both: the line above and the one below are left free for it. They stand on
        a page with some of the text: if they do not fit, the last line of the text
        goes with them to the next page.
        """
        told = self.official
        day = page.chinese_date(told.issued_on)
        font = self.set_in[Part.BODY]
        if self.row + 4 > LINES:
            self._carry_last_line()
        else:
            self._next()
        day_width = self._width(font, day)
        day_x = LEFT + WIDTH - 4 * CHARACTER - day_width
        name_width = self._width(font, told.issuer)
        name_x = min(day_x + (day_width - name_width) / 2, LEFT + WIDTH - name_width)
        for x, text in ((max(LEFT, name_x), told.issuer), (day_x, day)):
            base = self._next() + _baseline(SIZE_3)
            self._put(_Text(Part.BODY, SIZE_3, x, base, text, spacing=_SPACING))
        self.row += 1  # the seal's lower part

    def _imprint(self) -> None:
        """版记 at the foot of the last page: who printed it and when, and how it is verified."""
        told = self.official
        if self.row + FOOT_LINES > LINES:
            self.pages.append([])
        self.foot = TOP + HEIGHT - QR - 2 - 8  # 30 mm, three lines
        font = self.set_in[Part.BODY]
        base = self.foot + 8 - 2.4
        size = SIZE_4
        self._put(_Text(Part.BODY, size, LEFT + size * POINT, base, told.issuer))
        printed = f"{page.chinese_date(told.issued_on)}印发"
        width = sum(map(font.width, printed)) * size * POINT
        self._put(_Text(Part.BODY, size, LEFT + WIDTH - size * POINT - width, base, printed))
        for number, text in enumerate(page.verification_lines(told)):
            y = self.foot + 8 + 6 + number * 5.5
            self._put(_Text(Part.BODY, 9.0, LEFT + QR + 6, y, text))

    # ---------------------------------------------------------------- lines

    def _lines(self, text: str, *, indent: int, part: Part = Part.BODY) -> list[Line]:
        font = self.set_in[part]
        found: list[Line] = []
        for piece in text.splitlines():
            found += broken(
                piece.strip(" \t"),
                width=WIDTH,
                first=WIDTH - indent * CHARACTER,
                measure=lambda one: font.width(one) * SIZE_3 * POINT + _SPACING,
                cell=CHARACTER,
            )
        return found

    def _line(self, part: Part, line: Line, *, indent: int) -> None:
        base = self._next() + _baseline(SIZE_3)
        x = LEFT + indent * CHARACTER
        spacing = _SPACING + line.stretch
        self._put(_Text(part, SIZE_3, x, base, line.text, spacing=spacing))

    def _centred(
        self, part: Part, size: float, text: str, base: float, *, bold: bool = False
    ) -> None:
        width = sum(map(self.set_in[part].width, text)) * size * POINT
        self._put(_Text(part, size, LEFT + (WIDTH - width) / 2, base, text, bold=bold))

    def _width(self, font: Font, text: str) -> float:
        return sum(font.width(one) * SIZE_3 * POINT + _SPACING for one in text) - _SPACING

    def _next(self) -> float:
        """The upper edge of the next line, on a new page where this one is full."""
        if self.row >= LINES:
            self.pages.append([])
            self.row = 0
        y = TOP + self.row * LINE
        self.row += 1
        return y

    def _carry_last_line(self) -> None:
        last = self.pages[-1].pop()
        self.pages.append([])
        self.row = 0
        self._put(
            _Text(
                last.part,
                last.size,
                last.x,
                self._next() + _baseline(last.size),
                last.text,
                last.spacing,
            )
        )
        self._next()

    def _put(self, text: _Text) -> None:
        self.pages[-1].append(text)


_SPACING = CHARACTER - SIZE_3 * POINT
"""Between characters of size 3, so that 28 of them fill the width."""


def _baseline(size: float) -> float:
    """From the upper edge of a line to the baseline of a text of `size` in its middle."""
    return (LINE + size * POINT) / 2 - size * POINT * 0.12


def pdf(official: Official, folder: str | None) -> bytes:
    """The document as a PDF with the fonts of `folder`; raises `MissingGlyphs`."""
    composition, used = _composed(official, fonts(folder))
    with tempfile.TemporaryDirectory() as scratch:
        return _drawn(composition, used, Path(scratch))


def check(official: Official, folder: str | None) -> None:
    """Raise `MissingGlyphs` where the document could not be printed."""
    _composed(official, fonts(folder))


def compose(official: Official, set_in: dict[Part, Font]) -> Composition:
    """The pages of a document, line by line."""
    composition = Composition(official, set_in)
    composition.compose()
    return composition


def _composed(
    official: Official, set_in: dict[Part, Font]
) -> tuple[Composition, dict[Font, set[str]]]:
    """The pages, and which characters of each font they use."""
    composition = compose(official, set_in)
    used: dict[Font, set[str]] = {font: set() for font in set_in.values()}
    for text in (text for texts in composition.pages for text in texts):
        used[set_in[text.part]].update(text.text)
    used[set_in[Part.FOOT]].update("— 0123456789")
    if missing := {one for font, texts in used.items() for one in font.missing(texts)}:
        raise MissingGlyphs("".join(sorted(missing)))
    return composition, used


def _drawn(composition: Composition, used: dict[Font, set[str]], scratch: Path) -> bytes:
    official, set_in = composition.official, composition.set_in
    out = FPDF(unit="mm", format="A4")
    out.set_auto_page_break(False)
    out.set_margin(0)
    out.set_title(f"{official.kind}（{official.number}）")
    out.set_author(official.issuer)
    out.set_subject(official.title)
    out.set_keywords(f"SHA-256 {official.digest}; {told_of(set_in)}")
    out.set_producer("xiejian")
    out.set_creator("xiejian")
    out.set_lang("zh-CN")
    day = official.issued_on
    out.set_creation_date(datetime(day.year, day.month, day.day, tzinfo=UTC))
    families = {font: f"font{place}" for place, font in enumerate(used)}
    for font, characters in used.items():
        if characters:
            file = scratch / f"{families[font]}.otf"
            file.write_bytes(font.cut(characters))
            out.add_font(families[font], "", file)
    for embedded in out.fonts.values():
        # Nobody asks for the boxes of single glyphs, and they are three quarters of the work.
        embedded.ttfont.recalcBBoxes = False  # type: ignore[union-attr]
    drawing = _Drawing(out, {part: families[font] for part, font in set_in.items()})
    for number, texts in enumerate(composition.pages, start=1):
        out.add_page()
        for text in texts:
            drawing.text(text)
        if number == 1:
            out.set_draw_color(*page.RED)
            out.set_line_width(0.6)
            out.line(LEFT, composition.rule, LEFT + WIDTH, composition.rule)
        if number == len(composition.pages):
            _foot(out, composition)
        drawing.page_number(number, set_in[Part.FOOT])
    return bytes(out.output())


def told_of(set_in: dict[Part, Font]) -> str:
    """Which fonts a document is set in, for its properties."""
    named = (
        f"{STANDARD_NAMES[part]}={font.family}{'' if font.supplied else '（系统自带替代）'}"
        for part, font in set_in.items()
    )
    return f"字体：{'，'.join(named)}"


STANDARD_NAMES = {
    Part.TITLE: "小标宋",
    Part.BODY: "仿宋",
    Part.HEADING: "黑体",
    Part.FOOT: "宋体",
}


@dataclass
class _Drawing:
    out: FPDF
    families: dict[Part, str]

    def text(self, text: _Text) -> None:
        out = self.out
        out.set_font(self.families[text.part], size=text.size)
        out.set_char_spacing(text.spacing / POINT)
        colour = page.RED if text.red else (0, 0, 0)
        out.set_text_color(*colour)
        out.set_draw_color(*colour)
        out.set_line_width(text.size * POINT * 0.025)
        with out.local_context(text_mode=TextMode.FILL_STROKE if text.bold else TextMode.FILL):
            out.text(text.x, text.y, text.text)

    def page_number(self, number: int, font: Font) -> None:
        """页码: size 4, a dash on each side, 7 mm below the type area, outside on either page."""
        told = f"— {number} —"
        width = sum(map(font.width, told)) * SIZE_4 * POINT
        one = SIZE_4 * POINT
        x = LEFT + WIDTH - one - width if number % 2 else LEFT + one
        y = TOP + HEIGHT + page.PAGE_NUMBER_BELOW + one * 0.8
        self.text(_Text(Part.FOOT, SIZE_4, x, y, told))


def _foot(out: FPDF, composition: Composition) -> None:
    """The rules of the imprint (thick outside, thin within) and the QR code."""
    y = composition.foot
    out.set_draw_color(0)
    for at, thickness in ((y, 0.35), (y + 8, 0.25), (TOP + HEIGHT, 0.35)):
        out.set_line_width(thickness)
        out.line(LEFT, at, LEFT + WIDTH, at)
    code = segno.make(composition.official.verification, error="m", micro=False)
    rows = [list(row) for row in code.matrix]
    side = QR / (len(rows) + 2)
    out.set_fill_color(0)
    for row, modules in enumerate(rows):
        start: int | None = None
        for column, dark in enumerate([*modules, 0]):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                left, top = LEFT + (start + 1) * side, y + 9 + (row + 1) * side
                out.rect(left, top, (column - start) * side, side, style="F")
                start = None
