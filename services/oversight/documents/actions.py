"""The verbs of a document. What happens before it is served stays with the supervising body."""

import secrets
from collections.abc import Sequence
from datetime import datetime, time
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.document_issuers.actions import issuer_of
from services.oversight.document_issuers.rules import IssuerLevel
from services.oversight.document_kinds.actions import kinds
from services.oversight.document_kinds.rules import Addressee, kind_in_force
from services.oversight.document_numbers.actions import take
from services.oversight.documents import rules
from services.oversight.documents.rules import DocumentState
from services.oversight.documents.schemas import (
    FIELDS,
    DocumentPatch,
    DocumentRequest,
    ReasonRequest,
    ReportRequest,
    ReviewRequest,
    ServiceRequest,
    kind_of,
    standing_of,
)
from services.oversight.documents.tables import Document
from services.oversight.findings.tables import Finding
from services.oversight.inspections import actions as inspections
from services.oversight.inspections.actions import recused_from
from services.oversight.inspections.rules import ActorRecused
from services.oversight.permissions import SUPERVISORS, require
from services.oversight.rectifications.tables import Rectification
from services.oversight.subject_views.actions import hold_divisions, subject_to_supervise
from services.oversight.subject_views.tables import SubjectView
from shared import timers
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped
from shared.clock import SHANGHAI, now, today
from shared.db import Scope, new_id
from shared.events.oversight.documents import (
    DocumentAcknowledged,
    DocumentExecuted,
    DocumentExecutionRefused,
    DocumentExecutionReported,
    DocumentFact,
    DocumentIssued,
    DocumentOverdue,
    DocumentPrepared,
    DocumentRevoked,
    DocumentServed,
)
from shared.facts import publish
from shared.law.calendar import Deadline, due
from shared.law.tables import calendar_of, rule
from shared.refusals import NotFound

OVERDUE = "document.overdue"
"""The timer of a served document: its term to be executed."""
NOON = time(12, tzinfo=SHANGHAI)


async def draft(session: AsyncSession, actor: Actor, request: DocumentRequest) -> Document:
    """Begin a document about a subject in the caller's division."""
    await hold_divisions(session)
    subject = await subject_to_supervise(session, request.subject_id, actor)
    if len(actor.division) not in (2, 6):
        raise IssuerLevel
    kind = kind_in_force(kinds(), request.kind, on=today(session))
    await issuer_of(session, actor.division)
    links = await _links(session, actor, request, subject)
    moment = now(session)
    row = Document(
        id=new_id(),
        subject_id=subject.id,
        subject_name=subject.name,
        uscc=subject.organisation,
        division=subject.division,
        authority=actor.division,
        district=actor.division if len(actor.division) == 6 else None,
        kind=kind.code,
        label=kind.label,
        title=request.title,
        content=_told(request),
        period=request.period.model_dump(mode="json") if request.period else None,
        state=DocumentState.DRAFTED,
        authors=[actor.sub],
        drafted_at=moment,
        drafted_by=actor.sub,
        reports=[],
        **links,
    )
    require(actor, row, rules.DRAFT)
    session.add(row)
    await session.flush()
    _prepared(session, row)
    return row


async def change(session: AsyncSession, actor: Actor, id: UUID, patch: DocumentPatch) -> Document:
    """Change a draft; who does is one of its authors from now on."""
    row = await _step(session, actor, id, "change", rules.DRAFT)
    sent = patch.model_dump(mode="json", include=patch.model_fields_set)
    content = {**row.content, **{name: sent[name] for name in FIELDS if name in sent}}
    row.content = {name: value for name, value in content.items() if value is not None}
    if "title" in sent:
        row.title = sent["title"]
    if "period" in sent:
        row.period = sent["period"]
    if not session.is_modified(row):
        return row
    if actor.sub not in row.authors:
        row.authors = [*row.authors, actor.sub]
    await session.flush()
    _prepared(session, row)
    return row


async def submit(session: AsyncSession, actor: Actor, id: UUID) -> Document:
    """It is complete: the legal review has it."""
    row = await _step(session, actor, id, "submit", rules.DRAFT)
    await session.flush()
    _prepared(session, row)
    return row


