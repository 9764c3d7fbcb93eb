"""The verbs of powers: load, decide, change, publish."""

from collections.abc import Iterable
from datetime import date
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.empowerments import actions as empowerments
from services.registry.item_lists.actions import lose_power
from services.registry.permissions import in_charge
from services.registry.powers import rules
from services.registry.powers.schemas import (
    EditionQuery,
    PowerPatch,
    PowerQuery,
    PowerRequest,
    ProposeRequest,
)
from services.registry.powers.tables import Power
from services.registry.subjects.rules import ENDED as ENDED_SUBJECT
from services.registry.subjects.rules import NotInCharge, SubjectState
from services.registry.subjects.tables import Subject
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now, today
from shared.events.registry.powers import (
    PowerActivated,
    PowerAmended,
    PowerAmendmentDismissed,
    PowerAmendmentProposed,
    PowerChanged,
    PowerDrafted,
    PowerFact,
    PowerRepealed,
    PowerTransferred,
    PowerWithdrawn,
)
from shared.facts import publish
from shared.figures import in_days
from shared.law.places import in_division
from shared.law.tables import scope_of
from shared.past import as_of, may_begin, past_of
from shared.refusals import NotFound
from shared.search import matches
from shared.web.paging import paginate

_SORTS = ("id", "code", "name", "updated_at")


async def page(
    session: AsyncSession, actor: Actor, query: PowerQuery
) -> tuple[list[Power], str | None, int | None]:
    """The caller's powers that match, one page of them."""
    power = as_of(Power, query.as_of)
    statement = select(power).where(visible(power, actor))
    if query.state:
        statement = statement.where(power.state == query.state)
    if query.in_force is not None:
        statement = statement.where(
            claimed(power), is_in_force(power, query.as_of).is_(query.in_force)
        )
    if query.kind:
        statement = statement.where(power.kind == query.kind)
    if query.domain:
        statement = statement.where(power.domains.contains([query.domain]))
    if query.level:
        statement = statement.where(power.level == query.level)
    if query.subject_id:
        statement = statement.where(power.subject_id == query.subject_id)
    if query.unassigned is not None:
        statement = statement.where(
            claimed(power), is_unassigned(power, query.as_of).is_(query.unassigned)
        )
    if query.township_allowed is not None:
        statement = statement.where(power.township_allowed.is_(query.township_allowed))
    if query.proposed is not None:
        statement = statement.where(power.proposal.is_not(None).is_(query.proposed))
    if query.division:
        place = in_division(power, query.division, query.as_of, direct=query.direct)
        statement = statement.where(place)
    statement = statement.where(*in_days(power.created_at, query.drafted_from, query.drafted_to))
    if query.q:
        statement = statement.where(matches(power, query.q))
    columns = {name: getattr(power, name) for name in _SORTS}
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=columns, id=power.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


def claimed(power: type[Power]) -> ColumnElement[bool]:
    """A power that a body says it has, approved or not."""
    return power.state.not_in(rules.ENDED)


def is_in_force(power: type[Power], day: date | None) -> ColumnElement[bool]:
    """Whether it was approved under its code, of a body that is publicised (now or on a day)."""
    body = as_of(Subject, day)
    publicised = select(body.id).where(
        body.state == SubjectState.PUBLISHED,
        unscoped(body, reason="only whether the power's own body is publicised"),
    )
    return and_(power.state == rules.PowerState.ACTIVE, power.subject_id.in_(publicised))


def is_unassigned(power: type[Power], day: date | None) -> ColumnElement[bool]:
    """Whether its subject has ended and nobody has taken it over (now or on a day)."""
    body = as_of(Subject, day)
    ended = select(body.id).where(
        body.state.in_(ENDED_SUBJECT),
        unscoped(body, reason="only whether the power's own body has ended"),
    )
    return power.subject_id.in_(ended)


async def editions(
    session: AsyncSession, actor: Actor, id: UUID, query: EditionQuery
) -> tuple[list[Any], str | None, int | None]:
    """All that a visible power ever said, one page of it."""
    await load(session, Power, id, actor)
    past = past_of(Power)
    rows, cursor, count = await paginate(
        session,
        select(past).where(past.id == id, visible(past, actor)),
        sort=query.sort,
        columns={"since": past.since},
        id=past.id,
        paging=query,
    )
    return [row[0] for row in rows], cursor, count


