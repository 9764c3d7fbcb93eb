"""The verbs of a complaint, and what happens when its answer falls due."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from pydantic import ValidationError
from sqlalchemy import ColumnElement, and_, func, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.complaints import rules
from services.escalation.complaints.rules import (
    HANDLING,
    OPEN,
    REPLY,
    SERIES,
    ComplaintKind,
    ComplaintState,
    Outcome,
)
from services.escalation.complaints.schemas import (
    AnswerComplaintRequest,
    AssignComplaintRequest,
    ComplaintImportRequest,
    ComplaintRecord,
    ComplaintRequest,
    EscalateComplaintRequest,
    RecordResult,
    RecordStatus,
    RefuseComplaintRequest,
    handles,
)
from services.escalation.complaints.tables import COMPLAINANT, IS_OPEN, Complaint
from services.escalation.filing.actions import file
from services.escalation.issues.rules import IssueKind, IssueSource
from services.escalation.ladder.rules import (
    LADDER,
    IssueLevel,
    above,
    is_holder,
    level_of_division,
    place_at,
)
from services.escalation.numbering.actions import next_numbers
from shared import timers
from shared.access.actor import Actor
from shared.access.visibility import load, sees_scope, unscoped
from shared.clock import legal_day, now, today
from shared.db import Scope, new_id
from shared.events.escalation.complaints import (
    ComplainantRevealed,
    ComplaintAccepted,
    ComplaintAnswered,
    ComplaintAssigned,
    ComplaintClosed,
    ComplaintDueSoon,
    ComplaintEscalated,
    ComplaintExtended,
    ComplaintExtensionRefused,
    ComplaintExtensionRequested,
    ComplaintFact,
    ComplaintOverdue,
    ComplaintReceived,
    ComplaintRefused,
    ComplaintReported,
)
from shared.facts import publish
from shared.law.calendar import Calendar, Due, due, extended
from shared.law.divisions import DivisionUnknown
from shared.law.tables import calendar_of, rule, scope_of
from shared.refusals import Refused

REPLY_DUE, DUE_SOON = "complaint.reply_due", "complaint.due_soon"
"""The timers of a complaint: its deadline, and the reminder before it."""

E = TypeVar("E", bound=ComplaintFact)


class Taken(NamedTuple):
    """A complaint as it is to be written, and where it belongs."""

    values: dict[str, Any]
    scope: Scope


async def receive(session: AsyncSession, actor: Actor, request: ComplaintRequest) -> Complaint:
    """Take down a complaint in a division that the caller covers."""
    taken = await take_down(session, actor, request)
    (number,) = await next_numbers(session, SERIES)
    row = Complaint(**taken.values, number=number)
    await _begin_all(session, [row], backfill=False)
    return row


async def take_down(session: AsyncSession, actor: Actor, request: ComplaintRequest) -> Taken:
    """What is kept of a complaint: who complained sealed, and cut out of the words."""
    scope = await scope_of(session, request.division)
    if not sees_scope(actor, scope.district, scope.township):
        raise DivisionUnknown(division=request.division, on=today(session).isoformat())
    moment = now(session)
    received_at = request.received_at or moment
    if received_at > moment:
        raise rules.ComplaintReceivedLater(received_at=received_at.isoformat())
    secrets = request.complainant.model_dump(exclude_none=True) if request.complainant else {}
    term = await _reply_due(session, received_at)
    values = request.model_dump(exclude={"complainant", "received_at"})
    values |= {
        "id": new_id(),
        "version": 1,
        "title": rules.masked(request.title, secrets.values()),
        "content": rules.masked(request.content, secrets.values()),
        "complainant": _sealed(session, secrets) if secrets else None,
        "level": rules.level_for(request.kind, level_of_division(request.division)),
        "state": ComplaintState.RECEIVED,
        "received_at": received_at,
        "due_at": term.at,
        "due_provisional": term.provisional,
        "created_by": actor.sub,
        "created_at": moment,
        "district": scope.district,
        "township": scope.township,
        "parties": [],
    }
    return Taken(values, scope)


async def take_over(
    session: AsyncSession, actor: Actor, request: ComplaintImportRequest
) -> list[RecordResult]:
    """Take over complaints of another system, each once; what became of each, in their order."""
    # Two batches of one source one after the other: the second sees what the first took over.
    lock = func.hashtextextended(f"complaints of {request.source}", 0)
    await session.execute(select(func.pg_advisory_xact_lock(lock)))
    read = [_read(told) for told in request.records]
    records = [one for one in read if isinstance(one, ComplaintRecord)]
    known = await _known(session, actor, request.source, records)
    results, rows = [], []
    for one in read:
        if isinstance(one, RecordResult):
            results.append(one)
            continue
        result, row = await _take_over(session, actor, request.source, one, known)
        results.append(result)
        if row is not None:
            rows.append(row)
    if rows:
        numbers = await next_numbers(session, SERIES, len(rows))
        for row, number in zip(rows, numbers, strict=True):
            row.number = number
        await _begin_all(session, rows, backfill=request.backfill)
    return results


async def accept(session: AsyncSession, actor: Actor, id: UUID) -> Complaint:
    """Take it up."""
    row = await _step(session, actor, id, "accept")
    row.accepted_at, row.accepted_by = now(session), actor.sub
    return await _settle(session, row, fact(ComplaintAccepted, row))


async def refuse(
    session: AsyncSession, actor: Actor, id: UUID, request: RefuseComplaintRequest
) -> Complaint:
    """It is not for us, and the complainant is told why."""
    row = await _step(session, actor, id, "refuse")
    row.refusal_ground = request.ground
    await _answer(session, row, actor, request.reply, request.method)
    return await _settle(session, row, fact(ComplaintRefused, row, ground=request.ground))


async def assign(
    session: AsyncSession, actor: Actor, id: UUID, request: AssignComplaintRequest
) -> Complaint:
    """Have a body look into it; the one before no longer sees it."""
    row = await _step(session, actor, id, "assign")
    rules.may_assign(kind=row.kind, handler=request.handler, against=row.against)
    row.parties = [*(one for one in row.parties if one != row.handler), request.handler]
    row.handler, row.handler_name = request.handler, request.handler_name
    row.instruction = request.instruction
    row.assigned_at, row.assigned_by = now(session), actor.sub
    row.result = row.reported_by = row.reported_at = None
    return await _settle(session, row, fact(ComplaintAssigned, row))


async def report(session: AsyncSession, actor: Actor, id: UUID, result: str) -> Complaint:
    """What the handling body found."""
    row = await _step(session, actor, id, "report")
    row.result, row.reported_by, row.reported_at = result, actor.sub, now(session)
    return await _settle(session, row, fact(ComplaintReported, row))


async def answer(
    session: AsyncSession, actor: Actor, id: UUID, request: AnswerComplaintRequest
) -> Complaint:
    """The complainant has their answer; the outcome is told."""
    row = await _step(session, actor, id, "answer")
    row.outcome = request.outcome
    late = row.due_at <= now(session)
    await _answer(session, row, actor, request.reply, request.method)
    told = fact(
        ComplaintAnswered,
        row,
        outcome=request.outcome,
        outcome_name=Outcome(request.outcome).label,
        late=late,
    )
    return await _settle(session, row, told)


async def request_extension(
    session: AsyncSession, actor: Actor, id: UUID, reason: str
) -> Complaint:
    """Ask for more time, once."""
    row = await _step(session, actor, id, "request_extension")
    row.extension_reason, row.extension_asked_by = reason, actor.sub
    return await _settle(session, row, fact(ComplaintExtensionRequested, row))


async def extend(session: AsyncSession, actor: Actor, id: UUID) -> Complaint:
    """Give the time that was asked for."""
    row = await _step(session, actor, id, "extend")
    by = (await rule(session, HANDLING, legal_day(row.received_at))).deadline("extension")
    row.extension_decided_by, row.extension_granted = actor.sub, True
    await _set_clock(session, row, extended(row.due_at, by, await calendar_of(session)))
    return await _settle(session, row, fact(ComplaintExtended, row))


async def refuse_extension(session: AsyncSession, actor: Actor, id: UUID) -> Complaint:
    """The deadline stays."""
    row = await _step(session, actor, id, "refuse_extension")
    row.extension_decided_by, row.extension_granted = actor.sub, False
    return await _settle(session, row, fact(ComplaintExtensionRefused, row))


async def escalate(
    session: AsyncSession, actor: Actor, id: UUID, request: EscalateComplaintRequest
) -> Complaint:
    """Raise an issue of it at the level that decides; it is answered all the same."""
    row = await _step(session, actor, id, "escalate")
    reason = rules.masked(request.reason, _opened(session, row).values())
    issue = await file(
        session,
        {
            "title": row.title,
            "description": f"{row.content}\n\n{reason}",
            "kind": IssueKind.COMPLAINT,
            "major": request.major,
            "source": IssueSource.COMPLAINT,
            "source_id": row.id,
            "division": place_at(row.level, row.scope),
            "occurred_on": row.occurred_on,
            "reference": row.number,
        },
        actor=actor,
    )
    row.issue_id = issue.id
    return await _settle(session, row, fact(ComplaintEscalated, row, issue_id=issue.id))


async def close(
    session: AsyncSession, actor: Actor, id: UUID, *, satisfied: bool | None
) -> Complaint:
    """End it, with what the complainant said of the answer."""
    row = await _step(session, actor, id, "close")
    row.satisfied, row.closed_at = satisfied, now(session)
    return await _settle(session, row, fact(ComplaintClosed, row, satisfied=satisfied))


async def reveal(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> dict[str, Any]:
    """Who complained; that it was shown, to whom and why, is in the audit trail."""
    row = await load(session, Complaint, id, actor, lock=True)
    _check_in_charge(actor, row)
    if row.complainant is None:
        raise rules.ComplaintAnonymous
    shown = _opened(session, row)
    rules.may_reveal(reason=reason, secrets=shown.values())
    publish(session, ComplainantRevealed(complaint_id=id, reason=reason), at=row)
    return shown


def is_overdue(moment: datetime) -> ColumnElement[bool]:
    """The deadline has passed and nobody answered."""
    # Written out, so that the planner sees that the partial index fits.
    return and_(text(f"complaint.{IS_OPEN}"), Complaint.due_at <= moment)


async def recount(session: AsyncSession, row: Complaint, calendar: Calendar) -> None:
    """The official calendar changed: count the running deadline anew, with what it was put off."""
    reply = await rule(session, REPLY, legal_day(row.received_at))
    term = due(row.received_at, reply.deadline(), calendar)
    if row.extension_granted:
        handling = await rule(session, HANDLING, legal_day(row.received_at))
        term = extended(term.at, handling.deadline("extension"), calendar)
    if row.due_at > now(session):  # what has passed has passed
        await _set_clock(session, row, term)


async def remind(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the answer falls due soon."""
    row = await _waiting(session, ref)
    if row is not None:
        publish(session, fact(ComplaintDueSoon, row), at=row)