async def approve(
    session: AsyncSession, actor: Actor, id: UUID, request: ReviewRequest
) -> Document:
    """The legal review has nothing against it."""
    row = await _step(session, actor, id, "approve", rules.REVIEW)
    row.reviewed_at, row.reviewed_by = now(session), actor.sub
    row.review_note = request.note
    await session.flush()
    _prepared(session, row)
    return row


async def give_back(
    session: AsyncSession, actor: Actor, id: UUID, request: ReasonRequest
) -> Document:
    """The legal review, or who was to sign, gives it back to its authors."""
    row = await _step(session, actor, id, "return", rules.REVIEW)
    row.reviewed_at = row.reviewed_by = None
    row.review_note = request.reason
    await session.flush()
    _prepared(session, row)
    return row


async def discard(
    session: AsyncSession, actor: Actor, id: UUID, request: ReasonRequest
) -> Document:
    """It will not be issued."""
    row = await _step(session, actor, id, "discard", rules.DRAFT)
    _end(session, row, actor.sub, request.reason)
    await session.flush()
    _prepared(session, row)
    return row


async def sign(session: AsyncSession, actor: Actor, id: UUID) -> Document:
    """Sign it and give it the next number of its run, both or neither."""
    row = await _step(session, actor, id, "sign", rules.SIGN)
    kind, _ = kind_of(row, today(session))
    if kind.executes and row.period is None:
        # The page says the term: a rule that changes before the service is the next document's.
        term = (await rule(session, "document.execution")).deadline()
        row.period = term.model_dump(mode="json")
    # Looked up last: whoever signs in the same run waits from here to the commit.
    issuer = await issuer_of(session, row.authority)
    series, year = f"{issuer.prefix}{kind.word}", today(session).year
    row.signed_at, row.signed_by, row.signer = now(session), actor.sub, actor.name
    row.issued_on, row.issuer, row.label = today(session), issuer.name, kind.label
    row.number = await take(session, series, year)
    row.code = secrets.token_hex(10)
    row.digest = rules.digest_of(row.said)
    await session.flush()
    fact = DocumentIssued(
        document_id=row.id,
        kind=row.kind,
        number=row.number,
        issuer=issuer.name,
        issued_on=row.issued_on,
        digest=row.digest,
        authority=row.authority,
    )
    publish(session, fact, at=row)
    return row


async def serve(session: AsyncSession, actor: Actor, id: UUID, request: ServiceRequest) -> Document:
    """It reached the addressee, who sees it from now on; its terms run from that day."""
    await hold_divisions(session)
    row = await _step(session, actor, id, "serve", rules.SERVE)
    assert row.issued_on is not None
    rules.may_serve(
        method=request.method,
        witnesses=request.witnesses,
        served_on=request.served_on,
        issued_on=row.issued_on,
        today=today(session),
    )
    row.served_at = datetime.combine(request.served_on, NOON)
    row.service = {**request.model_dump(mode="json"), "recorded_by": actor.sub}
    kind, _ = kind_of(row, row.issued_on)
    calendar = await calendar_of(session)
    if kind.executes:
        end = due(row.served_at, Deadline.model_validate(row.period), calendar)
        row.due_at, row.due_provisional = end.at, end.provisional
        await timers.schedule(session, OVERDUE, row.id, end.at)
    if kind.objection:
        term = (await rule(session, "document.objection")).deadline()
        row.objection_due_at = due(row.served_at, term, calendar).at
    if kind.addressee is Addressee.SUBJECT:
        await _disclose(session, row)
    await session.flush()
    served_on, method = request.served_on, request.method
    publish_fact(session, row, DocumentServed, served_on=served_on, method=method)
    return row


async def acknowledge(session: AsyncSession, actor: Actor, id: UUID) -> Document:
    """The addressee has it."""
    row = await _step(session, actor, id, "acknowledge", rules.ANSWER)
    row.acknowledged_at, row.acknowledged_by = now(session), actor.sub
    await session.flush()
    publish_fact(session, row, DocumentAcknowledged)
    return row


async def report(session: AsyncSession, actor: Actor, id: UUID, request: ReportRequest) -> Document:
    """The addressee says what it did; late is better than never."""
    row = await _step(session, actor, id, "report", rules.ANSWER)
    moment = now(session)
    late = row.due_at is not None and row.due_at <= moment
    if late and row.overdue_at is None:
        # It came before the timer: that the term had passed is a fact all the same.
        row.overdue_at = moment
        await session.flush()
        publish_fact(session, row, DocumentOverdue)
    row.reports = [
        *row.reports,
        {
            "report": request.report,
            "reported_at": moment.isoformat(),
            "reported_by": actor.sub,
            "late": late,
            "verdict": None,
            "note": None,
            "judged_at": None,
            "judged_by": None,
        },
    ]
    await session.flush()
    publish_fact(session, row, DocumentExecutionReported)
    return row