async def subject_states(session: AsyncSession, powers: Iterable[Power]) -> dict[UUID, str]:
    """The states of the subjects of those of `powers` that have not ended, by the subjects' ids."""
    ids = {power.subject_id for power in powers if power.state not in rules.ENDED}
    if not ids:
        return {}
    found = select(Subject.id, Subject.state).where(
        Subject.id.in_(ids), unscoped(Subject, reason="says what can be done to a visible power")
    )
    return {row.id: row.state for row in await session.execute(found)}


async def draft(session: AsyncSession, actor: Actor, request: PowerRequest) -> Power:
    """File a power under a subject of the caller's."""
    subject = await load(session, Subject, request.subject_id, actor)
    _check_in_charge(actor, subject)
    rules.may_draft(subject_state=subject.state)
    # Asked anew, not copied from the subject: a move of the township then waits for this commit.
    scope = await scope_of(session, subject.division)
    day = today(session)
    since = request.since or day
    may_begin(since=since, after=None, today=day)
    moment = now(session)
    power = Power(
        **request.model_dump(exclude={"since"}),
        since=since,
        organisation=subject.uscc,
        level=subject.level,
        district=scope.district,
        township=scope.township,
        state=rules.LIFECYCLE.initial,
        authors=[actor.sub],
        created_at=moment,
        updated_at=moment,
    )
    session.add(power)
    return await _done(session, power, PowerDrafted, since=since)


async def change(session: AsyncSession, actor: Actor, id: UUID, patch: PowerPatch) -> Power:
    """Change a draft; a change that changes nothing leaves no trace."""
    power = await _take(session, actor, id, "change")
    changes = _differing(power, patch.model_dump(exclude_unset=True))
    if not changes:
        return power
    for name, value in changes.items():
        setattr(power, name, value)
    power.authors = sorted({*power.authors, actor.sub})
    return await _done(session, power, PowerChanged)


async def withdraw(session: AsyncSession, actor: Actor, id: UUID) -> Power:
    """The draft is dropped; its code may be used again."""
    power = await _take(session, actor, id, "withdraw")
    return await _done(session, power, PowerWithdrawn, "withdraw")


async def activate(session: AsyncSession, actor: Actor, id: UUID, since: date | None) -> Power:
    """The legal office approves the draft: it is in force since the day."""
    power = await _take(session, actor, id, "activate")
    rules.may_approve(approver=actor.sub, authors=power.authors)
    # Locked: the subject must not be suspended between this look at it and the commit.
    subject = await load(session, Subject, power.subject_id, actor, lock=True)
    rules.may_activate(basis=power.basis, subject_state=subject.state)
    return await _done(session, power, PowerActivated, "activate", since=since)


async def propose(session: AsyncSession, actor: Actor, id: UUID, request: ProposeRequest) -> Power:
    """Draw up a new edition; it takes the place of a proposal that waits."""
    power = await _take(session, actor, id, "propose")
    told = request.model_dump(mode="json", exclude_unset=True, exclude={"since", "reason"})
    changes = _differing(power, told)
    rules.may_propose(changes=changes)
    day = today(session)
    since = request.since or day
    # Of a day to come only the approval has to wait.
    may_begin(since=since, after=power.since, today=max(since, day))
    power.proposal = {
        "changes": changes,
        "since": since.isoformat(),
        "reason": request.reason,
        "proposed_by": actor.sub,
        "proposed_at": now(session).isoformat(),
    }
    return await _done(session, power, PowerAmendmentProposed, since=power.since)


async def amend(session: AsyncSession, actor: Actor, id: UUID) -> Power:
    """The legal office approves the proposal: a new edition, from its day on."""
    power = await _take(session, actor, id, "amend")
    if power.proposal is None or power.proposed_since is None:
        raise rules.AmendmentMissing
    rules.may_approve(approver=actor.sub, authors=[power.proposal["proposed_by"]])
    rules.may_amend(since=power.proposed_since, today=today(session))
    since = power.proposed_since
    for name, value in power.proposal["changes"].items():
        setattr(power, name, value)
    power.reason, power.proposal = power.proposal["reason"], None
    power.edition += 1
    return await _done(session, power, PowerAmended, since=since)


