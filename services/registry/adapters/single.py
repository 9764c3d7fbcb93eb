"""Kinds of which there are few: their rows are done as the single operation does them."""

from collections.abc import AsyncIterator, Awaitable, Callable, Hashable, Sequence
from contextlib import asynccontextmanager
from typing import Any

from pydantic import BaseModel
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.adapters.kinds import Accepted, Against, Kind, Load, Prepared
from services.registry.db import Base
from services.registry.imports.rules import FileKind
from shared.files.spreadsheet import Wrong
from shared.refusals import Refused
from shared.sealing import Seal
from shared.web.problems import refusal_of, refusals_of

Act = Callable[[AsyncSession, Load, Sequence[Any]], Awaitable[None]]
"""Does rows that belong together, or refuses."""


def one_by_one(
    key: FileKind,
    *,
    permission: str,
    model: type[BaseModel],
    act: Act,
    together: Callable[[Any], Hashable],
) -> Kind:
    """A kind whose rows `act` does; `together` says which of a batch are done at once."""

    async def decide(
        session: AsyncSession, load: Load, rows: Sequence[Prepared]
    ) -> tuple[list[Accepted], list[Wrong]]:
        # Done, one upon the other, and undone: what would be refused is found that way.
        accepted: list[Accepted] = []
        wrong: list[Wrong] = []
        async with _within(session, load) as inner:
            for some in _grouped(rows, together):
                if await _tried(inner, load, act, some) is None:
                    accepted += [Accepted(one, None) for one in some]
                    continue
                for one in some:
                    refused = await _tried(inner, load, act, [one])
                    if refused is None:
                        accepted.append(Accepted(one, None))
                    else:
                        wrong.append(Wrong.refused(one.row, None, refused))
            await inner.rollback()
        return accepted, wrong

    async def write(session: AsyncSession, load: Load, accepted: Sequence[Accepted]) -> None:
        async with _within(session, load) as inner:
            for some in _grouped([one.prepared for one in accepted], together):
                await act(inner, load, [one.made for one in some])
            await inner.commit()
        session.info["facts"] = True

    return Kind(
        key, permission=permission, model=model, prepare=_as_they_are, decide=decide, write=write
    )


def _as_they_are(
    rows: Sequence[BaseModel], load: Load, seal: Seal
) -> list[tuple[BaseModel, list[Against]]]:
    return [(row, []) for row in rows]


@asynccontextmanager
async def _within(session: AsyncSession, load: Load) -> AsyncIterator[AsyncSession]:
    """A session in the transaction of `session`, which knows nothing of what was undone in it."""
    info = {**session.info, "actor": load.actor.sub}
    async with AsyncSession(
        await session.connection(),
        expire_on_commit=False,
        join_transaction_mode="create_savepoint",
        info=info,
    ) as inner:
        yield inner


async def _tried(
    session: AsyncSession, load: Load, act: Act, rows: Sequence[Prepared]
) -> Refused | None:
    """What refuses rows, which then left nothing; None: they are done."""
    try:
        async with session.begin_nested():
            await act(session, load, [one.made for one in rows])
            await session.flush()
    except Refused as refused:
        return refused
    except IntegrityError as error:
        kind = refusal_of(error, refusals_of(Base.metadata))
        if kind is None:
            raise
        return kind()
    return None


def _grouped(rows: Sequence[Prepared], together: Callable[[Any], Hashable]) -> list[list[Prepared]]:
    groups: dict[Hashable, list[Prepared]] = {}
    for one in rows:
        groups.setdefault(together(one.made), []).append(one)
    return list(groups.values())
