"""Divisions by GB/T 2260 codes, as a dated tree.

A parent is data with a date, never a prefix of the code: since 2025-11-06 townships with codes
500112xxx belong to 500157. Two digits are the city, six a district or county, nine a township.
"""

import csv
import re
import tomllib
from collections.abc import Iterable, Iterator
from datetime import date
from pathlib import Path
from typing import Annotated, Any, NamedTuple

from pydantic import AfterValidator, BaseModel, ConfigDict, WithJsonSchema
from pydantic_core import PydanticCustomError

from shared.refusals import Refused
from shared.vocabulary import Term

PATTERN = r"^[1-9][0-9]([0-9]{4}([0-9]{3})?)?$"
_CODE = re.compile(PATTERN[:-1] + r"\Z")


class Level(Term):
    CITY = "city", "市"
    DISTRICT = "district", "区县(自治县)"
    TOWNSHIP = "township", "乡镇(街道)"


_BY_LENGTH = {2: Level.CITY, 6: Level.DISTRICT, 9: Level.TOWNSHIP}


class Scope(NamedTuple):
    """Where something belongs: whole division codes, the parents being those of its day."""

    city: str = "50"
    district: str | None = None
    township: str | None = None

    @property
    def path(self) -> str:
        """`50.500157.500112001`, with `_` for none: the tail of a NATS subject."""
        return f"{self.city}.{self.district or '_'}.{self.township or '_'}"


class DivisionUnknown(Refused):
    """No division has, or had by that day, this code."""

    code = "division-unknown"
    status = 422
    zh = "区划代码 {division} 不存在（截至 {on}）。"
    en = "There is no division {division} (on {on})."


class DivisionExpired(Refused):
    """The division ended before that day."""

    code = "division-expired"
    status = 422
    zh = "区划 {division} 已于 {ended} 撤销，由 {successor} 承接。"
    en = "The division {division} ended on {ended}; its successor is {successor}."


def level_of(code: str) -> Level:
    """The level that a code's length says; ValueError if it is no division's code."""
    if not _CODE.match(code):
        raise ValueError(f"{code!r} is not a division code of 2, 6 or 9 digits")
    return _BY_LENGTH[len(code)]


def _checked(value: str) -> str:
    if not _CODE.match(value):
        raise PydanticCustomError(
            "division-code-invalid",
            "a division code has 2, 6 or 9 digits",
            {"zh": "区划代码应为2、6或9位数字"},
        )
    return value


DivisionCode = Annotated[
    str,
    AfterValidator(_checked),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": PATTERN,
            "description": "GB/T 2260 code: 2 digits the city, 6 a district, 9 a township",
            "examples": ["500112", "500106001"],
        }
    ),
]


class DivisionRecord(BaseModel):
    """What a division was called and belonged to, from a day to a day."""

    model_config = ConfigDict(frozen=True, extra="ignore", from_attributes=True)

    code: str
    name: str
    level: Level
    parent: str | None
    valid_from: date
    valid_to: date | None = None
    """The first day on which the record is no longer true."""
    successor: str | None = None
    """Who took over, where the division itself ended."""
    alias: str | None = None
    """Another name in use: 石柱县 for 石柱土家族自治县."""

    def in_force(self, on: date) -> bool:
        return self.valid_from <= on and (self.valid_to is None or on < self.valid_to)


class Divisions:
    """The dated tree over records. A code has one record a period; overlaps are a ValueError."""

    def __init__(self, records: Iterable[DivisionRecord]) -> None:
        self._records: dict[str, list[DivisionRecord]] = {}
        for record in sorted(records, key=lambda r: (r.code, r.valid_from)):
            if record.level is not level_of(record.code):
                raise ValueError(f"{record.code} is not the code of a {record.level}")
            if record.valid_to is not None and record.valid_to <= record.valid_from:
                raise ValueError(f"{record.code} ends on {record.valid_to}, before it begins")
            earlier = self._records.setdefault(record.code, [])
            if earlier and (earlier[-1].valid_to or date.max) > record.valid_from:
                raise ValueError(f"{record.code} has two records on {record.valid_from}")
            earlier.append(record)

    def __iter__(self) -> Iterator[DivisionRecord]:
        """All records, by code and then by day."""
        for records in self._records.values():
            yield from records

    def record_on(self, code: str, on: date) -> DivisionRecord:
        """The record in force; refuses with `DivisionUnknown` or `DivisionExpired`."""
        begun = [record for record in self._records.get(code, ()) if record.valid_from <= on]
        if not begun:
            raise DivisionUnknown(division=code, on=on.isoformat())
        last = begun[-1]
        if last.valid_to is not None and last.valid_to <= on:
            raise expired(code, ended=last.valid_to, successor=last.successor)
        return last

    def parent_on(self, code: str, on: date) -> str | None:
        return self.record_on(code, on).parent

    def children_on(self, code: str, on: date) -> list[DivisionRecord]:
        return [record for record in self.on(on) if record.parent == code]

    def on(self, day: date, level: Level | None = None) -> list[DivisionRecord]:
        """All records in force on a day, by code."""
        return [r for r in self if r.in_force(day) and level in (None, r.level)]

    def scope_on(self, code: str, on: date) -> Scope:
        """Where `code` belongs on a day; refuses like `record_on`."""
        record = self.record_on(code, on)
        if record.parent is None:
            return Scope(city=code)
        if record.level is Level.DISTRICT:
            return Scope(city=record.parent, district=code)
        city = self.parent_on(record.parent, on)
        return Scope(city=city or record.parent, district=record.parent, township=code)


