"""The verbs of enforcement subjects: load, decide, change, publish."""

from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.certificates.actions import give_all_back
from services.registry.db import in_division
from services.registry.permissions import covers, in_charge
from services.registry.subjects import rules
from services.registry.subjects.schemas import (
    HistoryQuery,
    SubjectPatch,
    SubjectQuery,
    SubjectRequest,
)
from services.registry.subjects.tables import Subject, SubjectHistory
from shared.access.actor import Actor
from shared.access.visibility import load, visible
from shared.clock import now, today
from shared.events.registry.subjects import (
    SubjectChanged,
    SubjectFact,
    SubjectMerged,
    SubjectPublished,
    SubjectRegistered,
    SubjectReviewed,
    SubjectRevoked,
    SubjectSubmitted,
    SubjectSuspended,
)
from shared.facts import publish
from shared.law.divisions import DivisionUnknown
from shared.law.tables import rule, scope_of
from shared.past import as_of, may_begin
from shared.refusals import Forbidden
from shared.search import matches
from shared.web.paging import paginate

PUBLICATION_RULE = "subject.publication"

_SORTS = ("id", "name", "updated_at")


async def page(
    session: AsyncSession, actor: Actor, query: SubjectQuery
) -> tuple[list[Subject], str | None, int | None]:
    """The caller's subjects that match, one page of them."""
    subject = as_of(Subject, query.as_of)
    statement = select(subject).where(visible(subject, actor))
    if query.state:
        statement = statement.where(subject.state == query.state)
    if query.kind:
        statement = statement.where(subject.kind == query.kind)
    if query.level:
        statement = statement.where(subject.level == query.level)
    if query.domain:
        statement = statement.where(subject.domains.contains([query.domain]))
    if query.division:
        statement = statement.where(in_division(subject, query.division, query.as_of))
    if query.q:
        statement = statement.where(matches(subject, query.q))
    columns = {name: getattr(subject, name) for name in _SORTS}
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=columns, id=subject.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def history(
    session: AsyncSession, actor: Actor, id: UUID, query: HistoryQuery
) -> tuple[list[SubjectHistory], str | None, int | None]:
    """What was done to a visible subject."""
    await load(session, Subject, id, actor)
    rows, cursor, count = await paginate(
        session,
        select(SubjectHistory).where(SubjectHistory.subject_id == id),
        sort=query.sort,
        columns={"version": SubjectHistory.version},
        id=SubjectHistory.id,
        paging=query,
    )
    return [row[0] for row in rows], cursor, count


async def register(session: AsyncSession, actor: Actor, request: SubjectRequest) -> Subject:
    """File a draft in a division of the caller's."""
    day = today(session)
    scope = await scope_of(session, request.division, day)
    own = in_charge(
        actor, district=scope.district, township=scope.township, organisation=request.uscc
    )
    if not own:
        # A division that is not the caller's looks like none; another body there does not.
        if not covers(actor, scope.district, scope.township):
            raise DivisionUnknown(division=request.division, on=day.isoformat())
        raise rules.NotInCharge
    rules.may_register(level=request.level, division=request.division)
    since = request.since or day
    may_begin(since=since, after=None, today=day)
    moment = now(session)
    subject = Subject(
        **request.model_dump(exclude={"since"}),
        since=since,
        organisation=request.uscc,
        district=scope.district,
        township=scope.township,
        state=rules.LIFECYCLE.initial,
        created_by=actor.sub,
        created_at=moment,
        updated_at=moment,
    )
    session.add(subject)
    return await _done(session, actor, subject, "register", SubjectRegistered)


async def change(session: AsyncSession, actor: Actor, id: UUID, patch: SubjectPatch) -> Subject:
    """Change fields; a change that changes nothing leaves no trace."""
    subject = await _take(session, actor, id, "change")
    changes = {
        name: [getattr(subject, name), value]
        for name, value in patch.model_dump(exclude_unset=True).items()
        if getattr(subject, name) != value
    }
    if not changes:
        return subject
    if subject.state != rules.SubjectState.DRAFT:
        # What was publicised must stay complete.
        await _check_complete(session, subject, {name: new for name, (_, new) in changes.items()})
    for name, (_, new) in changes.items():
        setattr(subject, name, new)
    return await _done(session, actor, subject, "change", SubjectChanged, changes=changes)


async def submit(session: AsyncSession, actor: Actor, id: UUID) -> Subject:
    """Hand the draft to the legal office."""
    subject = await _take(session, actor, id, "submit")
    subject.submitted_by, subject.submitted_at = actor.sub, now(session)
    subject.reason = None
    return await _done(session, actor, subject, "submit", SubjectSubmitted)