async def confirm(
    session: AsyncSession, actor: Actor, id: UUID, request: ReviewRequest
) -> Document:
    """It is executed."""
    row = await _step(session, actor, id, "confirm", rules.JUDGE)
    row.executed_at = now(session)
    _judge(session, actor, row, "confirmed", request.note)
    await timers.cancel(session, OVERDUE, row.id)
    await session.flush()
    publish_fact(session, row, DocumentExecuted)
    return row


async def refuse(session: AsyncSession, actor: Actor, id: UUID, request: ReasonRequest) -> Document:
    """What was reported does not do; the term is what it was."""
    row = await _step(session, actor, id, "refuse", rules.JUDGE)
    _judge(session, actor, row, "refused", request.reason)
    if row.due_at is not None and row.overdue_at is None:
        # It may have run out while the report lay with us.
        await timers.schedule(session, OVERDUE, row.id, row.due_at)
    await session.flush()
    publish_fact(session, row, DocumentExecutionRefused)
    return row


async def revoke(session: AsyncSession, actor: Actor, id: UUID, request: ReasonRequest) -> Document:
    """Take back what was issued; its number stays used."""
    row = await _step(session, actor, id, "revoke", rules.SIGN)
    _end(session, row, actor.sub, request.reason)
    await timers.cancel(session, OVERDUE, row.id)
    await session.flush()
    publish_fact(session, row, DocumentRevoked)
    return row


async def end_by_re_examination(
    session: AsyncSession, row: Document, action: str, kind: type[DocumentFact], *, sub: str
) -> None:
    """A re-examination revoked or amended it; the row is locked by who calls."""
    row.state = rules.LIFECYCLE.next(action, row.state)
    _end(session, row, sub, "复查决定")
    await timers.cancel(session, OVERDUE, row.id)
    await session.flush()
    publish_fact(session, row, kind)


