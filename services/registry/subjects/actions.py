"""The verbs of enforcement subjects: load, decide, change, publish."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, func, literal_column, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.certificates.actions import give_all_back
from services.registry.permissions import covers, in_charge
from services.registry.subjects import rules
from services.registry.subjects.schemas import (
    HistoryQuery,
    SubjectPatch,
    SubjectQuery,
    SubjectRequest,
)
from services.registry.subjects.tables import Subject, SubjectHistory
from services.registry.successions import actions as successions
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now, today
from shared.events.registry.subjects import (
    SubjectChanged,
    SubjectFact,
    SubjectMerged,
    SubjectPublished,
    SubjectRegistered,
    SubjectReviewed,
    SubjectRevoked,
    SubjectSplit,
    SubjectSubmitted,
    SubjectSuspended,
)
from shared.facts import publish
from shared.figures import in_days
from shared.law.divisions import DivisionUnknown
from shared.law.places import in_division
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
    if query.published is not None:
        statement = statement.where(known(subject), is_published(subject).is_(query.published))
    if query.parent_id:
        statement = statement.where(subject.parent_id == query.parent_id)
    if query.delegator_id:
        statement = statement.where(subject.delegator_id == query.delegator_id)
    if query.division:
        place = in_division(subject, query.division, query.as_of, direct=query.direct)
        statement = statement.where(place)
    statement = statement.where(
        *in_days(subject.created_at, query.registered_from, query.registered_to)
    )
    statement = statement.where(
        *in_days(subject.publicised_on, query.publicised_from, query.publicised_to)
    )
    if query.q:
        statement = statement.where(matches(subject, query.q))
    columns = {name: getattr(subject, name) for name in _SORTS}
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=columns, id=subject.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


def known(subject: type[Subject]) -> ColumnElement[bool]:
    """A body that is there, publicised or not."""
    return subject.state.not_in(rules.ENDED)


def is_published(subject: type[Subject]) -> ColumnElement[bool]:
    """Whether it is publicised (公示), for what may have no body too."""
    return func.coalesce(subject.state == rules.SubjectState.PUBLISHED, literal_column("false"))


async def support_states(session: AsyncSession, subjects: Iterable[Subject]) -> dict[UUID, str]:
    """The states of the bodies that `subjects` rest on, by those bodies' ids."""
    ids = {subject.support_id for subject in subjects} - {None}
    if not ids:
        return {}
    beyond = unscoped(Subject, reason="says what can be done to a visible subject that rests on it")
    found = select(Subject.id, Subject.state).where(Subject.id.in_(ids), beyond)
    return {row.id: row.state for row in await session.execute(found)}


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
    await _check_support(session, actor, request.model_dump())
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
    if {"kind", *_SUPPORTS} & changes.keys():
        filed = {name: getattr(subject, name) for name in ("kind", *_SUPPORTS)}
        filed |= {name: new for name, (_, new) in changes.items() if name in filed}
        named = {name for name in _SUPPORTS if name in changes}
        support_state = await _check_support(session, actor, filed, of=subject, named=named)
        if changes.get("kind", [None, None])[1] == rules.SubjectKind.ENTRUSTED:
            beyond = unscoped(Subject, reason="whether there is one; none is shown")
            entrusts = select(Subject.id).where(Subject.delegator_id == subject.id, beyond)
            rules.may_be_entrusted(entrusts=await session.scalar(entrusts.limit(1)) is not None)
        if subject.state == rules.SubjectState.PUBLISHED:
            rules.may_stand(kind=filed["kind"], support_state=support_state)
    for name, (_, new) in changes.items():
        setattr(subject, name, new)
    plain = {
        name: [str(value) if isinstance(value, UUID) else value for value in both]
        for name, both in changes.items()
    }
    return await _done(session, actor, subject, "change", SubjectChanged, changes=plain)


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
    await _check_stands(session, subject)
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
    await _check_stands(session, subject)
    subject.reason = None
    told = {"publicised_on": subject.publicised_on}
    return await _done(session, actor, subject, "resume", SubjectPublished, told=told)


