"""An official document as PDF. The same document is the same bytes, whenever and wherever."""

from collections.abc import Iterable, Iterator

from shared.documents import codes
from shared.documents import official as page
from shared.documents.fonts import STANDARD_NAMES, Font, Part, fonts
from shared.documents.layout import GREY, Composition, Mark, Ring, Rule, Text, compose
from shared.documents.official import HEIGHT, LEFT, POINT, QR, SIZE_4, TOP, WIDTH, Official
from shared.documents.portable import Embedded, Objects, day_string, text_string

_ROUND = 0.5523
"""Of the radius: how far the handles of four curves are that make a circle."""


class MissingGlyphs(Exception):
    """A font lacks characters of the document."""

    def __init__(self, characters: str) -> None:
        self.characters = characters
        super().__init__(characters)


def pdf(official: Official, folder: str | None) -> bytes:
    """The document as a PDF with the fonts of `folder`; raises `MissingGlyphs`."""
    composition, used = _composed(official, fonts(folder))
    return _drawn(composition, used)


def check(official: Official, folder: str | None) -> None:
    """Raise `MissingGlyphs` where the document could not be printed."""
    _composed(official, fonts(folder))


def told_of(set_in: dict[Part, Font]) -> str:
    """Which fonts a document is set in, for its properties."""
    named = (
        f"{STANDARD_NAMES[part]}={font.family}{'' if font.supplied else '（系统自带替代）'}"
        for part, font in set_in.items()
    )
    return f"字体：{'，'.join(named)}"


def _composed(
    official: Official, set_in: dict[Part, Font]
) -> tuple[Composition, dict[Font, set[str]]]:
    """The pages, and which characters of each font they use."""
    composition = compose(official, set_in)
    used: dict[Font, set[str]] = {font: set() for font in set_in.values()}
    for mark in (mark for marks in composition.pages for mark in marks):
        if isinstance(mark, Text):
            used[set_in[mark.part]].update(mark.text)
    used[set_in[Part.FOOT]].update("— 0123456789")
    if missing := {one for font, texts in used.items() for one in font.missing(texts)}:
        raise MissingGlyphs("".join(sorted(missing)))
    return composition, used


def _drawn(composition: Composition, used: dict[Font, set[str]]) -> bytes:
    official, set_in = composition.official, composition.set_in
    objects = Objects()
    catalog, tree = objects.add(), objects.add()
    embedded = {font: Embedded(objects, font, texts) for font, texts in used.items() if texts}
    names = {font: f"F{place}" for place, font in enumerate(embedded)}
    named = " ".join(f"/{names[font]} {one.number} 0 R" for font, one in embedded.items())
    width, height = (f"{side / POINT:.2f}" for side in (page.PAGE_WIDTH, page.PAGE_HEIGHT))

    def drawn(number: int, marks: Iterable[Mark]) -> Iterator[str]:
        for mark in (*marks, page_number(number, set_in[Part.FOOT])):
            match mark:
                case Text():
                    font = set_in[mark.part]
                    yield from _text(mark, names[font], embedded[font].encoded(mark.text))
                case Rule():
                    yield from _rule(mark)
                case Ring():
                    yield from _ring(mark)
        if number == len(composition.pages):
            yield from _code(official.verification, composition.foot)

    pages = []
    for number, marks in enumerate(composition.pages, start=1):
        content = objects.stream("\n".join(drawn(number, marks)).encode("ascii"))
        pages.append(
            objects.add(
                f"<< /Type /Page /Parent {tree} 0 R /MediaBox [0 0 {width} {height}]"
                f" /Resources << /Font << {named} >> >> /Contents {content} 0 R >>"
            )
        )
    kids = " ".join(f"{one} 0 R" for one in pages)
    objects.set(tree, f"<< /Type /Pages /Kids [{kids}] /Count {len(pages)} >>")
    objects.set(
        catalog,
        f"<< /Type /Catalog /Pages {tree} 0 R /Lang (zh-CN)"
        " /ViewerPreferences << /DisplayDocTitle true >> >>",
    )
    told = {
        "Title": text_string(f"{official.kind}（{official.number}）"),
        "Author": text_string(official.issuer),
        "Subject": text_string(official.title),
        "Keywords": text_string(f"SHA-256 {official.digest}; {told_of(set_in)}"),
        "Producer": "(xiejian)",
        "Creator": "(xiejian)",
        "CreationDate": day_string(official.issued_on),
    }
    info = objects.add(f"<< {' '.join(f'/{name} {value}' for name, value in told.items())} >>")
    return objects.file(root=catalog, info=info)


def page_number(number: int, font: Font) -> Text:
    """页码: size 4, a dash on each side, 7 mm below the type area, outside on either page."""
    told = f"— {number} —"
    one = SIZE_4 * POINT
    width = sum(map(font.width, told)) * one
    x = LEFT + WIDTH - one - width if number % 2 else LEFT + one
    return Text(Part.FOOT, SIZE_4, x, TOP + HEIGHT + page.PAGE_NUMBER_BELOW + one * 0.8, told)


# ---------------------------------------------------------------- operators, in points, y upwards


def _at(x: float, y: float) -> str:
    return f"{x / POINT:.3f} {(page.PAGE_HEIGHT - y) / POINT:.3f}"


def _colour(colour: tuple[int, int, int], operator: str) -> str:
    return " ".join(f"{part / 255:.3f}" for part in colour) + f" {operator}"


def _text(text: Text, name: str, encoded: str) -> Iterator[str]:
    yield _colour(text.colour, "rg")
    if text.bold:  # thicker by its outline
        yield f"{_colour(text.colour, 'RG')} {text.size * 0.025:.3f} w"
    yield (
        f"BT /{name} {text.size:.3f} Tf {text.spacing / POINT:.4f} Tc {2 if text.bold else 0} Tr"
        f" {_at(text.x, text.y)} Td {encoded} Tj ET"
    )


def _rule(rule: Rule) -> Iterator[str]:
    yield f"{_colour(rule.colour, 'RG')} {rule.thickness / POINT:.3f} w"
    yield f"{_at(rule.x, rule.y)} m {_at(rule.to_x, rule.to_y)} l S"


def _ring(ring: Ring) -> Iterator[str]:
    x, y, r = ring.x, ring.y, ring.radius
    k = r * _ROUND
    yield f"q {_colour(GREY, 'RG')} 0.5 w [3 3] 0 d {_at(x + r, y)} m"
    for points in (
        ((x + r, y - k), (x + k, y - r), (x, y - r)),
        ((x - k, y - r), (x - r, y - k), (x - r, y)),
        ((x - r, y + k), (x - k, y + r), (x, y + r)),
        ((x + k, y + r), (x + r, y + k), (x + r, y)),
    ):
        yield f"{' '.join(_at(*point) for point in points)} c"
    yield "S Q"


def _code(address: str, top: float) -> Iterator[str]:
    """The QR code: runs of dark modules, with one module's room around."""
    rows = codes.modules(address)
    side = QR / (len(rows) + 2)
    yield _colour((0, 0, 0), "rg")
    for row, modules in enumerate(rows):
        start: int | None = None
        for column, dark in enumerate([*modules, False]):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                x, y = LEFT + (start + 1) * side, top + (row + 2) * side
                wide = (column - start) * side / POINT
                yield f"{_at(x, y)} {wide:.3f} {side / POINT:.3f} re"
                start = None
    yield "f"
