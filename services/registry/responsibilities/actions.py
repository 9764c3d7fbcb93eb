"""The verbs of responsibilities: load, decide, change, publish."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.db import in_division
from services.registry.officers.rules import OfficerState
from services.registry.officers.tables import Officer
from services.registry.permissions import in_charge
from services.registry.powers.rules import PowerState
from services.registry.powers.tables import Power
from services.registry.responsibilities import rules
from services.registry.responsibilities.schemas import (
    EntryRequest,
    GapsView,
    ResponsibilityPatch,
    ResponsibilityQuery,
    ResponsibilityRequest,
)
from services.registry.responsibilities.tables import Responsibility
from services.registry.subjects.rules import NotInCharge, may_have_officers
from services.registry.subjects.tables import Subject
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now, today
from shared.events.registry.responsibilities import (
    ResponsibilityApproved,
    ResponsibilityChanged,
    ResponsibilityDrafted,
    ResponsibilityEnforced,
    ResponsibilityFact,
    ResponsibilityReturned,
    ResponsibilityWithdrawn,
)
from shared.facts import publish
from shared.law.tables import scope_of
from shared.web.paging import paginate

_SORTS = {"id": Responsibility.id, "updated_at": Responsibility.updated_at}


async def page(
    session: AsyncSession, actor: Actor, query: ResponsibilityQuery
) -> tuple[list[Responsibility], str | None, int | None]:
    """The caller's versions that match, one page of them."""
    statement = select(Responsibility).where(visible(Responsibility, actor))
    if query.state:
        statement = statement.where(Responsibility.state == query.state)
    if query.subject_id:
        statement = statement.where(Responsibility.subject_id == query.subject_id)
    if query.officer_id:
        held = [{"officer_id": str(query.officer_id)}]
        statement = statement.where(Responsibility.entries.contains(held))
    if query.division:
        statement = statement.where(in_division(Responsibility, query.division))
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=Responsibility.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def gaps(session: AsyncSession, actor: Actor, id: UUID) -> GapsView:
    """What a visible version leaves open, held against the subject's powers of today."""
    row = await load(session, Responsibility, id, actor)
    codes = set(
        await session.scalars(
            select(Power.code).where(
                Power.subject_id == row.subject_id,
                Power.state == PowerState.ACTIVE,
                unscoped(Power, reason="the codes of a subject whose matrix is shown"),
            )
        )
    )
    seen_to = {code for entry in row.entries for code in entry["items"]}
    return GapsView(
        powers=sorted(codes - seen_to),
        unknown=sorted(seen_to - codes),
        posts=_unanswered(row.entries),
    )


async def draft(
    session: AsyncSession, actor: Actor, request: ResponsibilityRequest
) -> Responsibility:
    """The next version for a subject of the caller's."""
    subject = await load(session, Subject, request.subject_id, actor, lock=True)
    _check_in_charge(actor, subject)
    may_have_officers(state=subject.state)
    entries = await _entries(session, actor, subject.id, request.entries)
    # Asked anew, not copied from the subject: a move of the township then waits for this commit.
    scope = await scope_of(session, subject.division)
    newest = select(func.max(Responsibility.edition)).where(
        Responsibility.subject_id == subject.id,
        unscoped(Responsibility, reason="the number of the next version of a subject in charge"),
    )
    moment = now(session)
    row = Responsibility(
        subject_id=subject.id,
        organisation=subject.uscc,
        division=subject.division,
        district=scope.district,
        township=scope.township,
        edition=(await session.scalar(newest) or 0) + 1,
        entries=entries,
        state=rules.LIFECYCLE.initial,
        created_by=actor.sub,
        created_at=moment,
        updated_at=moment,
    )
    session.add(row)
    return await _done(session, row, ResponsibilityDrafted)


async def change(
    session: AsyncSession, actor: Actor, id: UUID, patch: ResponsibilityPatch
) -> Responsibility:
    """All posts anew; a change that changes nothing leaves no trace."""
    row = await _take(session, actor, id, "change")
    entries = await _entries(session, actor, row.subject_id, patch.entries)
    if entries == row.entries:
        return row
    row.entries = entries
    # Who changed it last answers for the draft: another person approves it.
    row.created_by = actor.sub
    return await _done(session, row, ResponsibilityChanged)


