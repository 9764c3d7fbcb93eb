"""The columns of the annual statistics, and what stands in them: values in, answers out."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

Cell = int | str | None
"""A number; money in yuan or a share in per cent as text; None: no duty, or nothing to divide."""
Row = dict[str, Cell]
"""By the keys of a table's columns."""

NO_DUTY = "无相关职责"


class Key(NamedTuple):
    """What acts of a year are counted by here."""

    stage: str
    kind: str
    result: str


class Sums(NamedTuple):
    acts: int = 0
    fen: int = 0
    """Fines and what was confiscated, in hundredths of a yuan."""


class Officers(NamedTuple):
    certified: int = 0
    on_post: int = 0


class Column(BaseModel):
    """One column, as rule statistics.columns has it (`shared/law/data/rules/statistics.toml`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    table: str
    key: str
    label: str
    under: str | None = None
    """A heading over this column and those beside it."""
    kinds: tuple[str, ...] = ()
    of: Literal["acts", "money", "officers", "certified", "certified_rate"] | None = None
    stage: str | None = None
    results: tuple[str, ...] | None = None
    sum_of: tuple[str, ...] = ()

    @property
    def is_money(self) -> bool:
        return self.of == "money"


class Heading(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    title: str


class Layout(BaseModel):
    """The tables of the published statistics and their columns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    tables: tuple[Heading, ...]
    columns: tuple[Column, ...]

    def of(self, table: str) -> Sequence[Column]:
        return [column for column in self.columns if column.table == table]

    @property
    def stages(self) -> set[str]:
        """The stages that any column counts."""
        return {column.stage for column in self.columns if column.stage is not None}


def told(
    layout: Layout,
    sums: Mapping[Key, Sums],
    duties: Collection[str],
    officers: Officers,
) -> dict[str, Row]:
    """What stands in each table: 0 where nothing happened, None where there is no such duty.

    What happened is shown, also where no power for it is known.
    """
    return {
        table.key: _row(layout.of(table.key), sums, duties, officers) for table in layout.tables
    }


def _row(
    columns: Sequence[Column],
    sums: Mapping[Key, Sums],
    duties: Collection[str],
    officers: Officers,
) -> Row:
    row: Row = {}
    for column in columns:
        if column.sum_of:
            parts = [row[name] for name in column.sum_of]
            known = [part for part in parts if isinstance(part, int)]
            row[column.key] = sum(known) if known else None
        elif column.kinds:
            row[column.key] = _counted(column, sums, duties)
        else:
            row[column.key] = _people(column, officers)
    return row


def _counted(column: Column, sums: Mapping[Key, Sums], duties: Collection[str]) -> Cell:
    found = [
        one
        for key, one in sums.items()
        if key.stage == column.stage
        and key.kind in column.kinds
        and (column.results is None or key.result in column.results)
    ]
    acts, fen = sum(one.acts for one in found), sum(one.fen for one in found)
    if not acts and not fen and not any(kind in duties for kind in column.kinds):
        return None
    return f"{Decimal(fen) / 100:.2f}" if column.is_money else acts


def _people(column: Column, officers: Officers) -> Cell:
    match column.of:
        case "officers":
            return officers.on_post
        case "certified":
            return officers.certified
        case _ if officers.on_post:
            return f"{Decimal(officers.certified) * 100 / officers.on_post:.2f}"
    return None
