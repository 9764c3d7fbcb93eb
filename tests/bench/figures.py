"""Figures and what they may claim: medians over rounds, and no verdict where rounds disagree."""

import json
import os
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from statistics import median
from typing import Any

RESULTS = Path(__file__).parent / "results.json"

WIDEST = 0.40
"""A figure whose rounds lie further from their median than this is not judged."""


@dataclass(frozen=True)
class Goal:
    """What a figure should reach: its ratio where it has a baseline, else its value."""

    limit: float
    at_least: bool = False

    def met_by(self, figure: float) -> bool:
        return figure >= self.limit if self.at_least else figure <= self.limit

    def __str__(self) -> str:
        return f"{'≥' if self.at_least else '≤'} {self.limit:g}"


@dataclass(frozen=True)
class Figure:
    """One line of the results; all but the goal come from the rounds."""

    name: str
    unit: str
    values: Sequence[float]
    """One a round."""
    baselines: Sequence[float] = ()
    """Of the same rounds: the ratio is that of pairs."""
    goal: Goal | None = None
    load: float = 0.0
    """Processes that were running or waiting to run, one minute's average over the rounds."""

    @property
    def value(self) -> float:
        return median(self.values)

    @property
    def baseline(self) -> float | None:
        return median(self.baselines) if self.baselines else None

    @property
    def ratios(self) -> list[float]:
        return [v / b for v, b in zip(self.values, self.baselines, strict=True)]

    @property
    def ratio(self) -> float | None:
        return median(self.ratios) if self.baselines else None

    @property
    def spread(self) -> float:
        """How far the farthest round lies from the median, as a part of it."""
        rounds = self.ratios if self.baselines else self.values
        middle = median(rounds)
        return max(abs(one - middle) for one in rounds) / middle if middle else 0.0

    @property
    def judged(self) -> bool:
        return self.goal is not None and len(self.values) > 1 and self.spread <= WIDEST

    @property
    def met(self) -> bool | None:
        """Whether the goal is met; None where that cannot be said."""
        if self.goal is None or not self.judged:
            return None
        return self.goal.met_by(self.value if self.ratio is None else self.ratio)

    def as_json(self) -> dict[str, Any]:
        def short(number: float | None) -> float | None:
            return None if number is None else float(f"{number:.4g}")

        return {
            "value": short(self.value),
            "unit": self.unit,
            "baseline": short(self.baseline),
            "ratio": short(self.ratio),
            "spread": round(self.spread, 3),
            "rounds": len(self.values),
            "goal": str(self.goal) if self.goal else None,
            "judged": self.judged,
            "met": self.met,
            "load": round(self.load, 1),
        }


def load() -> float:
    """Processes running or waiting to run, averaged over the last minute."""
    return os.getloadavg()[0]


def table(figures: Sequence[Figure]) -> str:
    """The figures for people."""
    lines = [("", "value", "baseline", "ratio", "goal", "spread", "rounds", "load", "")]
    for figure in figures:
        lines.append(
            (
                figure.name,
                f"{figure.value:,.4g} {figure.unit}",
                "" if figure.baseline is None else f"{figure.baseline:,.4g}",
                "" if figure.ratio is None else f"{figure.ratio:.2f}",
                str(figure.goal or ""),
                f"±{figure.spread:.0%}",
                str(len(figure.values)),
                f"{figure.load:.1f}",
                _verdict(figure),
            )
        )
    widths = [max(len(line[column]) for line in lines) for column in range(len(lines[0]))]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(line, widths, strict=True))
        ).rstrip()
        for line in lines
    )


def _verdict(figure: Figure) -> str:
    if figure.goal is None:
        return ""
    return {True: "met", False: "MISSED", None: "not judged"}[figure.met]


def write(figures: Sequence[Figure], path: Path = RESULTS) -> None:
    """Write the results; figures of `path` that were not measured now stay as they were."""
    kept: Mapping[str, Any] = json.loads(path.read_text()) if path.exists() else {}
    machine = {
        "cores": os.cpu_count(),
        "python": platform.python_version(),
        "system": f"{platform.system()} {platform.machine()}",
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
    }
    found = {figure.name: figure.as_json() | {"machine": machine} for figure in figures}
    path.write_text(json.dumps({**kept, **found}, ensure_ascii=False, indent=2) + "\n")
