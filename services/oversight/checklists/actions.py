"""The verbs of a checklist's edition."""

from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.checklists import rules
from services.oversight.checklists.rules import ChecklistState
from services.oversight.checklists.schemas import (
    ChecklistFilters,
    ChecklistPatch,
    ChecklistRequest,
)
from services.oversight.checklists.tables import Checklist
from shared.access.actor import Actor
from shared.clock import now
from shared.db import Scope
from shared.events.oversight.checklists import (
    ChecklistChanged,
    ChecklistDiscarded,
    ChecklistDrafted,
    ChecklistFact,
    ChecklistPublished,
)
from shared.facts import publish as leave
from shared.refusals import NotFound
from shared.web.paging import paginate
from shared.web.preconditions import check_precondition


async def page(
    session: AsyncSession, filters: ChecklistFilters
) -> tuple[list[Checklist], str | None, int | None]:
    """Editions that match, one page of them."""
    statement = select(Checklist)
    if filters.code is not None:
        statement = statement.where(Checklist.code == filters.code)
    if filters.state is not None:
        statement = statement.where(Checklist.state == filters.state)
    rows, cursor, count = await paginate(
        session,
        statement,
        sort=filters.sort,
        columns={"id": Checklist.id},
        id=Checklist.id,
        paging=filters,
    )
    return [row[0] for row in rows], cursor, count


async def read(session: AsyncSession, id: UUID, *, lock: bool = False) -> Checklist:
    """One edition."""
    row = await session.get(Checklist, id, with_for_update=lock, populate_existing=lock)
    if row is None:
        raise NotFound
    if lock:
        check_precondition(id, row.version)
    return row


async def draft(session: AsyncSession, actor: Actor, request: ChecklistRequest) -> Checklist:
    """Write the next edition of a checklist; the first one of a new code."""
    rules.may_write([item.code for item in request.items])
    newest = await session.scalar(
        select(func.max(Checklist.edition)).where(Checklist.code == request.code)
    )
    row = Checklist(
        **request.model_dump(mode="json"),
        edition=(newest or 0) + 1,
        state=rules.LIFECYCLE.initial,
        authors=[actor.sub],
        drafted_at=now(session),
        changed_at=now(session),
    )
    session.add(row)
    await session.flush()
    _publish(session, row, ChecklistDrafted)
    return row


async def change(
    session: AsyncSession, actor: Actor, id: UUID, request: ChecklistPatch
) -> Checklist:
    """Change a draft; whoever changed it does not publish it.

    A change that changes nothing leaves no trace.
    """
    row = await read(session, id, lock=True)
    row.state = rules.LIFECYCLE.next("change", row.state)
    told = request.model_dump(mode="json", include=request.model_fields_set)
    if all(getattr(row, name) == value for name, value in told.items()):
        return row
    for name, value in told.items():
        setattr(row, name, value)
    rules.may_write([item["code"] for item in row.items])
    row.changed_at = now(session)
    if actor.sub not in row.authors:
        row.authors = [*row.authors, actor.sub]
    await session.flush()
    _publish(session, row, ChecklistChanged)
    return row


async def publish(session: AsyncSession, actor: Actor, id: UUID) -> Checklist:
    """From now on it is used, and the edition before no more."""
    row = await read(session, id, lock=True)
    target = rules.LIFECYCLE.next("publish", row.state)
    rules.may_publish(sub=actor.sub, authors=row.authors)
    former = await session.scalar(
        select(Checklist)
        .where(Checklist.code == row.code, Checklist.state == ChecklistState.PUBLISHED)
        .with_for_update()
    )
    if former is not None:
        former.state = rules.LIFECYCLE.next("supersede", former.state)
        await session.flush()
    row.state, row.published_at, row.published_by = target, now(session), actor.sub
    await session.flush()
    _publish(session, row, ChecklistPublished, supersedes=former.id if former else None)
    return row


async def discard(session: AsyncSession, id: UUID) -> Checklist:
    """The draft comes to nothing."""
    row = await read(session, id, lock=True)
    row.state, row.changed_at = rules.LIFECYCLE.next("discard", row.state), now(session)
    await session.flush()
    _publish(session, row, ChecklistDiscarded)
    return row


def _publish(session: AsyncSession, row: Checklist, kind: type[ChecklistFact], **more: Any) -> None:
    fact = kind(
        checklist_id=row.id,
        code=row.code,
        edition=row.edition,
        title=row.title,
        domains=row.domains,
        items=len(row.items),
        state=row.state,
        **more,
    )
    leave(session, fact, at=Scope())
