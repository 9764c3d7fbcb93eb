"""What an import of a kind is made of; `files` lists them."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.imports.rules import FileKind, HistoryOnlyAsBackfill
from shared.access.actor import Actor
from shared.db import Scope
from shared.events import Event
from shared.facts import FactTooLong, publish
from shared.files.spreadsheet import Column, Wrong, columns_of
from shared.refusals import Forbidden, Refused
from shared.sealing import Seal

T = TypeVar("T", bound=BaseModel | dict[str, Any])

MOST_RECORDS = 250
"""Records in a fact."""


class Prepared(NamedTuple):
    """A row that is formed right."""

    row: int
    made: Any
    """What the kind made of it."""


class Accepted(NamedTuple):
    """A row that may be written, and what was found for it: its scope, the row that it names."""

    prepared: Prepared
    found: Any


Against = tuple[str | None, Refused]
"""What speaks against a row, with the key of the column that it is about."""


@dataclass(frozen=True)
class Load:
    """For whom rows are loaded, when, and by which rules of law."""

    id: UUID
    actor: Actor
    backfill: bool
    today: date
    moment: str
    """The moment, as it is written."""
    rules: Mapping[str, Mapping[str, Any]]

    def past(self, permission: str) -> Refused | None:
        """Why somebody may not tell here what a legal office has decided before; None: may."""
        if not self.backfill:
            return HistoryOnlyAsBackfill()
        return None if self.actor.may(permission) else Forbidden(permission=permission)


@dataclass(frozen=True)
class Kind:
    """What the rows of a file say, who may load them, and how that is done."""

    key: FileKind
    permission: str
    """That of the operation which does the same for one."""
    model: type[BaseModel]
    prepare: Callable[[Sequence[Any], Load, Seal], Iterable[tuple[Any, Iterable[Against]]]]
    """Makes of each row what is written, as far as the row alone tells, and says what is against
    it. In a process of its own: what it takes and gives is pickled."""
    decide: Callable[
        [AsyncSession, Load, Sequence[Prepared]], Awaitable[tuple[list[Accepted], list[Wrong]]]
    ]
    """Holds rows against what is there: which may be written, and what is wrong with the others.
    Nothing is written yet; what was looked at stays as it is until the transaction ends."""
    write: Callable[[AsyncSession, Load, Sequence[Accepted]], Awaitable[None]]
    """Rows, their facts and their timers."""
    rules: Sequence[str] = ()
    """Codes of the dated rules that it looks at."""

    @cached_property
    def columns(self) -> tuple[Column, ...]:
        return columns_of(self.model)


def judged(
    rows: Sequence[Prepared],
    against: Callable[[Any], Iterable[Against]],
    found: Callable[[Any], Any],
) -> tuple[list[Accepted], list[Wrong]]:
    """The rows that nothing is against, with what was found for them, and what is wrong."""
    accepted, wrong = [], []
    for item in rows:
        refusals = list(against(item.made))
        if refusals:
            wrong += [Wrong.refused(item.row, field, refused) for field, refused in refusals]
        else:
            accepted.append(Accepted(item, found(item.made)))
    return accepted, wrong


def refusal(rule: Callable[..., object], *values: Any, **named: Any) -> Refused | None:
    """What a rule says against it; None if nothing."""
    try:
        rule(*values, **named)
    except Refused as refused:
        return refused
    return None


async def hold_divisions(session: AsyncSession) -> None:
    """Keep townships where they are until this transaction ends: a move waits for it."""
    await session.execute(text("LOCK TABLE division IN ACCESS SHARE MODE"))


async def tell(
    session: AsyncSession,
    load: Load,
    records: Iterable[tuple[Scope, T]],
    fact: Callable[[list[T]], Event],
) -> None:
    """Leave facts of `records`, each at the division that its records lie in.

    Lets others go on in between.
    """
    at: dict[Scope, list[T]] = {}
    for scope, record in records:
        at.setdefault(scope, []).append(record)
    for scope, found in at.items():
        for start in range(0, len(found), MOST_RECORDS):
            await asyncio.sleep(0)
            _leave(session, load, scope, found[start : start + MOST_RECORDS], fact)


def _leave(
    session: AsyncSession, load: Load, at: Scope, records: list[T], fact: Callable[[list[T]], Event]
) -> None:
    try:
        publish(session, fact(records), at=at, backfill=load.backfill, actor=load.actor.sub)
    except FactTooLong:
        half = len(records) // 2
        if not half:
            raise
        _leave(session, load, at, records[:half], fact)
        _leave(session, load, at, records[half:], fact)
