"""The verbs of delegations: load, decide, change, publish."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import and_, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.db import in_division
from services.registry.delegated_powers import actions as delegated_powers
from services.registry.delegations import rules
from services.registry.delegations.schemas import (
    DelegationPatch,
    DelegationQuery,
    DelegationRequest,
    EvaluateRequest,
    PublishRequest,
    SignRequest,
    TrusteeRequest,
)
from services.registry.delegations.tables import Delegation
from services.registry.permissions import in_charge
from services.registry.powers.tables import Power
from services.registry.subjects.rules import NotInCharge, SubjectState
from services.registry.subjects.tables import Subject
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now, today
from shared.db import Scope
from shared.events.registry import delegations as facts
from shared.events.registry.delegations import DelegationFact
from shared.facts import publish
from shared.law.calendar import ONE_DAY, due, end_of
from shared.law.divisions import Level, level_of
from shared.law.tables import calendar_of, rule, scope_of
from shared.past import as_of
from shared.refusals import Conflict
from shared.search import matches
from shared.timers import cancel, schedule
from shared.web.paging import paginate

TERM_RULE, FILING_RULE, NOTICE_RULE = (
    "delegation.term",
    "delegation.filing",
    "delegation.expiry_notice",
)
FILING, BEGIN, NOTICE, EXPIRY = (
    "delegation.filing",
    "delegation.begin",
    "delegation.notice",
    "delegation.expiry",
)
"""The timers: filing is overdue, the first day, the end is near, the last day is over."""

_SORTS = ("id", "valid_to", "updated_at")
_STATE = rules.DelegationState


async def page(
    session: AsyncSession, actor: Actor, query: DelegationQuery
) -> tuple[list[Delegation], str | None, int | None]:
    """The caller's delegations that match, one page of them."""
    delegation = as_of(Delegation, query.as_of)
    statement = select(delegation).where(visible(delegation, actor))
    if query.state:
        statement = statement.where(delegation.state == query.state)
    if query.delegator_id:
        statement = statement.where(delegation.delegator_id == query.delegator_id)
    if query.trustee_id:
        statement = statement.where(delegation.trustee_id == query.trustee_id)
    if query.power_id:
        statement = statement.where(delegation.power_ids.contains([query.power_id]))
    if query.domain:
        statement = statement.where(delegation.domains.contains([query.domain]))
    if query.division:
        place = in_division(delegation, query.division, query.as_of, direct=query.direct)
        statement = statement.where(place)
    if query.ends_before:
        statement = statement.where(delegation.valid_to < query.ends_before)
    if query.overdue is not None:
        filing = and_(
            delegation.state == _STATE.APPROVED,
            func.coalesce(delegation.filing_due_at <= now(session), False),
        )
        publication = and_(delegation.state == _STATE.FILED, delegation.valid_from < today(session))
        statement = statement.where(or_(filing, publication).is_(query.overdue))
    if query.q:
        statement = statement.where(matches(delegation, query.q))
    columns = {name: getattr(delegation, name) for name in _SORTS}
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=columns, id=delegation.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def draft(session: AsyncSession, actor: Actor, request: DelegationRequest) -> Delegation:
    """Draw up a delegation of a subject of the caller's; its powers are claimed from now on."""
    rules.may_be_trustee(kind=request.trustee.kind, credit_code=request.trustee.credit_code)
    delegator = await load(session, Subject, request.delegator_id, actor)
    _check_in_charge(actor, delegator)
    # Asked anew, not copied from the subject: a move of the township then waits for this commit.
    scope = await scope_of(session, delegator.division)
    # Two delegations of one delegator wait for each other here, not for a deadlock.
    delegator = await load(session, Subject, request.delegator_id, actor, lock=True)
    trustee = await _trustee(session, delegator, request.trustee)
    powers = await delegated_powers.held(session, delegator, request.power_ids)
    moment = now(session)
    row = Delegation(
        delegator_id=delegator.id,
        organisation=delegator.uscc,
        **trustee._asdict(),
        **request.model_dump(exclude={"delegator_id", "trustee"}),
        domains=delegated_powers.domains_of(powers),
        authors=[actor.sub],
        district=scope.district,
        township=scope.township,
        state=rules.LIFECYCLE.initial,
        created_at=moment,
        updated_at=moment,
    )
    await _check_terms(session, delegator, row.division, row.valid_from, row.valid_to)
    row.parties = await _parties(session, scope, row.division, trustee)
    session.add(row)
    await _done(session, row, facts.DelegationDrafted)
    await delegated_powers.claim(session, row)
    return row