async def mark_overdue(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the term has passed and nothing was reported. Told once."""
    row = await session.scalar(select(Document).where(Document.id == ref).with_for_update())
    if row is None or row.overdue_at is not None:
        return
    if not rules.is_overdue(state=row.state, due_at=row.due_at, now=now(session)):
        return
    row.overdue_at = now(session)
    await session.flush()
    publish_fact(session, row, DocumentOverdue)


async def read(session: AsyncSession, actor: Actor, id: UUID, *, lock: bool = False) -> Document:
    """One visible document. One that is not served is hidden from all but supervisors, and from
    those of them who work for its subject."""
    row = await load(session, Document, id, actor, lock=lock)
    if not row.disclosed and not _may_know(actor, row.uscc):
        raise NotFound
    return row


def known_to(actor: Actor) -> ColumnElement[bool]:
    """The same for a list, beside `visible`."""
    known = Document.disclosed_at.is_not(None)
    if actor.roles.isdisjoint(SUPERVISORS):
        return known
    return or_(known, Document.uscc.is_distinct_from(actor.organisation))


def is_overdue(moment: datetime) -> ColumnElement[bool]:
    """The term has passed and nothing was reported, whether the timer has said so or not."""
    running = Document.state.in_(rules.RUNNING)
    return running & Document.due_at.is_not(None) & (Document.due_at <= moment)


async def recused(session: AsyncSession, actor: Actor, rows: Sequence[Document]) -> frozenset[UUID]:
    """Those of `rows`, by id, from whose inspections the caller was taken off."""
    behind = {row.inspection_id for row in rows if row.inspection_id}
    off = await recused_from(session, actor, behind)
    return frozenset(row.id for row in rows if row.inspection_id in off)


def standing(session: AsyncSession, row: Document) -> rules.Standing:
    """What decides on the actions of a document today."""
    return standing_of(row, today(session))


async def _step(
    session: AsyncSession, actor: Actor, id: UUID, action: str, permission: str
) -> Document:
    """The row, locked, in the state that `action` leads to."""
    row = await read(session, actor, id, lock=True)
    require(actor, row, permission)
    if await recused(session, actor, [row]):
        raise ActorRecused
    row.state = rules.next_state(action, standing(session, row), sub=actor.sub)
    return row


async def _links(
    session: AsyncSession, actor: Actor, request: DocumentRequest, subject: SubjectView
) -> dict[str, UUID | None]:
    """What the document is about, all of it the subject's."""
    inspection_id = request.inspection_id
    finding_id = request.finding_id
    try:
        if request.rectification_id is not None:
            order = await load(session, Rectification, request.rectification_id, actor)
            _same(order.subject_id == subject.id, "rectification")
            _same(finding_id in (None, order.finding_id), "finding")
            finding_id = order.finding_id
        if finding_id is not None:
            finding = await load(session, Finding, finding_id, actor)
            _same(finding.subject_id == subject.id, "finding")
            _same(inspection_id in (None, finding.inspection_id), "inspection")
            inspection_id = finding.inspection_id
        if inspection_id is not None:
            inspection = await inspections.read(session, actor, inspection_id)
            _same(inspection.subject_id == subject.id, "inspection")
            # A served document would tell the subject of it.
            _same(not inspection.concealed, "inspection")
            if await recused_from(session, actor, [inspection_id]):
                raise ActorRecused
        if request.answers_id is not None:
            decision = await read(session, actor, request.answers_id)
            _same(decision.subject_id == subject.id and decision.objected, "decision")
    except NotFound:
        raise rules.LinkUnknown(what="matter") from None
    return {
        "inspection_id": inspection_id,
        "finding_id": finding_id,
        "rectification_id": request.rectification_id,
        "answers_id": request.answers_id,
    }


def _same(holds: bool, what: str) -> None:
    if not holds:
        raise rules.LinkUnknown(what=what)


async def _disclose(session: AsyncSession, row: Document) -> None:
    """Let everybody see it who sees the subject, and the subject itself."""
    subject = await session.scalar(
        select(SubjectView).where(
            SubjectView.id == row.subject_id,
            unscoped(SubjectView, reason="the document takes the subject's place"),
        )
    )
    assert subject is not None
    if row.district not in (None, subject.district):
        # Its township moved meanwhile: the district that wrote it goes on.
        row.parties = [*row.parties, str(row.district)]
    row.district, row.township = subject.district, subject.township
    row.organisation, row.domains = subject.organisation, list(subject.domains)
    row.disclosed_at = now(session)


def _may_know(actor: Actor, subject: str) -> bool:
    return not actor.roles.isdisjoint(SUPERVISORS) and actor.organisation != subject


def _told(request: DocumentRequest) -> dict[str, Any]:
    sent = request.model_dump(mode="json", include=set(FIELDS))
    return {name: value for name, value in sent.items() if value is not None}


def _judge(
    session: AsyncSession, actor: Actor, row: Document, verdict: str, note: str | None
) -> None:
    *before, last = row.reports
    judged = {
        "verdict": verdict,
        "note": note,
        "judged_at": now(session).isoformat(),
        "judged_by": actor.sub,
    }
    row.reports = [*before, {**last, **judged}]


def _end(session: AsyncSession, row: Document, sub: str, reason: str) -> None:
    row.ended_at, row.ended_by, row.end_reason = now(session), sub, reason


def _prepared(session: AsyncSession, row: Document) -> None:
    fact = DocumentPrepared(
        document_id=row.id,
        kind=row.kind,
        title=row.title,
        subject_id=row.subject_id,
        state=row.state,
        authority=row.authority,
        authority_level=row.authority_level,
    )
    publish(session, fact, at=row)


def publish_fact(
    session: AsyncSession, row: Document, kind: type[DocumentFact], **more: Any
) -> None:
    """Leave a fact of an issued document: about its subject only where the subject may see it."""
    fact = kind(
        document_id=row.id,
        kind=row.kind,
        label=row.label,
        number=row.number or "",
        issuer=row.issuer or "",
        digest=row.digest or "",
        subject_id=row.subject_id if row.disclosed else None,
        organisation=row.organisation,
        subject_name=row.subject_name if row.disclosed else None,
        division=row.division if row.disclosed else row.authority,
        state=row.state,
        due_at=row.due_at,
        authority=row.authority,
        authority_level=row.authority_level,
        **more,
    )
    publish(session, fact, at=row if row.disclosed else Scope(district=row.district))
