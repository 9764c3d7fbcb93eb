"""What an act is counted as: each stage that it reached, in the month of the stage."""

from collections.abc import Iterable, Iterator, Mapping
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


def counted(act: Mapping[str, Any] | None) -> Iterator[tuple[Cell, Sums]]:
    """What an act adds to the statistics: nothing once it is withdrawn.

    One for being there, in the month that it began, and one for each stage, in the month of the
    stage; its money in the month of the decision.
    """
    if act is None or act["withdrawn"]:
        return
    by = (
        act["township"] or act["district"] or "50",
        act["organisation"],
        act["kind"],
        act["result"] or "",
        tuple(act["domains"]),
    )
    yield Cell(REPORTED, _month(act["began_at"]), *by), Sums(1, 0, 0)
    for stage in STAGES:
        if (at := act[f"{stage}_at"]) is not None:
            money = (act["fine_fen"], act["confiscated_fen"]) if stage == "decided" else (0, 0)
            yield Cell(stage.value, _month(at), *by), Sums(1, *money)


def deltas(changes: Iterable[Changed]) -> dict[Cell, Sums]:
    """What changes add to each cell; cells in which old and new are even are left out."""
    sums: dict[Cell, list[int]] = {}
    for change in changes:
        for sign, act in ((-1, change.old), (1, change.new)):
            for cell, (acts, fine, confiscated) in counted(act):
                found = sums.setdefault(cell, [0, 0, 0])
                found[0] += sign * acts
                found[1] += sign * fine
                found[2] += sign * confiscated
    return {cell: Sums(*found) for cell, found in sums.items() if any(found)}


@lru_cache(maxsize=4_096)
def _month(moment: datetime) -> date:
    return legal_day(moment).replace(day=1)