async def change(
    session: AsyncSession, actor: Actor, id: UUID, patch: DelegationPatch
) -> Delegation:
    """Change a draft; a change that changes nothing leaves no trace."""
    if "trustee" in patch.model_fields_set:
        rules.may_be_trustee(kind=patch.trustee.kind, credit_code=patch.trustee.credit_code)
    row, delegator = await _take_with_delegator(session, actor, id, "change")
    told: dict[str, Any] = patch.model_dump(exclude_unset=True, exclude={"trustee"})
    trustee = _Trustee(row.trustee_kind, row.trustee_id, row.trustee_name, row.trustee_code)
    if "trustee" in patch.model_fields_set:
        trustee = await _trustee(session, delegator, patch.trustee)
        told |= trustee._asdict()
    changes = {name: value for name, value in told.items() if getattr(row, name) != value}
    if not changes:
        return row
    if "power_ids" in changes:
        powers = await delegated_powers.held(session, delegator, changes["power_ids"])
        changes["domains"] = delegated_powers.domains_of(powers)
    division = changes.get("division", row.division)
    valid_from = changes.get("valid_from", row.valid_from)
    await _check_terms(
        session, delegator, division, valid_from, changes.get("valid_to", row.valid_to)
    )
    changes["parties"] = await _parties(session, row.scope, division, trustee)
    changes["authors"] = sorted({*row.authors, actor.sub})
    for name, value in changes.items():
        setattr(row, name, value)
    await _done(session, row, facts.DelegationChanged)
    await delegated_powers.claim(session, row)
    return row


async def evaluate(
    session: AsyncSession, actor: Actor, id: UUID, request: EvaluateRequest
) -> Delegation:
    """The legal office has looked at the trustee, and finds it fit."""
    row = await _take(session, actor, id, "evaluate")
    rules.may_evaluate(caller=actor.sub, authors=row.authors)
    rules.is_fit(
        administers_public_affairs=request.administers_public_affairs,
        qualified_staff=request.qualified_staff,
        equipped=request.equipped,
    )
    row.evaluation = {**request.model_dump(), "evaluated_on": today(session).isoformat()}
    row.evaluated_by, row.reason = actor.sub, None
    return await _done(session, row, facts.DelegationEvaluated, "evaluate")


