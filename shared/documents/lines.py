"""Text into lines of a width, by the rules of Chinese typesetting.

No stop begins a line, no opening bracket ends one, and what is written in Latin letters or digits
stays together.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

NEVER_FIRST = frozenset("，。、；：？！）》〉」』】〕”’…—,.;:?!)]}%℃·")
NEVER_LAST = frozenset("（《〈「『【〔“‘([{")
_UNITS = re.compile(r"[!-~]+|.", re.DOTALL)
LOOSEST = 2.0
"""Characters' worth of room that a line may be stretched by; more is left as it is."""


@dataclass(frozen=True)
class Line:
    """A line: its text, and how much wider than natural each gap between characters is, in mm."""

    text: str
    stretch: float = 0.0


def broken(
    text: str, *, width: float, first: float, measure: Callable[[str], float], cell: float
) -> list[Line]:
    """`text` in lines of `width` mm, the first of `first`; `measure` gives a character's mm.

    Every line but the last is stretched to its width.
    """
    lines: list[Line] = []
    line: list[str] = []
    used, room = 0.0, first
    for unit in _units(text, most=width, measure=measure):
        size = sum(map(measure, unit))
        # A hair's breadth is the floats' own.
        if line and used + size > room + 0.01 and not (unit == " " and used <= room):
            kept, carried = _cut(line, unit)
            lines.append(_stretched("".join(kept), room, measure, cell))
            line, room = [*carried], width
            used = sum(sum(map(measure, one)) for one in line)
        line.append(unit)
        used += size
    return [*lines, Line("".join(line))]


def _cut(line: list[str], coming: str) -> tuple[list[str], list[str]]:
    """Where the line really ends: what must not end it, or may not be left by `coming`, goes on."""
    at = len(line)
    while at > 1 and (
        (coming if at == len(line) else line[at])[0] in NEVER_FIRST or line[at - 1] in NEVER_LAST
    ):
        at -= 1
    return (line[:at], line[at:]) if at > 1 else (line, [])


def _units(text: str, *, most: float, measure: Callable[[str], float]) -> Iterator[str]:
    """What is not broken: a character, or a word of Latin letters and digits that fits a line."""
    for unit in _UNITS.findall(text):
        if sum(map(measure, unit)) <= most:
            yield unit
        else:
            yield from unit


def _stretched(text: str, room: float, measure: Callable[[str], float], cell: float) -> Line:
    text = text.rstrip(" ")
    slack = room - sum(map(measure, text))
    if len(text) < 2 or slack > LOOSEST * cell:
        return Line(text)
    return Line(text, slack / (len(text) - 1))


def balanced(text: str, *, width: float, measure: Callable[[str], float], cell: float) -> list[str]:
    """A title in as few lines of `width` mm as it takes, none much shorter than the others."""

    def within(room: float) -> list[str]:
        lines = broken(text, width=room, first=room, measure=measure, cell=cell)
        return [line.text for line in lines]

    fewest = len(within(width))
    room = sum(map(measure, text)) / fewest
    while room < width and len(within(room)) > fewest:
        room += cell / 2
    return within(min(room, width))