async def dismiss(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Power:
    """The proposal is not approved; the power stays as it is."""
    power = await _take(session, actor, id, "dismiss")
    if power.proposal is None:
        raise rules.AmendmentMissing
    power.proposal = None
    return await _done(session, power, PowerAmendmentDismissed, since=power.since, reason=reason)


async def repeal(
    session: AsyncSession, actor: Actor, id: UUID, *, reason: str, since: date | None
) -> Power:
    """The power has ended; its code may be used again."""
    power = await _take(session, actor, id, "repeal")
    return await _repealed(session, power, reason, since)


async def assign(
    session: AsyncSession,
    actor: Actor,
    id: UUID,
    *,
    subject_id: UUID,
    reason: str,
    of: UUID | None = None,
) -> Power:
    """A power whose subject (`of`, where it is said) has ended comes to another."""
    # Locked, and before the power, as the end of a subject locks: it must not end meanwhile.
    to = await load(session, Subject, subject_id, actor, lock=True)
    power = await _take(session, actor, id, "assign")
    if of not in (None, power.subject_id):
        raise NotFound
    beyond = unscoped(Subject, reason="whether the holder of a visible power has ended")
    holder = (
        await session.execute(
            select(Subject.state, Subject.successor_ids).where(
                Subject.id == power.subject_id, beyond
            )
        )
    ).one()
    rules.may_assign(
        holder_state=holder.state,
        successor_ids=holder.successor_ids,
        to=to.id,
        to_state=to.state,
    )
    return await transfer(session, power, to, reason)


async def transfer(session: AsyncSession, power: Power, to: Subject, reason: str) -> Power:
    """The power of a subject that has ended is another's; both are locked by the caller."""
    former = power.subject_id
    power.subject_id, power.organisation, power.level = to.id, to.uscc, to.level
    power.district, power.township = to.district, to.township
    await _done(session, power, PowerTransferred, former_subject_id=former, reason=reason)
    await empowerments.follow(session, power.id, to, reason)
    return power


async def end(session: AsyncSession, power: Power, reason: str) -> Power:
    """It ends with its subject; locked by the caller."""
    if power.state == rules.PowerState.ACTIVE:
        return await _repealed(session, power, reason)
    return await _done(session, power, PowerWithdrawn, "withdraw")


async def _repealed(
    session: AsyncSession, power: Power, reason: str, since: date | None = None
) -> Power:
    power.reason, power.proposal = reason, None
    await _done(session, power, PowerRepealed, "repeal", since=since, reason=reason)
    await lose_power(session, power)
    return power


def _differing(power: Power, told: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in told.items() if getattr(power, name) != value}


def _check_in_charge(actor: Actor, row: Power | Subject) -> None:
    if not in_charge(
        actor, district=row.district, township=row.township, organisation=row.organisation
    ):
        raise NotInCharge


async def _take(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Power:
    """The locked power, if the caller may act on it and its state allows `action`."""
    power = await load(session, Power, id, actor, lock=True)
    _check_in_charge(actor, power)
    rules.LIFECYCLE.may(action, power.state)
    return power


async def _done(
    session: AsyncSession,
    power: Power,
    event: type[PowerFact],
    action: str | None = None,
    *,
    since: date | None = None,
    **told: Any,
) -> Power:
    """Write the row in its new state and version, and the fact.

    `action` is the transition, if the state changes; `since` is when it became true, today if not
    given; `told` is what the fact says beyond the power as it stands.
    """
    day = today(session)
    if action is not None:
        may_begin(since=since or day, after=power.since, today=day)
        power.state = rules.LIFECYCLE.next(action, power.state)
    power.since = since or day
    power.updated_at = now(session)
    await session.flush()
    publish(session, event.model_validate({**_facts_of(power), **told}), at=power)
    return power


def _facts_of(power: Power) -> dict[str, Any]:
    names = (
        *("subject_id", "organisation", "code", "name", "kind", "level", "domains", "basis"),
        *("township_allowed", "edition", "state", "since"),
    )
    return {"power_id": power.id, **{name: getattr(power, name) for name in names}}
