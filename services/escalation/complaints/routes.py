"""Complaints over HTTP: see `complaints.rules` for the life of one."""

from collections import Counter
from typing import Annotated
from uuid import UUID

from fastapi import Query, Response
from sqlalchemy import not_, select

from services.escalation.complaints import actions
from services.escalation.complaints.schemas import (
    AnswerComplaintRequest,
    AssignComplaintRequest,
    CloseComplaintRequest,
    ComplainantView,
    ComplaintImportRequest,
    ComplaintImportView,
    ComplaintQuery,
    ComplaintRequest,
    ComplaintSummary,
    ComplaintView,
    EscalateComplaintRequest,
    ExtensionRequest,
    RecordStatus,
    RefuseComplaintRequest,
    ReportComplaintRequest,
    RevealRequest,
)
from services.escalation.complaints.tables import Complaint
from shared.access.actor import Actor, May
from shared.access.visibility import load, visible
from shared.clock import now
from shared.db import ReadSession, Session
from shared.figures import in_days
from shared.law.places import in_division
from shared.web import router as router_of
from shared.web.paging import Page, paginate

router = router_of("/escalation/v1/complaints", "complaints")

imports = router_of("/escalation/v1/complaint-imports", "complaints")

MOST_BYTES = 8 * 1024 * 1024

Reader = Annotated[Actor, May("complaint:read")]
Extender = Annotated[Actor, May("complaint:extend")]


@router.post("", status_code=201)
async def receive_complaint(
    session: Session, actor: Annotated[Actor, May("complaint:receive")], body: ComplaintRequest
) -> ComplaintView:
    """Take down a complaint (投诉举报) in a division that the caller covers.

    Who complained is sealed, and cut out of title and content. The answer is due by the rule
    `complaint.reply`, counted from when it was received. What is said of the conduct of a
    township's officers is decided on by the district.
    """
    return ComplaintView.of(await actions.receive(session, actor, body), actor, now(session))


@imports.post("", max_body_size=MOST_BYTES)
async def import_complaints(
    session: Session,
    actor: Annotated[Actor, May("complaint:import")],
    body: ComplaintImportRequest,
) -> ComplaintImportView:
    """Take over complaints of another system, such as the hotline 12345, at most 500 at a time.

    Each is known by `source` and `external_id` and taken over once, however often it is sent; what
    became of each record is told in their order, and none holds up another.
    """
    results = await actions.take_over(session, actor, body)
    count = Counter(result.status for result in results)
    return ComplaintImportView(
        created=count[RecordStatus.CREATED],
        duplicates=count[RecordStatus.DUPLICATE],
        differing=count[RecordStatus.DIFFERS],
        refused=count[RecordStatus.REFUSED],
        results=results,
    )


