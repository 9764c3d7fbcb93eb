"""The verbs of empowerments: load, decide, change, publish."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.certificates.rules import CertificateState
from services.registry.certificates.tables import Certificate
from services.registry.db import in_division
from services.registry.empowerments import rules
from services.registry.empowerments.rules import EmpowermentState, Side
from services.registry.empowerments.schemas import (
    CapacityRequest,
    CasesRequest,
    DecisionRequest,
    EmpowermentEvaluateRequest,
    EmpowermentPatch,
    EmpowermentQuery,
    EmpowermentRequest,
    TrainRequest,
    WithdrawRequest,
)
from services.registry.empowerments.tables import Empowerment
from services.registry.officers.rules import OfficerState
from services.registry.officers.tables import Officer
from services.registry.permissions import SUPERVISORS, in_charge
from services.registry.powers.rules import may_be_used
from services.registry.powers.tables import Power
from services.registry.subjects.rules import NotInCharge, SubjectState
from services.registry.subjects.tables import Subject
from shared.access.actor import Actor
from shared.access.visibility import load, sees_scope, unscoped, visible
from shared.clock import now, today
from shared.events.registry import empowerments as facts
from shared.events.registry.empowerments import EmpowermentFact
from shared.facts import publish
from shared.law.calendar import ONE_DAY, due, end_of
from shared.law.divisions import Level
from shared.law.tables import calendar_of, rule, scope_of
from shared.past import as_of
from shared.timers import cancel, schedule
from shared.web.paging import paginate

CAPACITY_RULE, EVALUATION_RULE, NOTICE_RULE = (
    "empowerment.capacity",
    "empowerment.evaluation",
    "empowerment.evaluation_notice",
)
BEGIN, NOTICE, EVALUATION = (
    "empowerment.begin",
    "empowerment.evaluation_notice",
    "empowerment.evaluation",
)
"""The timers: the first day, the evaluation is near, the evaluation is overdue."""

_SORTS = ("id", "effective_on", "updated_at")


async def page(
    session: AsyncSession, actor: Actor, query: EmpowermentQuery
) -> tuple[list[Empowerment], str | None, int | None]:
    """The caller's empowerments that match, one page of them."""
    empowerment = as_of(Empowerment, query.as_of)
    statement = select(empowerment).where(visible(empowerment, actor))
    for name in ("state", "power_id", "grantor_id", "subject_id"):
        if (value := getattr(query, name)) is not None:
            statement = statement.where(getattr(empowerment, name) == value)
    if query.domain:
        statement = statement.where(empowerment.domains.contains([query.domain]))
    if query.division:
        statement = statement.where(in_division(empowerment, query.division, query.as_of))
    if query.overdue is not None:
        overdue = func.coalesce(empowerment.evaluation_due_at <= now(session), False)
        statement = statement.where(overdue.is_(query.overdue))
    columns = {name: getattr(empowerment, name) for name in _SORTS}
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=columns, id=empowerment.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


def sides(actor: Actor, row: Empowerment) -> frozenset[Side]:
    """For whom `actor` may act: either body, and the legal office of the township."""
    found = set()
    if in_charge(
        actor,
        district=row.grantor_district,
        township=None,
        organisation=row.grantor_organisation,
    ):
        found.add(Side.GRANTOR)
    if in_charge(
        actor, district=row.district, township=row.township, organisation=row.organisation
    ):
        found.add(Side.TOWNSHIP)
    if actor.roles & SUPERVISORS and sees_scope(actor, row.district, row.township):
        found.add(Side.OFFICE)
    return frozenset(found)


async def capable(session: AsyncSession, rows: Iterable[Empowerment]) -> set[UUID]:
    """Those of `rows` that wait for the check and whose townships have the officers for it."""
    waiting = [row for row in rows if row.state == EmpowermentState.PROPOSED]
    if not waiting:
        return set()
    required = await _required(session)
    officers = await _certified(session, {row.subject_id for row in waiting})
    return {row.id for row in waiting if officers.get(row.subject_id, 0) >= required}


