"""Acts that wait for a reference are looked at again when it becomes known."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Select, Table, and_, cast, delete, select, tuple_, union, update
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

_SETTLED = ("awaiting", "subject_id", "power_id", "delegation_id")
_acts: Table = Act.__table__  # type: ignore[assignment]
_NONE = cast([], ARRAY(Text))
_OWN_POWER = tuple_(_acts.c.organisation, _acts.c.item_code)
_WHY = "the system's own: whoever may see them"


def _waiting(references: Sequence[str], after: UUID | None) -> Select[*tuple[Any, ...]]:
    """A chunk of the acts that one of these may tell something: those that name it; those of a
    body, or of a township, that could not be told from others' powers yet; those of a power."""
    split = [reference.partition(":") for reference in references]
    powers = [rest.split(":", 1) for kind, _, rest in split if kind == "power"]
    lists = [rest for kind, _, rest in split if kind == "list"]
    waits = _acts.c.awaiting != _NONE  # the index is of these
    arms = [and_(_acts.c.awaiting.overlap(cast(list(references), ARRAY(Text))), waits)]
    if powers:
        bodies = {organisation for organisation, _ in powers}
        arms.append(and_(_acts.c.organisation.in_(bodies), waits))
        arms.append(and_(_OWN_POWER.in_(powers), _acts.c.power_id.is_(None)))
    if lists:
        arms.append(and_(_acts.c.township.in_(lists), waits))
    beyond = () if after is None else (_acts.c.id > after,)
    # An index for each arm, rather than none for all of them.
    ids = union(
        *(
            select(
                select(_acts.c.id)
                .where(arm, *beyond, unscoped(Act, reason=_WHY))
                .order_by(_acts.c.id)
                .limit(AT_ONCE)
                .subquery()
            )
            for arm in arms
        )
    ).subquery()
    return (
        select(_acts)
        .where(_acts.c.id.in_(select(ids.c.id)), unscoped(Act, reason=_WHY))
        .order_by(_acts.c.id)
        .limit(AT_ONCE)
    )


async def note(session: AsyncSession, references: Iterable[str]) -> None:
    """References became known: the acts that wait for them are looked at again, from the first.

    By a timer, for intake runs by timers too: none can miss what became known while it ran.
    """
    if not (rows := [{"reference": reference} for reference in sorted(set(references))]):
        return
    told = insert(ReferenceTold)
    await session.execute(
        told.on_conflict_do_update(
            index_elements=[ReferenceTold.reference], set_={"looked_to": None}
        ),
        rows,
    )
    await schedule(session, RESOLVE, ALL, now(session))


async def resolve(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: look again at acts that wait for references that became known.

    Some references and at most a chunk of acts a firing, in the order of the acts' ids; a reference
    is done with when the last of them was looked at. An act of which nothing new is known, or whose
    source may not report for its subject, goes on waiting.
    """
    # Those that are begun first. Held, so that what is told anew meanwhile is looked at anew.
    looked_to = ReferenceTold.looked_to
    begun = select(looked_to).order_by(looked_to.desc().nulls_last()).limit(1).scalar_subquery()
    told = (
        select(ReferenceTold)
        .where(looked_to.is_not_distinct_from(begun))
        .order_by(ReferenceTold.reference)
        .limit(AT_ONCE)
        .with_for_update()
    )
    rows = (await session.scalars(told)).all()
    if not rows:
        return
    names, after = [row.reference for row in rows], rows[0].looked_to
    acts = (await session.execute(_waiting(names, after))).mappings().all()
    if acts:
        await _settle_again(session, [dict(act) for act in acts])
    these = ReferenceTold.reference.in_(names)
    if len(acts) < AT_ONCE:
        await session.execute(delete(ReferenceTold).where(these))
    else:
        looked = update(ReferenceTold).where(these).values(looked_to=acts[-1]["id"])
        await session.execute(looked)
    await schedule(session, RESOLVE, ref, now(session))


async def _settle_again(session: AsyncSession, rows: Sequence[dict[str, Any]]) -> None:
    """Acts with their references looked up anew; those that know more now are written."""
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
        if any(act[name] != row[name] for name in _SETTLED):
            act.update(version=row["version"] + 1, changed_at=moment)
            changes.append(Changed(row, act, ["awaiting"]))
    await write(session, changes, batch_id=None)
