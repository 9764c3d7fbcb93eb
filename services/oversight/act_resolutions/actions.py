"""Acts that wait for a reference are looked at again when it becomes known."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Table, bindparam, cast, delete, select
from sqlalchemy.dialects.postgresql import ARRAY, insert
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.types import Text

from services.oversight.act_references.actions import look_up
from services.oversight.act_resolutions.tables import ReferenceTold
from services.oversight.act_sources.tables import ActSource
from services.oversight.acts.actions import write
from services.oversight.acts.rules import Changed, OutsideReach
from services.oversight.acts.tables import Act
from services.oversight.subject_views.actions import hold_divisions
from shared.access.visibility import unscoped
from shared.clock import now
from shared.timers import schedule

RESOLVE = "act.resolve"
"""The timer that looks again; one for all acts."""
ALL = UUID(int=0)
AT_ONCE = 500
"""Acts, and references, that are looked at in one firing."""

_acts: Table = Act.__table__  # type: ignore[assignment]
_WAITING = (
    select(_acts)
    .where(
        _acts.c.awaiting.overlap(cast(bindparam("names"), ARRAY(Text))),
        _acts.c.awaiting != cast([], ARRAY(Text)),  # the index is of these
        unscoped(Act, reason="the system's own: whoever may see them"),
    )
    .order_by(_acts.c.id)
    .limit(AT_ONCE)
)


async def note(session: AsyncSession, references: Iterable[str]) -> None:
    """References became known: the acts that wait for them are looked at again.

    By a timer, for intake runs by timers too: none can miss what became known while it ran.
    """
    if not (rows := [{"reference": reference} for reference in dict.fromkeys(references)]):
        return
    await session.execute(insert(ReferenceTold).on_conflict_do_nothing(), rows)
    await schedule(session, RESOLVE, ALL, now(session))


async def resolve(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: look again at acts that wait for references that became known.

    Some references and at most a chunk of acts a firing. An act of which nothing new is known, or
    whose source may not report for its subject, goes on waiting.
    """
    references = list(
        await session.scalars(
            select(ReferenceTold.reference).order_by(ReferenceTold.reference).limit(AT_ONCE)
        )
    )
    if not references:
        return
    found = await session.execute(_WAITING, {"names": references})
    rows = [dict(row) for row in found.mappings()]
    resolved = await _settle_again(session, rows) if rows else 0
    # More may wait for these; but if nothing came of a whole chunk, nothing comes of the others.
    if len(rows) < AT_ONCE or not resolved:
        await session.execute(delete(ReferenceTold).where(ReferenceTold.reference.in_(references)))
    await schedule(session, RESOLVE, ref, now(session))


async def _settle_again(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> int:
    """Acts with their references looked up anew; how many know more now."""
    await hold_divisions(session)
    wanted = {row["source_id"] for row in rows}
    found = await session.scalars(
        select(ActSource)
        .where(ActSource.id.in_(wanted))
        .order_by(ActSource.id)
        .with_for_update(key_share=True)
    )
    sources = {source.id: source for source in found}
    known = await look_up(session, rows)
    moment, changes = now(session), []
    for row in rows:
        act = dict(row)
        try:
            known.settle(act, sources[row["source_id"]])
        except OutsideReach:
            continue
        if act["awaiting"] != row["awaiting"]:
            act.update(version=row["version"] + 1, changed_at=moment)
            changes.append(Changed(row, act, ["awaiting"]))
    await write(session, changes, batch_id=None)
    return len(changes)