async def propose(session: AsyncSession, actor: Actor, request: EmpowermentRequest) -> Empowerment:
    """A body's power is to be handed down, by a provincial decision that is public."""
    power = await load(session, Power, request.power_id, actor)
    grantor = await _subject(session, power.subject_id)
    if not in_charge(
        actor,
        district=grantor.district,
        township=grantor.township,
        organisation=grantor.organisation,
    ):
        raise NotInCharge
    township = await _township(session, request.subject_id)
    # Asked anew, not copied from the subject: a move of the township then waits for this commit.
    scope = await scope_of(session, township.division)
    # Locked: the power must not be repealed between this look at it and the commit.
    power = await load(session, Power, request.power_id, actor, lock=True)
    may_be_used(code=power.code, state=power.state)
    rules.may_hand_down(
        code=power.code,
        township_allowed=power.township_allowed,
        grantor_level=grantor.level,
        grantor_state=grantor.state,
        same_district=scope.district == grantor.district,
    )
    decision = _decided(request.decision)
    rules.may_begin_on(
        decided_on=decision["decided_on"],
        published_on=decision["decision_published_on"],
        effective_on=request.effective_on,
        today=today(session),
    )
    moment = now(session)
    row = Empowerment(
        power_id=power.id,
        grantor_id=grantor.id,
        grantor_organisation=grantor.uscc,
        grantor_district=grantor.division,
        subject_id=township.id,
        organisation=township.uscc,
        division=township.division,
        domains=power.domains,
        **decision,
        basis=request.basis,
        effective_on=request.effective_on,
        authors=[actor.sub],
        district=scope.district,
        township=scope.township,
        parties=[grantor.uscc],
        state=rules.LIFECYCLE.initial,
        created_at=moment,
        updated_at=moment,
    )
    session.add(row)
    return await _done(session, row, facts.EmpowermentProposed)


async def change(
    session: AsyncSession, actor: Actor, id: UUID, patch: EmpowermentPatch
) -> Empowerment:
    """Change a proposal; a change that changes nothing leaves no trace."""
    row = await _take(session, actor, id, "change")
    told: dict[str, Any] = patch.model_dump(exclude_unset=True, exclude={"decision"})
    if "decision" in patch.model_fields_set:
        told |= _decided(patch.decision)
    changes = {name: value for name, value in told.items() if getattr(row, name) != value}
    if not changes:
        return row
    rules.may_begin_on(
        decided_on=changes.get("decided_on", row.decided_on),
        published_on=changes.get("decision_published_on", row.decision_published_on),
        effective_on=changes.get("effective_on", row.effective_on),
        today=today(session),
    )
    for name, value in changes.items():
        setattr(row, name, value)
    row.authors = sorted({*row.authors, actor.sub})
    return await _done(session, row, facts.EmpowermentChanged)


async def check(
    session: AsyncSession, actor: Actor, id: UUID, request: CapacityRequest
) -> Empowerment:
    """The legal office finds that the township can take the power up (能够有效承接)."""
    row = await _take(session, actor, id, "check")
    rules.may_check(caller=actor.sub, authors=row.authors)
    required = await _required(session)
    certified = (await _certified(session, {row.subject_id})).get(row.subject_id, 0)
    rules.is_capable(
        certified_officers=certified,
        required=required,
        equipment=request.equipment,
        premises=request.premises,
    )
    row.capacity = {
        **request.model_dump(),
        "certified_officers": certified,
        "required": required,
        "checked_on": today(session).isoformat(),
    }
    return await _done(
        session,
        row,
        facts.EmpowermentCapacityChecked,
        "check",
        told={"certified_officers": certified},
    )


async def train(
    session: AsyncSession, actor: Actor, id: UUID, request: TrainRequest
) -> Empowerment:
    """The township's officers were trained for the power."""
    row = await _take(session, actor, id, "train")
    day = today(session)
    held_on = request.held_on or day
    rules.has_been(held_on, after=None, today=day)
    told = {"hours": request.hours, "participants": request.participants}
    row.training = {**told, "topic": request.topic, "held_on": held_on.isoformat()}
    return await _done(session, row, facts.EmpowermentTrained, "train", told=told)


async def hand_over(
    session: AsyncSession, actor: Actor, id: UUID, request: CasesRequest
) -> Empowerment:
    """The district's body lists its running cases."""
    row = await _take(session, actor, id, "handover")
    rules.may_list(listed=row.handed_by is not None)
    row.handover, row.handed_by = _cases(session, request), actor.sub
    return await _done(
        session,
        row,
        facts.EmpowermentCasesHandedOver,
        "handover",
        told={"cases": request.cases},
    )