async def review(session: AsyncSession, actor: Actor, id: UUID) -> Subject:
    """Take up the review."""
    subject = await _take(session, actor, id, "review")
    rules.may_approve(approver=actor.sub, submitted_by=subject.submitted_by)
    return await _done(session, actor, subject, "review", SubjectReviewed)


async def send_back(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Subject:
    """Back to the body, which finds the reason there."""
    subject = await _take(session, actor, id, "return")
    subject.reason = reason
    subject.submitted_by = subject.submitted_at = None
    return await _done(session, actor, subject, "return", SubjectReviewed, reason=reason)


async def publicise(session: AsyncSession, actor: Actor, id: UUID) -> Subject:
    """From today the body is publicised as an enforcement subject."""
    subject = await _take(session, actor, id, "publish")
    rules.may_approve(approver=actor.sub, submitted_by=subject.submitted_by)
    await _check_complete(session, subject, {})
    subject.publicised_on = today(session)
    return await _done(
        session,
        actor,
        subject,
        "publish",
        SubjectPublished,
        told={"publicised_on": subject.publicised_on},
    )


async def suspend(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Subject:
    """For the time being it may not enforce."""
    subject = await _take(session, actor, id, "suspend")
    subject.reason = reason
    told = {"reason": reason}
    return await _done(
        session, actor, subject, "suspend", SubjectSuspended, reason=reason, told=told
    )


async def resume(session: AsyncSession, actor: Actor, id: UUID) -> Subject:
    """It may enforce again; listeners learn it as a publication."""
    subject = await _take(session, actor, id, "resume")
    subject.reason = None
    told = {"publicised_on": subject.publicised_on}
    return await _done(session, actor, subject, "resume", SubjectPublished, told=told)


async def revoke(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Subject:
    """It is no enforcement subject any more; its code may be registered anew."""
    subject = await _take(session, actor, id, "revoke")
    subject.reason = reason
    told = {"reason": reason}
    await _done(session, actor, subject, "revoke", SubjectRevoked, reason=reason, told=told)
    await give_all_back(session, subject, reason)
    return subject


async def merge(
    session: AsyncSession, actor: Actor, id: UUID, *, successor_id: UUID, reason: str
) -> Subject:
    """Another published subject takes its place."""
    subject = await _take(session, actor, id, "merge")
    # Locked: it must not be suspended between this look at it and the commit.
    successor = await load(session, Subject, successor_id, actor, lock=True)
    rules.may_succeed(state=successor.state, same=successor is subject)
    subject.reason, subject.successor_id = reason, successor.id
    await _done(
        session,
        actor,
        subject,
        "merge",
        SubjectMerged,
        reason=reason,
        told={"successor_id": successor.id},
    )
    await give_all_back(session, subject, reason)
    return subject


async def _take(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Subject:
    """The locked subject, if its state and the caller's permissions allow `action`."""
    subject = await load(session, Subject, id, actor, lock=True)
    if not in_charge(
        actor,
        district=subject.district,
        township=subject.township,
        organisation=subject.organisation,
    ):
        raise rules.NotInCharge
    rules.LIFECYCLE.may(action, subject.state)
    permission = rules.permission_of(action, subject.state)
    if not actor.may(permission):
        raise Forbidden(permission=permission)
    return subject


async def _check_complete(session: AsyncSession, subject: Subject, changed: dict[str, Any]) -> None:
    requires = (await rule(session, PUBLICATION_RULE)).value["requires"]
    filed = {name: changed.get(name, getattr(subject, name)) for name in requires}
    rules.may_publish(requires=requires, filed=filed)


async def _done(
    session: AsyncSession,
    actor: Actor,
    subject: Subject,
    action: str,
    event: type[SubjectFact],
    *,
    reason: str | None = None,
    changes: dict[str, Any] | None = None,
    told: dict[str, Any] | None = None,
) -> Subject:
    """Write the row in its new state and version, its history and the fact.

    `told` is what the fact says beyond the subject as it stands.
    """
    if action != "register":
        subject.state = rules.LIFECYCLE.next(action, subject.state)
        subject.since = today(session)
    subject.updated_at = now(session)
    await session.flush()
    session.add(
        SubjectHistory(
            subject_id=subject.id,
            version=subject.version,
            action=action,
            state=subject.state,
            actor=actor.sub,
            at=subject.updated_at,
            reason=reason,
            changes=changes or {},
        )
    )
    publish(session, event.model_validate({**_facts_of(subject), **(told or {})}), at=subject)
    return subject


def _facts_of(subject: Subject) -> dict[str, Any]:
    names = ("uscc", "name", "kind", "level", "division", "domains", "state")
    return {"subject_id": subject.id, **{name: getattr(subject, name) for name in names}}
