"""What an operator does to a service's facts from the command line."""

import asyncio
import csv
import sys
from collections.abc import Collection, Sequence
from datetime import date
from functools import partial
from pathlib import Path
from uuid import UUID

from sqlalchemy import true
from sqlalchemy.ext.asyncio import AsyncSession

from shared.clock import Clock, now
from shared.db import Database
from shared.development import load_clock
from shared.facts.bus import Bus
from shared.facts.dead_letters import waiting
from shared.facts.feed import read_feed
from shared.facts.inbox import Reactions, react_again
from shared.facts.spine import replay
from shared.law.tables import CALENDAR_CHANGED, FIRST_COUNTED, AnnouncedDay, import_days
from shared.migrations import metadatas
from shared.refusals import NotFound
from shared.resealing import reseal, sealed_columns
from shared.sealing import Seal
from shared.service import Service
from shared.settings import Settings
from shared.timers import schedule

POLL_S = 0.5
CONNECT_S = 10
AT_THE_END = 2**62


def _database(settings: Settings, service: str, clock: Clock | None = None) -> Database:
    info = {
        "clock": clock or Clock(),
        "service": service,
        "seal": Seal(settings.data_key),
        "actor": "system:operator",
    }
    # The running service sees the new facts at its next look, a second later at most.
    return Database(settings, service=f"{service}-operator", info=info, on_facts=lambda: None)


async def tail(settings: Settings, after: int | None, *, once: bool) -> None:
    """Print facts behind log index `after` (None: behind its end), one JSON object a line.

    For ever, unless `once`.
    """
    after = AT_THE_END if after is None else after
    database = _database(settings, "operator")
    try:
        while True:
            async with database.readers() as session:
                page = await read_feed(
                    session,
                    after=after,
                    limit=200,
                    criterion=true(),
                    audiences={"public", "internal", "audit"},
                )
            for row in page.rows:
                print(row.event.decode())
            sys.stdout.flush()
            after = page.next_after
            if not page.rows:
                if once:
                    return
                await asyncio.sleep(POLL_S)
    finally:
        await database.close()


async def import_calendar(
    settings: Settings,
    file: Path,
    source: str,
    whole_years: Collection[int],
    *,
    service: Service | None = None,
) -> int:
    """Take over the announced days of a CSV (`day,workday,name`; workday 1 or 0), all or none.

    A `service` that counts its running deadlines anew does so at once when a day changed. Returns
    how many days changed. ValueError names the line that cannot be read.
    """
    days = []
    with file.open(encoding="utf-8-sig", newline="") as lines:
        reader = csv.DictReader(lines)
        if not {"day", "workday"} <= set(reader.fieldnames or ()):
            raise ValueError("the first line must name the columns day,workday,name")
        for row in reader:
            try:
                day, workday = (
                    date.fromisoformat(row["day"]),
                    {"0": False, "1": True}[row["workday"]],
                )
            except (ValueError, KeyError, TypeError):
                raise ValueError(
                    f"line {reader.line_num}: a day as 2027-01-01 and workday as 0 or 1 are needed"
                ) from None
            days.append(AnnouncedDay(day, workday, row.get("name") or None))
    database = _database(settings, "operator")
    try:
        async with database.sessions() as session:
            changed = await import_days(session, days, source=source, whole_years=whole_years)
            if changed and service is not None:
                await count_anew(session, service)
            await session.commit()
            return changed
    finally:
        await database.close()


async def count_anew(session: AsyncSession, service: Service) -> None:
    """Have the running deadlines of a service counted anew, if it does that."""
    if CALENDAR_CHANGED in service.timers:
        await schedule(session, CALENDAR_CHANGED, FIRST_COUNTED, now(session))


async def list_dead_letters(settings: Settings) -> int:
    """Print what waits for an operator; returns how many."""
    database = _database(settings, "operator")
    try:
        async with database.readers() as session:
            letters = await waiting(session)
        for letter in letters:
            print(
                f"{letter.id}  {letter.failed_at:%Y-%m-%d %H:%M:%S}Z  {letter.kind}"
                f"  {letter.source}  {letter.type}\n    {letter.error}"
            )
        if not letters:
            print("no dead letters")
        return len(letters)
    finally:
        await database.close()


async def replay_dead_letters(service: Service, settings: Settings, which: str) -> bool:
    """Try one dead letter again, or `all` in their order; whether every one succeeded."""
    clock = Clock()
    database = _database(settings, service.name, clock)
    reactions = Reactions(service.all_reactions)
    try:
        if settings.development:
            await load_clock(database, clock)
        async with database.readers() as session:
            letters = await waiting(session) if which == "all" else []
        ids = [letter.id for letter in letters] if which == "all" else [_id(which)]
        well = True
        for id in ids:
            try:
                async with database.sessions() as session:
                    await replay(session, reactions, id, service.take)
                    await session.commit()
                print(f"{id}  done")
            except NotFound:
                print(f"{id}  there is no such dead letter, or it was replayed")
                well = False
            except Exception as error:  # noqa: BLE001 - whatever it fails with is the answer
                cause = getattr(error, "orig", None) or error
                print(f"{id}  failed again: {type(error).__name__}: {cause}")
                well = False
        return well
    finally:
        await database.close()


async def replay_facts(
    service: Service, settings: Settings, source: str, *, after: int, kinds: Sequence[str]
) -> int:
    """Have a service's reactions to what another has told once more; returns how many facts.

    Raises NotListenedTo, BusError, and whatever a reaction raises.
    """
    clock = Clock()
    database = _database(settings, service.name, clock)
    reactions = Reactions(service.all_reactions)
    if source not in reactions.sources:
        raise NotListenedTo(f"{service.name} does not listen to {source}")
    bus = Bus(settings.nats_url.get_secret_value(), f"xiejian-{service.name}-operator")
    replayed = 0
    try:
        if settings.development:
            await load_clock(database, clock)
        connections = bus.connections.rings
        await bus.start()
        if not bus.connected:
            await bus.connections.after(connections, CONNECT_S)
        read = partial(bus.heal, source)
        async for index, done in react_again(
            database, reactions, source, read, after=after, kinds=kinds
        ):
            replayed += done
            print(f"\r{source} up to {index}: {replayed} facts", end="", flush=True)
        print()
        return replayed
    finally:
        await bus.close()
        await database.close()


class NotListenedTo(ValueError):
    """The service has no reaction to that source."""


async def reseal_all(service: Service, settings: Settings) -> int:
    """Seal anew what older data keys sealed, column by column; returns how many values.

    ValueError names the column where a value was sealed with a key that is not in the ring.
    """
    database = _database(settings, service.name)
    seal, total = Seal(settings.data_key), 0
    try:
        for table, column, context in sealed_columns(metadatas(service)):
            try:
                count = await reseal(database, seal, table, column, context)
            except ValueError as error:
                raise ValueError(f"{table.name}.{column.name}: {error}") from None
            print(f"{table.name}.{column.name}  {count} sealed anew")
            total += count
        print(f"{total} in all; the rest was sealed with the newest key already")
        return total
    finally:
        await database.close()


def _id(which: str) -> UUID:
    try:
        return UUID(which)
    except ValueError:
        print(f"{which} is not the id of a dead letter", file=sys.stderr)
        raise SystemExit(2) from None
