"""The verbs of a request for case files, and what happens when its deadline passes."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.file_requests import rules
from services.oversight.file_requests.rules import ANSWER, ASK, FileRequestState
from services.oversight.file_requests.schemas import (
    FilesAnswer,
    FilesRequest,
    ReturnFilesRequest,
)
from services.oversight.file_requests.tables import FileRequest
from services.oversight.findings.rules import InspectionUnknown
from services.oversight.inspections import actions as inspections
from services.oversight.permissions import NotInCharge, require, supervises
from services.oversight.subject_views.actions import hold_divisions, subject_to_supervise
from shared import timers
from shared.access.actor import Actor
from shared.access.visibility import load
from shared.clock import now
from shared.events.oversight.file_requests import (
    FileRequestAnswered,
    FileRequestClosed,
    FileRequestFact,
    FileRequestOverdue,
    FileRequestRequested,
    FileRequestReturned,
    FileRequestWithdrawn,
)
from shared.facts import publish
from shared.law.calendar import Deadline, due
from shared.law.tables import calendar_of, rule
from shared.refusals import NotFound

OVERDUE = "file_request.overdue"
"""The timer of a request: its deadline."""


async def ask(session: AsyncSession, actor: Actor, request: FilesRequest) -> FileRequest:
    """Ask a subject in the caller's division for case files."""
    await hold_divisions(session)
    subject = await subject_to_supervise(session, request.subject_id, actor)
    if request.inspection_id is not None:
        await _check_inspection(session, actor, request.inspection_id, subject.id)
    row = FileRequest(
        subject_id=subject.id,
        subject_name=subject.name,
        organisation=subject.organisation,
        domains=list(subject.domains),
        division=subject.division,
        authority=actor.division,
        district=subject.district,
        township=subject.township,
        inspection_id=request.inspection_id,
        purpose=request.purpose,
        files=[one.model_dump(mode="json") for one in request.files],
        legal_basis=[],
        state=FileRequestState.REQUESTED,
        requested_at=now(session),
        requested_by=actor.sub,
        answers=[],
    )
    if not supervises(actor, row):
        raise NotInCharge
    await _set_deadline(session, row, request.period)
    session.add(row)
    await session.flush()
    await timers.schedule(session, OVERDUE, row.id, row.due_at)
    _publish(session, row, FileRequestRequested)
    return row


async def answer(
    session: AsyncSession, actor: Actor, id: UUID, request: FilesAnswer
) -> FileRequest:
    """Hand over what was asked for, or say of each file why not; late is better than never."""
    row = await _step(session, actor, id, "answer", ANSWER)
    rules.may_answer(asked=len(row.files), answered=[file.position for file in request.files])
    moment = now(session)
    row.answers = [
        *row.answers,
        {
            **request.model_dump(mode="json"),
            "late": row.due_at <= moment,
            "answered_at": moment.isoformat(),
            "answered_by": actor.sub,
            "returned_at": None,
            "returned_by": None,
            "returned_because": None,
        },
    ]
    await timers.cancel(session, OVERDUE, row.id)
    await session.flush()
    _publish(session, row, FileRequestAnswered)
    return row


async def send_back(
    session: AsyncSession, actor: Actor, id: UUID, request: ReturnFilesRequest
) -> FileRequest:
    """Something is missing: it is due anew, by the rule in force."""
    row = await _step(session, actor, id, "return", ASK)
    *before, last = row.answers
    returned = {
        "returned_at": now(session).isoformat(),
        "returned_by": actor.sub,
        "returned_because": request.reason,
    }
    row.answers = [*before, {**last, **returned}]
    await _set_deadline(session, row, None)
    await timers.schedule(session, OVERDUE, row.id, row.due_at)
    await session.flush()
    _publish(session, row, FileRequestReturned)
    return row


async def close(session: AsyncSession, actor: Actor, id: UUID) -> FileRequest:
    """The files were looked through and given back."""
    row = await _step(session, actor, id, "close", ASK)
    row.closed_at, row.closed_by = now(session), actor.sub
    await session.flush()
    _publish(session, row, FileRequestClosed)
    return row


async def withdraw(
    session: AsyncSession, actor: Actor, id: UUID, request: ReturnFilesRequest
) -> FileRequest:
    """The files are not needed."""
    row = await _step(session, actor, id, "withdraw", ASK)
    row.withdrawn_because = request.reason
    await timers.cancel(session, OVERDUE, row.id)
    await session.flush()
    _publish(session, row, FileRequestWithdrawn)
    return row


def is_overdue(moment: datetime) -> ColumnElement[bool]:
    """The deadline has passed without an answer."""
    requested = FileRequest.state == FileRequestState.REQUESTED
    return and_(requested, FileRequest.due_at <= moment)


async def mark_overdue(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the deadline has passed."""
    row = await session.scalar(select(FileRequest).where(FileRequest.id == ref).with_for_update())
    moment = now(session)
    if row is None or not rules.is_overdue(state=row.state, due_at=row.due_at, now=moment):
        return
    row.state = rules.LIFECYCLE.next("mark_overdue", row.state)
    row.overdue_at = moment
    await session.flush()
    _publish(session, row, FileRequestOverdue)


async def _check_inspection(
    session: AsyncSession, actor: Actor, id: UUID, subject_id: UUID
) -> None:
    try:
        inspection = await inspections.read(session, actor, id)
    except NotFound:
        raise InspectionUnknown(inspection_id=str(id)) from None
    require(actor, inspection, "inspection:conduct")
    if inspection.subject_id != subject_id:
        raise rules.InspectionOfAnotherSubject
    if inspection.concealed:
        raise rules.FilesOfConcealedInspection


async def _set_deadline(session: AsyncSession, row: FileRequest, period: Deadline | None) -> None:
    held = await rule(session, "file_request.answer")
    calendar, moment = await calendar_of(session), now(session)
    end = due(moment, held.deadline(), calendar)
    if period is not None:
        latest, end = end.at, due(moment, period, calendar)
        rules.may_set(end.at, latest=latest)
    row.due_at, row.due_provisional = end.at, end.provisional
    row.legal_basis = [held.legal_basis]


async def _step(
    session: AsyncSession, actor: Actor, id: UUID, action: str, permission: str
) -> FileRequest:
    """The row, locked, in the state that `action` leads to."""
    row = await load(session, FileRequest, id, actor, lock=True)
    require(actor, row, permission)
    row.state = rules.LIFECYCLE.next(action, row.state)
    return row


def _publish(
    session: AsyncSession, row: FileRequest, kind: type[FileRequestFact], **more: Any
) -> None:
    fact = kind(
        file_request_id=row.id,
        subject_id=row.subject_id,
        organisation=row.organisation,
        subject_name=row.subject_name,
        inspection_id=row.inspection_id,
        files=len(row.files),
        division=row.division,
        state=row.state,
        due_at=row.due_at,
        authority_level=row.authority_level,
        **more,
    )
    publish(session, fact, at=row)