def expired(code: str, *, ended: date, successor: str | None) -> DivisionExpired:
    details: dict[str, Any] = {"division": code, "ended": ended.isoformat()}
    return DivisionExpired(**details, **({"successor": successor} if successor else {}))


class Move(NamedTuple):
    """A township that changed district."""

    code: str
    name: str
    former_parent: str
    parent: str


class End(NamedTuple):
    """A division that was abolished."""

    code: str
    successor: str | None


class Change(NamedTuple):
    """What one announcement changed, from a day on."""

    on: date
    founded: tuple[DivisionRecord, ...]
    ended: tuple[End, ...]
    moves: tuple[Move, ...]


def read_divisions(description: Path) -> Divisions:
    """The dated tree of a description (TOML) and the tables (CSV) that it names."""
    with description.open("rb") as file:
        told = tomllib.load(file)
    folder = description.parent
    records = read_base(folder / told["base"], told["beginning"], told.get("aliases", {}))
    for change in told.get("changes", ()):
        records = changed(records, read_change(folder, change))
    return Divisions(records)


def read_base(
    table: Path, beginning: date, aliases: dict[str, str] | None = None
) -> list[DivisionRecord]:
    """Records of a table `code,name,parent,level`, all in force from `beginning`.

    Four-digit codes are statistical groupings, not divisions: they are skipped, and their
    districts belong to the city.
    """
    records = []
    with table.open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if len(row["code"]) == 4:
                continue
            parent = row["parent"][:2] if len(row["parent"]) == 4 else row["parent"]
            records.append(
                DivisionRecord(
                    code=row["code"],
                    name=row["name"],
                    level=level_of(row["code"]),
                    parent=parent or None,
                    valid_from=beginning,
                    alias=(aliases or {}).get(row["code"]),
                )
            )
    return records


def read_change(folder: Path, told: dict[str, Any]) -> Change:
    """One `[[changes]]` of a description; its moves are a table `old_code,name,old_parent,…`."""
    on: date = told["on"]
    with (folder / told["moves"]).open(encoding="utf-8", newline="") as file:
        moves = tuple(
            Move(row["old_code"], row["name"], row["old_parent"], row["new_parent"])
            for row in csv.DictReader(file)
        )
    founded = tuple(
        DivisionRecord(**row, level=level_of(row["code"]), valid_from=on)
        for row in told.get("founded", ())
    )
    ended = tuple(End(row["code"], row.get("successor")) for row in told.get("ended", ()))
    return Change(on, founded, ended, moves)


def changed(records: Iterable[DivisionRecord], change: Change) -> list[DivisionRecord]:
    """The records after a change: old ones closed, new ones added.

    A ValueError if the change does not fit: a moved unit that is unknown, or is not where or what
    the change says, or an ended one that does not exist or still has children.
    """
    out = list(records)
    index = {record.code: i for i, record in enumerate(out) if record.in_force(change.on)}
    for move in change.moves:
        i = index.get(move.code)
        if i is None or (out[i].name, out[i].parent) != (move.name, move.former_parent):
            raise ValueError(f"{move.code} {move.name} is not in {move.former_parent}")
        out.append(out[i].model_copy(update={"parent": move.parent, "valid_from": change.on}))
        out[i] = out[i].model_copy(update={"valid_to": change.on})
    for end in change.ended:
        i = index.get(end.code)
        if i is None:
            raise ValueError(f"{end.code} cannot end: it does not exist on {change.on}")
        out[i] = out[i].model_copy(update={"valid_to": change.on, "successor": end.successor})
    out += change.founded
    live = {record.code for record in out if record.in_force(change.on)}
    for record in out:
        if record.in_force(change.on) and record.parent is not None and record.parent not in live:
            raise ValueError(f"{record.code} {record.name} is left in {record.parent}, which ended")
    return out