@router.get("")
async def list_complaints(
    session: ReadSession, actor: Reader, query: Annotated[ComplaintQuery, Query()]
) -> Page[ComplaintSummary]:
    """The complaints that the caller may see, newest first; never who complained."""
    moment = now(session)
    statement = select(Complaint).where(visible(Complaint, actor))
    for column, value in (
        (Complaint.state, query.state),
        (Complaint.kind, query.kind),
        (Complaint.channel, query.channel),
        (Complaint.outcome, query.outcome),
        (Complaint.level, query.level),
        (Complaint.against, query.against),
        (Complaint.source, query.source),
        (Complaint.external_id, query.external_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if query.division is not None:
        place = in_division(Complaint, query.division, direct=query.direct)
        statement = statement.where(place)
    if query.overdue is not None:
        overdue = actions.is_overdue(moment)
        statement = statement.where(overdue if query.overdue else not_(overdue))
    statement = statement.where(
        *in_days(Complaint.received_at, query.received_from, query.received_to),
        *in_days(Complaint.answered_at, query.answered_from, query.answered_to),
        *in_days(Complaint.due_at, query.due_from, query.due_to),
    )
    rows, cursor, count = await paginate(
        session,
        statement,
        sort=query.sort,
        columns={"id": Complaint.id, "due_at": Complaint.due_at},
        id=Complaint.id,
        paging=query,
    )
    items = [ComplaintSummary.of(row, actor, moment) for (row,) in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/{id}")
async def get_complaint(session: ReadSession, actor: Reader, id: UUID) -> ComplaintView:
    """One complaint; never who complained."""
    return ComplaintView.of(await load(session, Complaint, id, actor), actor, now(session))


@router.post("/{id}/accept")
async def accept_complaint(
    session: Session, actor: Annotated[Actor, May("complaint:accept")], id: UUID
) -> ComplaintView:
    """Take it up (受理)."""
    return ComplaintView.of(await actions.accept(session, actor, id), actor, now(session))


@router.post("/{id}/refuse")
async def refuse_complaint(
    session: Session,
    actor: Annotated[Actor, May("complaint:refuse")],
    id: UUID,
    body: RefuseComplaintRequest,
) -> ComplaintView:
    """Do not take it up (不予受理): on a ground, and the complainant is told."""
    return ComplaintView.of(await actions.refuse(session, actor, id, body), actor, now(session))


@router.post("/{id}/assign")
async def assign_complaint(
    session: Session,
    actor: Annotated[Actor, May("complaint:assign")],
    id: UUID,
    body: AssignComplaintRequest,
) -> ComplaintView:
    """Have a body look into it (交办), or another one, or the same again.

    What is said of conduct is not given to the body complained of.
    """
    return ComplaintView.of(await actions.assign(session, actor, id, body), actor, now(session))


@router.post("/{id}/report")
async def report_complaint(
    session: Session,
    actor: Annotated[Actor, May("complaint:report")],
    id: UUID,
    body: ReportComplaintRequest,
) -> ComplaintView:
    """Tell what the handling body found and did."""
    row = await actions.report(session, actor, id, body.result)
    return ComplaintView.of(row, actor, now(session))


@router.post("/{id}/answer")
async def answer_complaint(
    session: Session,
    actor: Annotated[Actor, May("complaint:answer")],
    id: UUID,
    body: AnswerComplaintRequest,
) -> ComplaintView:
    """Answer the complainant (答复), with the outcome, by another person than who reported it.

    The outcome is told as a fact (`complaint.answered`) to those who supervise the body.
    """
    return ComplaintView.of(await actions.answer(session, actor, id, body), actor, now(session))


@router.post("/{id}/request-extension")
async def request_complaint_extension(
    session: Session,
    actor: Annotated[Actor, May("complaint:request_extension")],
    id: UUID,
    body: ExtensionRequest,
) -> ComplaintView:
    """Ask for more time (延期), once, before the deadline."""
    row = await actions.request_extension(session, actor, id, body.reason)
    return ComplaintView.of(row, actor, now(session))


@router.post("/{id}/extend")
async def extend_complaint(session: Session, actor: Extender, id: UUID) -> ComplaintView:
    """Grant the extension, as another person than the one who asked for it."""
    return ComplaintView.of(await actions.extend(session, actor, id), actor, now(session))


@router.post("/{id}/refuse-extension")
async def refuse_complaint_extension(session: Session, actor: Extender, id: UUID) -> ComplaintView:
    """Refuse the extension, as another person than the one who asked for it."""
    row = await actions.refuse_extension(session, actor, id)
    return ComplaintView.of(row, actor, now(session))


@router.post("/{id}/escalate")
async def escalate_complaint(
    session: Session,
    actor: Annotated[Actor, May("complaint:escalate")],
    id: UUID,
    body: EscalateComplaintRequest,
) -> ComplaintView:
    """Raise an issue (上报事项) of it, which goes its own way up.

    It says nothing of who complained; the complaint is answered all the same.
    """
    return ComplaintView.of(await actions.escalate(session, actor, id, body), actor, now(session))


@router.post("/{id}/close")
async def close_complaint(
    session: Session,
    actor: Annotated[Actor, May("complaint:close")],
    id: UUID,
    body: CloseComplaintRequest | None = None,
) -> ComplaintView:
    """End it (办结), with what the complainant said of the answer (回访), if asked."""
    satisfied = body.satisfied if body else None
    row = await actions.close(session, actor, id, satisfied=satisfied)
    return ComplaintView.of(row, actor, now(session))


@router.post("/{id}/reveal")
async def reveal_complainant(
    session: Session,
    response: Response,
    actor: Annotated[Actor, May("complaint:reveal")],
    id: UUID,
    body: RevealRequest,
) -> ComplainantView:
    """Who complained, for the level that decides on it; each look is in the audit trail.

    Kept in no cache.
    """
    response.headers["Cache-Control"] = "no-store"
    shown = await actions.reveal(session, actor, id, body.reason)
    told = {name: shown.get(name) for name in ("name", "contact", "address")}
    return ComplainantView(complaint_id=id, **told)