async def take_over(session: AsyncSession, actor: Actor, id: UUID, on: date | None) -> Empowerment:
    """The township confirms the list; the power begins on its first day."""
    row = await _take(session, actor, id, "takeover")
    rules.may_take_over(caller=actor.sub, handed_by=row.handed_by)
    handover = row.handover or {}
    day = today(session)
    rules.has_been(on or day, after=date.fromisoformat(handover["on"]), today=day)
    await schedule(session, BEGIN, row.id, max(end_of(row.effective_on - ONE_DAY), now(session)))
    row.taken_over_on, row.taken_by = on or day, actor.sub
    return await _done(
        session,
        row,
        facts.EmpowermentCasesTakenOver,
        "takeover",
        told={"cases": handover["cases"]},
    )


async def begin(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: its first day has come."""
    row = await _locked(session, ref)
    if row is None or row.state != EmpowermentState.CASES_HANDED_OVER:
        return
    # The timer runs on the first day; where the preparations took longer, today.
    began_on = max(row.since, row.effective_on)
    evaluation_due_at = await _await_evaluation(session, row, began_on)
    row.began_on, row.evaluation_due_at = began_on, evaluation_due_at
    await _done(session, row, facts.EmpowermentBegan, "begin", since=began_on)


async def evaluate(
    session: AsyncSession, actor: Actor, id: UUID, request: EmpowermentEvaluateRequest
) -> Empowerment:
    """What came of the yearly evaluation; what is to be withdrawn has no next one."""
    row = await _take(session, actor, id, "evaluate")
    day = today(session)
    for timer in (NOTICE, EVALUATION):
        await cancel(session, timer, row.id)
    next_due_at = None
    if request.result is not rules.EmpowermentResult.WITHDRAW:
        next_due_at = await _await_evaluation(session, row, day)
    row.evaluation = {**request.model_dump(mode="json"), "evaluated_on": day.isoformat()}
    row.evaluation_due_at = next_due_at
    told = {"result": request.result}
    return await _done(session, row, facts.EmpowermentEvaluated, "evaluate", told=told)


async def evaluation_near(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the evaluation is near."""
    row = await _locked(session, ref)
    if row is None or row.state != EmpowermentState.IN_FORCE or row.evaluation_due_at is None:
        return
    told = {"evaluation_due_at": row.evaluation_due_at}
    await _tell(session, row, facts.EmpowermentEvaluationDue, told)


async def evaluation_overdue(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the term for the evaluation is over."""
    row = await _locked(session, ref)
    if row is None or row.state != EmpowermentState.IN_FORCE:
        return
    await _tell(session, row, facts.EmpowermentEvaluationOverdue, {"evaluation_due_at": due_at})


async def withdraw(
    session: AsyncSession, actor: Actor, id: UUID, request: WithdrawRequest
) -> Empowerment:
    """Taken back (收回): the running cases go back, and the body exercises the power again."""
    row = await _take(session, actor, id, "withdraw")
    handback = _cases(session, request)
    for timer in (NOTICE, EVALUATION):
        await cancel(session, timer, row.id)
    row.reason, row.handback, row.evaluation_due_at = request.reason, handback, None
    told = {"reason": request.reason, "cases": request.cases}
    return await _done(session, row, facts.EmpowermentWithdrawn, "withdraw", told=told)


async def drop(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Empowerment:
    """It will not come into force."""
    row = await _take(session, actor, id, "drop")
    await cancel(session, BEGIN, row.id)
    row.reason = reason
    return await _done(session, row, facts.EmpowermentDropped, "drop", told={"reason": reason})


async def follow(session: AsyncSession, power_id: UUID, to: Subject, reason: str) -> None:
    """Another body has the power now: what was handed down of it was handed down by that one."""
    found = await session.scalars(
        select(Empowerment)
        .where(
            Empowerment.power_id == power_id,
            Empowerment.state.not_in(rules.ENDED),
            unscoped(Empowerment, reason="a power takes along what was handed down of it"),
        )
        .order_by(Empowerment.id)
        .with_for_update(of=Empowerment)
        .execution_options(populate_existing=True)
    )
    for row in found.all():
        told = {"former_grantor_id": row.grantor_id, "reason": reason}
        row.parties = sorted({*row.parties, to.uscc} - {row.grantor_organisation})
        row.grantor_id, row.grantor_organisation = to.id, to.uscc
        row.grantor_district = to.division
        await _done(session, row, facts.EmpowermentTransferred, "follow", told=told)


def _decided(decision: DecisionRequest) -> dict[str, Any]:
    return {
        "decision_no": decision.decision_no,
        "decided_by": decision.decided_by,
        "decided_on": decision.decided_on,
        "decision_published_on": decision.published_on,
        "decision_published_in": decision.published_in,
    }


def _cases(session: AsyncSession, request: CasesRequest) -> dict[str, Any]:
    day = today(session)
    on = request.on or day
    rules.has_been(on, after=None, today=day)
    return {"cases": request.cases, "list_ref": request.list_ref, "on": on.isoformat()}


async def _required(session: AsyncSession) -> int:
    return int((await rule(session, CAPACITY_RULE)).value["certified_officers"])


async def _certified(session: AsyncSession, subject_ids: Iterable[UUID]) -> dict[UUID, int]:
    """How many officers on post each subject has whose certificate is good today."""
    counted = (
        select(Officer.subject_id, func.count())
        .join(Certificate, Certificate.officer_id == Officer.id)
        .where(
            Officer.subject_id.in_(list(subject_ids)),
            Officer.state == OfficerState.ON_POST,
            Certificate.current,
            Certificate.state == CertificateState.ACTIVE,
            Certificate.valid_to >= today(session),
            unscoped(Officer, reason="counts the officers of a township that is to have a power"),
        )
        .group_by(Officer.subject_id)
    )
    return {row[0]: row[1] for row in await session.execute(counted)}


async def _subject(session: AsyncSession, id: UUID) -> Subject:
    statement = select(Subject).where(
        Subject.id == id, unscoped(Subject, reason="the holder of a visible power")
    )
    return (await session.scalars(statement)).one()


async def _township(session: AsyncSession, id: UUID) -> Subject:
    statement = select(Subject).where(
        Subject.id == id,
        Subject.level == Level.TOWNSHIP,
        Subject.state == SubjectState.PUBLISHED,
        unscoped(Subject, reason="published subjects are public"),
    )
    township = (await session.scalars(statement)).one_or_none()
    if township is None:
        raise rules.TownshipNotPublished
    return township


async def _await_evaluation(session: AsyncSession, row: Empowerment, day: date) -> datetime:
    """Have it evaluated within the term that begins on `day`; returns the end of the term."""
    deadline = (await rule(session, EVALUATION_RULE)).deadline()
    ahead = timedelta(days=(await rule(session, NOTICE_RULE)).value["days"])
    due_at = due(end_of(day - ONE_DAY), deadline, await calendar_of(session)).at
    await schedule(session, NOTICE, row.id, due_at - ahead)
    await schedule(session, EVALUATION, row.id, due_at)
    return due_at


async def _take(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Empowerment:
    """The locked empowerment, if the caller may act for the side that `action` takes."""
    row = await load(session, Empowerment, id, actor, lock=True)
    if rules.SIDES[action] not in sides(actor, row):
        raise NotInCharge
    rules.LIFECYCLE.may(action, row.state)
    return row


async def _locked(session: AsyncSession, id: UUID) -> Empowerment | None:
    return await session.get(Empowerment, id, with_for_update=True)


async def _done(
    session: AsyncSession,
    row: Empowerment,
    event: type[EmpowermentFact],
    action: str | None = None,
    *,
    since: date | None = None,
    told: dict[str, Any] | None = None,
) -> Empowerment:
    """Write the row in its new state and version, and the fact.

    Nothing of it is set before the last query: what is flushed under the old `since` would be kept
    as what was true then. `action` is the transition, if there is one; `since` is when it became
    true, today if not given; `told` is what the fact says beyond the empowerment as it stands.
    """
    if action is not None:
        row.state = rules.LIFECYCLE.next(action, row.state)
    row.since = since or today(session)
    row.updated_at = now(session)
    await session.flush()
    await _tell(session, row, event, told or {})
    return row


async def _tell(
    session: AsyncSession, row: Empowerment, event: type[EmpowermentFact], told: dict[str, Any]
) -> None:
    named = select(Power.code, Power.name).where(
        Power.id == row.power_id, unscoped(Power, reason="the power of this empowerment")
    )
    power = (await session.execute(named)).one()
    own = {"empowerment_id": row.id, "power_code": power.code, "power_name": power.name}
    same = EmpowermentFact.model_fields.keys() - own.keys()
    stands = {name: getattr(row, name) for name in same}
    publish(session, event.model_validate({**own, **stands, **told}), at=row)