async def send_back(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Delegation:
    """Back to the body as a draft, which finds the reason there."""
    row = await _take(session, actor, id, "return")
    row.reason, row.evaluation, row.evaluated_by = reason, None, None
    return await _done(session, row, facts.DelegationReturned, "return", reason=reason)


async def approve(session: AsyncSession, actor: Actor, id: UUID) -> Delegation:
    """The legal office agrees that the deed be signed."""
    row, delegator = await _take_with_delegator(session, actor, id, "approve")
    rules.may_approve(caller=actor.sub, authors=row.authors, evaluated_by=row.evaluated_by)
    await _check_standing(session, row, delegator)
    row.approved_by = actor.sub
    return await _done(session, row, facts.DelegationApproved, "approve")


async def refuse(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Delegation:
    """There will be no delegation; its powers are free again."""
    row = await _take(session, actor, id, "refuse")
    await delegated_powers.release(session, row, ended_on=row.valid_from)
    row.reason = reason
    return await _done(session, row, facts.DelegationRefused, "refuse", reason=reason)


async def sign(session: AsyncSession, actor: Actor, id: UUID, request: SignRequest) -> Delegation:
    """The written deed; from its day on the term for filing runs."""
    row = await _take(session, actor, id, "sign")
    rules.may_sign(signed=row.deed_no is not None)
    day = today(session)
    signed_on = request.signed_on or day
    rules.has_been(signed_on, after=None, today=day)
    deadline = (await rule(session, FILING_RULE, signed_on)).deadline()
    # Whatever the hour: the day on which the term begins does not count.
    signed_at = end_of(signed_on - ONE_DAY)
    due_at = due(signed_at, deadline, await calendar_of(session)).at
    await schedule(session, FILING, row.id, due_at)
    row.deed_no, row.deed_by, row.deed_sha256 = request.deed_no, row.organisation, request.sha256
    row.deed_signed_on, row.filing_due_at = signed_on, due_at
    told: dict[str, Any] = {
        "signed_on": row.deed_signed_on,
        "filing_due_at": row.filing_due_at,
    }
    return await _done(session, row, facts.DelegationSigned, "sign", **told)


async def file(session: AsyncSession, actor: Actor, id: UUID, filed_on: date | None) -> Delegation:
    """Filed with the legal office (备案), in time or late."""
    row = await _take(session, actor, id, "file")
    rules.may_file(signed=row.deed_no is not None)
    day = today(session)
    rules.has_been(filed_on or day, after=row.deed_signed_on, today=day)
    await cancel(session, FILING, row.id)
    row.filed_on = filed_on or day
    told: dict[str, Any] = {"filed_on": row.filed_on, "late": row.filed_late}
    return await _done(session, row, facts.DelegationFiled, "file", **told)


async def publicise(
    session: AsyncSession, actor: Actor, id: UUID, request: PublishRequest
) -> Delegation:
    """The deed is public: the delegation begins on its first day, or at once if that is past."""
    row, delegator = await _take_with_delegator(session, actor, id, "publish")
    day = today(session)
    rules.may_begin(valid_to=row.valid_to, today=day)
    await _check_standing(session, row, delegator)
    published_on = request.published_on or day
    rules.has_been(published_on, after=row.deed_signed_on, today=day)
    await schedule(session, BEGIN, row.id, max(end_of(row.valid_from - ONE_DAY), now(session)))
    await schedule(session, EXPIRY, row.id, end_of(row.valid_to))
    row.published_in, row.published_on = request.published_in, published_on
    told: dict[str, Any] = {"published_on": row.published_on, "published_in": row.published_in}
    return await _done(session, row, facts.DelegationPublished, "publish", **told)


async def revoke(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Delegation:
    """From today it does not hold (解除委托), or never comes to hold."""
    row = await _take(session, actor, id, "revoke")
    return await end(session, row, reason)


async def end(session: AsyncSession, row: Delegation, reason: str) -> Delegation:
    """The same, also with its delegator or its trustee; locked by the caller."""
    day = today(session)
    ended_on = day if row.state in rules.IN_FORCE else min(day, row.valid_from)
    for timer in (FILING, BEGIN, NOTICE, EXPIRY):
        await cancel(session, timer, row.id)
    await delegated_powers.release(session, row, ended_on=ended_on)
    row.reason = reason
    return await _done(
        session, row, facts.DelegationRevoked, "revoke", ended_on=ended_on, reason=reason
    )


async def follow(
    session: AsyncSession, row: Delegation, to: Subject, power_ids: Sequence[UUID], reason: str
) -> Delegation:
    """Its delegator was merged into `to`, whose powers it names from now on."""
    former = row.delegator_id
    trustee = _Trustee(row.trustee_kind, row.trustee_id, row.trustee_name, row.trustee_code)
    parties = await _parties(session, to.scope, row.division, trustee)
    await delegated_powers.replace(session, row, power_ids)
    row.delegator_id, row.organisation, row.power_ids = to.id, to.uscc, list(power_ids)
    row.district, row.township, row.parties = to.district, to.township, parties
    told: dict[str, Any] = {"former_delegator_id": former, "reason": reason}
    return await _done(session, row, facts.DelegationTransferred, "follow", **told)


async def filing_overdue(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the term for filing is over."""
    row = await _locked(session, ref)
    if row is None or row.state != _STATE.APPROVED:
        return
    await _tell(session, row, facts.DelegationFilingOverdue, filing_due_at=due_at)


async def begin(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: its first day has come."""
    row = await _locked(session, ref)
    if row is None or row.state != _STATE.PUBLISHED:
        return
    days = (await rule(session, NOTICE_RULE)).value["days"]
    day = today(session)
    if (row.valid_to - day).days <= max(days):
        await schedule(session, NOTICE, row.id, now(session))
    else:
        await _schedule_notice(session, row, days)
    await _done(
        session, row, facts.DelegationActivated, "begin", since=max(row.since, row.valid_from)
    )


async def remind(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the end is near."""
    row = await _locked(session, ref)
    if row is None or row.state not in rules.IN_FORCE or row.valid_to < today(session):
        return
    await _schedule_notice(session, row, (await rule(session, NOTICE_RULE)).value["days"])
    left = (row.valid_to - today(session)).days
    await _done(session, row, facts.DelegationExpiring, "remind", days_left=left)


async def expire(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: its last day is over."""
    row = await _locked(session, ref)
    if row is None or row.state not in rules.IN_FORCE:
        return
    await cancel(session, NOTICE, row.id)
    since = max(row.since, row.valid_to + ONE_DAY)
    await _done(session, row, facts.DelegationExpired, "expire", since=since)


class _Trustee(NamedTuple):
    trustee_kind: str
    trustee_id: UUID | None
    trustee_name: str
    trustee_code: str


async def _trustee(session: AsyncSession, delegator: Subject, request: TrusteeRequest) -> _Trustee:
    if request.subject_id is None:
        trustee = _Trustee(request.kind, None, request.name or "", request.credit_code or "")
    else:
        published = select(Subject).where(
            Subject.id == request.subject_id,
            Subject.state == SubjectState.PUBLISHED,
            unscoped(Subject, reason="published subjects are public"),
        )
        subject = (await session.scalars(published)).one_or_none()
        if subject is None:
            raise rules.TrusteeNotPublished
        rules.may_be_trustee(kind=request.kind, credit_code=subject.uscc)
        trustee = _Trustee(request.kind, subject.id, subject.name, subject.uscc)
    if trustee.trustee_code == delegator.uscc:
        raise rules.TrusteeIsDelegator
    return trustee


async def _check_terms(
    session: AsyncSession, delegator: Subject, division: str, valid_from: date, valid_to: date
) -> None:
    """Who delegates, for how long, and where."""
    rules.may_delegate(state=delegator.state, kind=delegator.kind)
    years = (await rule(session, TERM_RULE)).value["years"]
    rules.may_run(valid_from=valid_from, valid_to=valid_to, today=today(session), years=years)
    if not await lies_in(session, division, delegator):
        raise rules.AreaNotDelegators(division=division)


async def lies_in(session: AsyncSession, division: str, delegator: Subject) -> bool:
    """Whether a place is the delegator's."""
    where = await scope_of(session, division)
    inside = {
        Level.CITY: where.city == delegator.division,
        Level.DISTRICT: where.district == delegator.division,
        Level.TOWNSHIP: where.township == delegator.division,
    }
    return inside[level_of(delegator.division)]


async def _parties(
    session: AsyncSession, place: Scope, division: str, trustee: _Trustee
) -> list[str]:
    """Who reads it besides the delegator's: the trustee, and where either is at work."""
    parties = {trustee.trustee_code, division}
    if trustee.trustee_id is not None:
        home = select(Subject.division).where(
            Subject.id == trustee.trustee_id,
            unscoped(Subject, reason="where a published subject belongs is public"),
        )
        parties.add(str(await session.scalar(home)))
    own = {place.district or place.city, place.township or "", place.city}
    return sorted(parties - own)


async def _check_standing(session: AsyncSession, row: Delegation, delegator: Subject) -> None:
    """What has to hold when it is approved, and still when it is published."""
    rules.may_delegate(state=delegator.state, kind=delegator.kind)
    await delegated_powers.held(session, delegator, row.power_ids)
    if row.trustee_id is not None:
        request = TrusteeRequest(kind=rules.TrusteeKind.SUBJECT, subject_id=row.trustee_id)
        await _trustee(session, delegator, request)


def _check_in_charge(actor: Actor, row: Delegation | Subject) -> None:
    if not in_charge(
        actor, district=row.district, township=row.township, organisation=row.organisation
    ):
        raise NotInCharge


async def _take(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Delegation:
    """The locked delegation, if the caller may act on it and its state allows `action`."""
    row = await load(session, Delegation, id, actor, lock=True)
    _check_in_charge(actor, row)
    rules.LIFECYCLE.may(action, row.state)
    return row


async def _take_with_delegator(
    session: AsyncSession, actor: Actor, id: UUID, action: str
) -> tuple[Delegation, Subject]:
    """The same with its delegator, which must not be suspended between this and the commit.

    Locked first, in the order in which the end of a subject locks.
    """
    seen = await load(session, Delegation, id, actor)
    beyond = unscoped(Subject, reason="the delegator of a visible delegation")
    of = select(Subject).where(Subject.id == seen.delegator_id, beyond)
    of = of.with_for_update(of=Subject, key_share=True)
    delegator = (await session.scalars(of, execution_options={"populate_existing": True})).one()
    row = await _take(session, actor, id, action)
    if row.delegator_id != delegator.id:
        raise Conflict  # it was merged between the two locks
    return row, delegator


async def _locked(session: AsyncSession, id: UUID) -> Delegation | None:
    return await session.get(Delegation, id, with_for_update=True)


async def _schedule_notice(session: AsyncSession, row: Delegation, days: Sequence[int]) -> None:
    notice = rules.next_notice(valid_to=row.valid_to, today=today(session), days=days)
    if notice is not None:
        await schedule(session, NOTICE, row.id, end_of(notice - ONE_DAY))


async def _done(
    session: AsyncSession,
    row: Delegation,
    event: type[DelegationFact],
    action: str | None = None,
    *,
    since: date | None = None,
    **told: Any,
) -> Delegation:
    """Write the row in its new state and version, and the fact.

    Nothing of it is set before the last query: what is flushed under the old `since` would be kept
    as what was true then. `action` is the transition, if there is one; `since` is when it became
    true, today if not given; `told` is what the fact says beyond the delegation as it stands.
    """
    if action is not None:
        row.state = rules.LIFECYCLE.next(action, row.state)
    row.since = since or today(session)
    row.updated_at = now(session)
    await session.flush()
    await _tell(session, row, event, **told)
    return row


async def _tell(
    session: AsyncSession, row: Delegation, event: type[DelegationFact], **told: Any
) -> None:
    codes = select(Power.id, Power.code).where(
        Power.id.in_(row.power_ids), unscoped(Power, reason="the powers of this delegation")
    )
    by_id = {power.id: power.code for power in await session.execute(codes)}
    same = set(DelegationFact.model_fields) - {"delegation_id", "power_codes", "level"}
    told |= {name: getattr(row, name) for name in same}
    told["level"] = level_of(row.township or row.district or row.scope.city)
    told["power_codes"] = [by_id[id] for id in row.power_ids]
    publish(session, event.model_validate({"delegation_id": row.id, **told}), at=row)