async def revoke(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Subject:
    """It is no enforcement subject any more; its code may be registered anew."""
    subject = await _take(session, actor, id, "revoke")
    subject.reason = reason
    told = {"reason": reason}
    await _done(session, actor, subject, "revoke", SubjectRevoked, reason=reason, told=told)
    return await _end(session, actor, subject, reason)


async def merge(
    session: AsyncSession, actor: Actor, id: UUID, *, successor_id: UUID, reason: str
) -> Subject:
    """Another published subject takes its place, also for what rests on it."""
    subject = await _take(session, actor, id, "merge")
    await _successor(session, actor, subject, successor_id)
    subject.reason, subject.successor_id = reason, successor_id
    await _done(
        session,
        actor,
        subject,
        "merge",
        SubjectMerged,
        reason=reason,
        changes={"successor_id": [None, str(successor_id)]},
        told={"successor_id": successor_id},
    )
    return await _end(session, actor, subject, reason)


async def split(
    session: AsyncSession, actor: Actor, id: UUID, *, successor_ids: Sequence[UUID], reason: str
) -> Subject:
    """Several published subjects take its place (分立)."""
    subject = await _take(session, actor, id, "split")
    for successor_id in sorted(successor_ids):  # two at once lock in the same order
        await _successor(session, actor, subject, successor_id)
    subject.reason, subject.successor_ids = reason, list(successor_ids)
    await _done(
        session,
        actor,
        subject,
        "split",
        SubjectSplit,
        reason=reason,
        changes={"successor_ids": [[], [str(id) for id in successor_ids]]},
        told={"successor_ids": subject.successor_ids},
    )
    return await _end(session, actor, subject, reason)


async def _successor(session: AsyncSession, actor: Actor, subject: Subject, id: UUID) -> None:
    # Locked: it must not be suspended between this look at it and the commit.
    successor = await load(session, Subject, id, actor, lock=True)
    rules.may_succeed(state=successor.state, same=successor is subject)
    if subject.id in await _supports(session, successor.support_id):
        raise rules.SuccessorRestsOnIt


async def _end(session: AsyncSession, actor: Actor, subject: Subject, reason: str) -> Subject:
    """What rested on a body that has ended: its officers' certificates, its powers and what was
    delegated of them (`successions`), other bodies.

    A merged body's dependants come to its successor. Where there is none, or there are several,
    those that are published are suspended until somebody names the body that they rest on now.
    """
    await give_all_back(session, subject, reason)
    await successions.settle(session, subject, reason)
    dependants = await session.scalars(
        select(Subject)
        .where(
            or_(Subject.parent_id == subject.id, Subject.delegator_id == subject.id),
            Subject.state.not_in(rules.ENDED),
            unscoped(Subject, reason="the body's end reaches all that rests on it; none is shown"),
        )
        .order_by(Subject.id)
        .with_for_update(of=Subject)
        .execution_options(populate_existing=True)
    )
    for dependant in dependants.all():
        if subject.successor_id is not None:
            name = "parent_id" if dependant.parent_id else "delegator_id"
            setattr(dependant, name, subject.successor_id)
            changes = {name: [str(subject.id), str(subject.successor_id)]}
            await _done(
                session,
                actor,
                dependant,
                "follow",
                SubjectChanged,
                reason=reason,
                changes=changes,
            )
        elif dependant.state == rules.SubjectState.PUBLISHED:
            dependant.reason = reason
            told = {"reason": reason}
            await _done(
                session, actor, dependant, "suspend", SubjectSuspended, reason=reason, told=told
            )
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


_CHAIN_LOCK = text("SELECT pg_advisory_xact_lock(hashtext('registry subject support'))")
_SUPPORTS = ("parent_id", "delegator_id")


async def _check_support(
    session: AsyncSession,
    actor: Actor,
    filed: Mapping[str, Any],
    *,
    of: Subject | None = None,
    named: Collection[str] = _SUPPORTS,
) -> str | None:
    """Whether a body can rest on what is filed for it; the state of that one.

    `named` are the fields that the caller names: what they name they must see.
    """
    rules.may_name_support(
        kind=filed["kind"],
        parent=filed["parent_id"] is not None,
        delegator=filed["delegator_id"] is not None,
    )
    name = "parent_id" if filed["parent_id"] is not None else "delegator_id"
    if (id := filed[name]) is None:
        return None
    if name in named:
        await load(session, Subject, id, actor)
    if of is not None:
        # One after the other: of two that name each other at once, the second sees the first.
        await session.execute(_CHAIN_LOCK)
        if of.id in await _supports(session, id):
            raise rules.SupportInCircle
    beyond = unscoped(Subject, reason="what a visible subject rests on; only its kind and state")
    support = (
        await session.execute(select(Subject.kind, Subject.state).where(Subject.id == id, beyond))
    ).one()
    rules.may_rest_on(kind=filed["kind"], support_kind=support.kind, support_state=support.state)
    return str(support.state)


async def _supports(session: AsyncSession, id: UUID | None) -> set[UUID]:
    """A body and all that it rests on, one on the other."""
    beyond = unscoped(Subject, reason="follows who rests on whom; ids only")
    chain = (
        select(Subject.id, Subject.parent_id, Subject.delegator_id)
        .where(Subject.id == id, beyond)
        .cte("chain", recursive=True)
    )
    above = select(Subject.id, Subject.parent_id, Subject.delegator_id).where(
        Subject.id == func.coalesce(chain.c.parent_id, chain.c.delegator_id), beyond
    )
    return set(await session.scalars(select(chain.union(above).c.id)))


async def _check_stands(session: AsyncSession, subject: Subject) -> None:
    if subject.support_id is None:
        rules.may_stand(kind=subject.kind, support_state=None)
        return
    # Locked: that one must not end between this look at it and the commit.
    beyond = unscoped(Subject, reason="what a visible subject rests on; only its state")
    state = await session.scalar(
        select(Subject.state)
        .where(Subject.id == subject.support_id, beyond)
        .with_for_update(read=True, of=Subject)
    )
    rules.may_stand(kind=subject.kind, support_state=state)


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
    names = ("uscc", "name", "kind", "level", "division", "domains", "state", *_SUPPORTS)
    return {"subject_id": subject.id, **{name: getattr(subject, name) for name in names}}
