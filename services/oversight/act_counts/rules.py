"""What an act is counted as: each stage that it reached, in the month of the stage."""

from collections.abc import Iterable
from datetime import date, datetime
from functools import lru_cache
from typing import Any, NamedTuple

from services.oversight.acts.rules import STAGES, Changed
from shared.clock import legal_day

REPORTED = "reported"
"""Beside the stages: that the act is there at all, in the month in which it began."""


class Cell(NamedTuple):
    """What acts are counted by, one line a stage that they reached."""

    stage: str
    month: date
    place: str
    """The smallest division: it stays what it is when a township is moved."""
    organisation: str
    kind: str
    result: str
    domains: tuple[str, ...]


class Sums(NamedTuple):
    acts: int
    fine_fen: int
    confiscated_fen: int


_STAGES = tuple((stage.value, f"{stage}_at") for stage in STAGES)


def deltas(changes: Iterable[Changed]) -> dict[Cell, Sums]:
    """What changes add to each cell; cells in which old and new are even are left out.

    An act adds one for being there, in the month in which it began, and one for each stage, in the
    month of the stage; its money in the month of the decision; nothing once it is withdrawn.
    """
    sums: dict[tuple[Any, ...], dict[tuple[str, date], list[int]]] = {}
    for change in changes:
        for sign, act in ((-1, change.old), (1, change.new)):
            if act is None or act["withdrawn"]:
                continue
            by = (
                act["township"] or act["district"] or "50",
                act["organisation"],
                act["kind"],
                act["result"] or "",
                tuple(act["domains"]),
            )
            cells = sums.get(by)
            if cells is None:
                cells = sums[by] = {}
            _add(cells, REPORTED, act["began_at"])[0] += sign
            for stage, column in _STAGES:
                if (at := act[column]) is not None:
                    found = _add(cells, stage, at)
                    found[0] += sign
                    if stage == "decided":
                        found[1] += sign * act["fine_fen"]
                        found[2] += sign * act["confiscated_fen"]
    return {
        Cell(*of, *by): Sums(*found)
        for by, cells in sums.items()
        for of, found in cells.items()
        if any(found)
    }


def _add(cells: dict[tuple[str, date], list[int]], stage: str, at: datetime) -> list[int]:
    key = (stage, month_of(at))
    found = cells.get(key)
    if found is None:
        found = cells[key] = [0, 0, 0]
    return found


def month_of(moment: datetime) -> date:
    """The first day of the month of `moment` in China.

    No zone moves the middle of a month into another: only near its ends the day is asked for.
    """
    if 1 < moment.day < 28:
        return _first_of(moment.year, moment.month)
    return legal_day(moment).replace(day=1)


@lru_cache(maxsize=4_096)
def _first_of(year: int, month: int) -> date:
    return date(year, month, 1)