async def mark_overdue(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: nobody answered in time; the level above learns of it."""
    row = await _waiting(session, ref)
    moment = now(session)
    if row is None or row.due_at > moment:
        return
    row.overdue_at = moment
    level = IssueLevel(row.level)
    told = level if level == LADDER[-1] else above(level)
    await _settle(session, row, fact(ComplaintOverdue, row, level_above=told))


def fact(kind: type[E], row: Complaint, **more: Any) -> E:
    """A fact about a complaint as it stands."""
    return kind(
        complaint_id=row.id,
        number=row.number,
        channel=row.channel,
        kind=row.kind,
        kind_name=ComplaintKind(row.kind).label,
        against=row.against,
        act_number=row.act_number,
        officer_certificate_no=row.officer_certificate_no,
        division=row.division,
        level=row.level,
        state=row.state,
        organisation=row.handler,
        due_at=row.due_at,
        **more,
    )


Known = dict[str, tuple[bytes | None, UUID | None]]
"""By external id: the digest, and the id if the caller may know it."""


def _read(told: dict[str, Any]) -> ComplaintRecord | RecordResult:
    """A record as it is kept, or what is wrong with it."""
    try:
        return ComplaintRecord.model_validate(told)
    except ValidationError as invalid:
        given = told.get("external_id")
        name = given[:200] if isinstance(given, str) else None
        where = ", ".join(
            sorted({".".join(map(str, error["loc"]))[:80] for error in invalid.errors()})
        )
        return _refused(name, "invalid-input", where)


async def _known(
    session: AsyncSession, actor: Actor, source: str, records: Sequence[ComplaintRecord]
) -> Known:
    """Which of the records are here already, whoever sent them."""
    found = await session.execute(
        select(
            *(Complaint.external_id, Complaint.digest, Complaint.id),
            *(Complaint.district, Complaint.township),
        ).where(
            Complaint.source == source,
            Complaint.external_id.in_([record.external_id for record in records]),
            unscoped(Complaint, reason="a record is taken over once, whoever sends it again"),
        )
    )
    return {
        row.external_id: (
            row.digest,
            row.id if sees_scope(actor, row.district, row.township) else None,
        )
        for row in found
    }


async def _take_over(
    session: AsyncSession, actor: Actor, source: str, record: ComplaintRecord, known: Known
) -> tuple[RecordResult, Complaint | None]:
    name = record.external_id
    try:
        taken = await take_down(session, actor, record)
    except Refused as refused:
        return _refused(name, refused.code, refused.sentence("zh")), None
    digest: bytes = session.info["seal"].digest(record.model_dump_json().encode())
    if record.external_id in known:
        before, id = known[record.external_id]
        status = RecordStatus.DUPLICATE if before == digest else RecordStatus.DIFFERS
        return RecordResult(external_id=name, status=status, complaint_id=id), None
    row = Complaint(**taken.values | {"source": source, "digest": digest})
    known[record.external_id] = digest, row.id
    made = RecordResult(external_id=name, status=RecordStatus.CREATED, complaint_id=row.id)
    return made, row


def _refused(name: str | None, code: str, detail: str) -> RecordResult:
    return RecordResult(external_id=name, status=RecordStatus.REFUSED, code=code, detail=detail)


async def _begin_all(session: AsyncSession, rows: Sequence[Complaint], *, backfill: bool) -> None:
    """Their clocks run, and they are told; history loaded late is only told."""
    session.add_all(rows)
    await session.flush()
    for row in rows:
        publish(session, fact(ComplaintReceived, row), at=row, backfill=backfill)
    if backfill:
        return
    moment = now(session)
    await timers.schedule_all(session, REPLY_DUE, ((row.id, row.due_at) for row in rows))
    soon = [(row.id, await _remind_at(session, row)) for row in rows]
    await timers.schedule_all(session, DUE_SOON, (one for one in soon if one[1] > moment))


async def _step(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Complaint:
    """The row, locked, in the state that `action` leads to."""
    row = await load(session, Complaint, id, actor, lock=True)
    row.state = rules.next_state(
        action,
        row.standing,
        sub=actor.sub,
        in_charge=is_holder(row.level, row.scope, actor.roles, actor.division),
        handles=handles(row, actor),
        now=now(session),
    )
    return row


async def _settle(session: AsyncSession, row: Complaint, told: ComplaintFact) -> Complaint:
    await session.flush()
    publish(session, told, at=row)
    return row


async def _answer(
    session: AsyncSession, row: Complaint, actor: Actor, reply: str, method: str
) -> None:
    row.reply, row.reply_method = reply, method
    row.answered_by, row.answered_at = actor.sub, now(session)
    for kind in (REPLY_DUE, DUE_SOON):
        await timers.cancel(session, kind, row.id)


def _check_in_charge(actor: Actor, row: Complaint) -> None:
    if not is_holder(row.level, row.scope, actor.roles, actor.division):
        raise rules.ComplaintNotInCharge(level=IssueLevel(row.level).label)


def _sealed(session: AsyncSession, told: dict[str, Any]) -> bytes:
    sealed: bytes = session.info["seal"].seal(json.dumps(told, ensure_ascii=False), COMPLAINANT)
    return sealed


def _opened(session: AsyncSession, row: Complaint) -> dict[str, Any]:
    """Who complained; empty of one who did not say."""
    if row.complainant is None:
        return {}
    told: dict[str, Any] = json.loads(session.info["seal"].open(row.complainant, COMPLAINANT))
    return told


async def _reply_due(session: AsyncSession, received_at: datetime) -> Due:
    reply = await rule(session, REPLY, legal_day(received_at))
    return due(received_at, reply.deadline(), await calendar_of(session))


async def _set_clock(session: AsyncSession, row: Complaint, term: Due) -> None:
    row.due_at, row.due_provisional = term.at, term.provisional
    await timers.schedule(session, REPLY_DUE, row.id, term.at)
    if (remind_at := await _remind_at(session, row)) > now(session):
        await timers.schedule(session, DUE_SOON, row.id, remind_at)
    else:
        await timers.cancel(session, DUE_SOON, row.id)


async def _remind_at(session: AsyncSession, row: Complaint) -> datetime:
    handling = await rule(session, HANDLING, legal_day(row.received_at))
    return row.due_at - timedelta(days=handling.value["remind_days"])


async def _waiting(session: AsyncSession, ref: UUID) -> Complaint | None:
    """The complaint, locked, if the complainant still waits."""
    row = await session.scalar(select(Complaint).where(Complaint.id == ref).with_for_update())
    return row if row is not None and row.state in OPEN else None