async def approve(session: AsyncSession, actor: Actor, id: UUID) -> Responsibility:
    """It may come into force."""
    row = await _take(session, actor, id, "approve")
    rules.may_approve(
        caller=actor.sub, drafted_by=row.created_by, unanswered=_unanswered(row.entries)
    )
    row.reason = None
    return await _done(session, row, ResponsibilityApproved, step="approve")


async def send_back(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Responsibility:
    """It is a draft again."""
    row = await _take(session, actor, id, "return")
    row.reason = reason
    return await _done(session, row, ResponsibilityReturned, step="return")


async def withdraw(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Responsibility:
    """The draft is dropped: another can be begun."""
    row = await _take(session, actor, id, "withdraw")
    row.reason = reason
    return await _done(
        session, row, ResponsibilityWithdrawn, step="withdraw", told={"reason": reason}
    )


async def enforce(session: AsyncSession, actor: Actor, id: UUID) -> Responsibility:
    """From today it is the one in force, in the place of the one before."""
    row = await _take(session, actor, id, "enforce")
    former = await session.scalar(
        select(Responsibility)
        .where(
            Responsibility.subject_id == row.subject_id,
            Responsibility.state == rules.ResponsibilityState.IN_FORCE,
            visible(Responsibility, actor),
        )
        .with_for_update(of=Responsibility)
    )
    if former is not None:
        former.state = rules.LIFECYCLE.next("replace", former.state)
        former.replaced_on, former.updated_at = today(session), now(session)
        await session.flush()  # before the one that takes its place
    row.in_force_on = today(session)
    told = {"replaces_id": former.id if former else None}
    return await _done(session, row, ResponsibilityEnforced, step="enforce", told=told)


def _check_in_charge(actor: Actor, row: Subject | Responsibility) -> None:
    if not in_charge(
        actor, district=row.district, township=row.township, organisation=row.organisation
    ):
        raise NotInCharge


async def _take(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Responsibility:
    """The locked version, if its state allows `action` and the caller is in charge."""
    row = await load(session, Responsibility, id, actor, lock=True)
    _check_in_charge(actor, row)
    rules.LIFECYCLE.may(action, row.state)
    return row


async def _entries(
    session: AsyncSession, actor: Actor, subject_id: UUID, entries: Sequence[EntryRequest]
) -> list[dict[str, Any]]:
    """The posts as they are kept, if each is held by one of the subject's own."""
    rules.may_name(entry.post for entry in entries)
    for officer_id in {entry.officer_id for entry in entries if entry.officer_id}:
        officer = await load(session, Officer, officer_id, actor)
        rules.may_hold(
            of_subject=officer.subject_id == subject_id,
            on_post=officer.state == OfficerState.ON_POST,
        )
    return [entry.model_dump(mode="json") for entry in entries]


def _unanswered(entries: Sequence[dict[str, Any]]) -> list[str]:
    return [
        entry["post"]
        for entry in entries
        if not entry["basis"] or not (entry["officer_id"] or entry["person"])
    ]


async def _done(
    session: AsyncSession,
    row: Responsibility,
    event: type[ResponsibilityFact],
    *,
    step: str | None = None,
    told: dict[str, Any] | None = None,
) -> Responsibility:
    """Write the row in its new state and version, and the fact.

    `told` is what the fact says beyond the version as it stands.
    """
    if step is not None:
        row.state = rules.LIFECYCLE.next(step, row.state)
    row.updated_at = now(session)
    await session.flush()
    names = ("subject_id", "organisation", "division", "edition", "state", "in_force_on")
    fact = {
        "responsibility_id": row.id,
        "posts": len(row.entries),
        **{name: getattr(row, name) for name in names},
        **(told or {}),
    }
    publish(session, event.model_validate(fact), at=row)
    return row
