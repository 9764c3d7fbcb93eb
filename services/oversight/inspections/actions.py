"""The verbs of an inspection. Each leaves a fact; while it is concealed, one that stays inside."""

from collections.abc import Collection
from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.campaigns import actions as campaigns
from services.oversight.campaigns.tables import Campaign
from services.oversight.evidence_seals import actions as seals
from services.oversight.inspections import rules
from services.oversight.inspections.rules import CONDUCT, InspectionMode, InspectionState
from services.oversight.inspections.schemas import (
    CancelRequest,
    ChallengeRequest,
    InspectionRequest,
    InspectorRequest,
    RecusalRequest,
    SealEvidenceRequest,
)
from services.oversight.inspections.tables import Inspection
from services.oversight.permissions import (
    SUPERVISORS,
    NotInCharge,
    answers,
    may_know_of,
    require,
    supervises,
)
from services.oversight.rectifications.tables import Rectification
from services.oversight.subject_views.actions import hold_divisions, subject_to_supervise
from services.oversight.subject_views.rules import may_be_inspected
from services.oversight.subject_views.tables import SubjectView
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped
from shared.clock import now
from shared.db import Scope
from shared.events.oversight.inspections import (
    InspectionAccepted,
    InspectionAssigned,
    InspectionCancelled,
    InspectionCompleted,
    InspectionEvidenceSealed,
    InspectionFact,
    InspectionNotified,
    InspectionPrepared,
    InspectionReassigned,
    InspectionRecusalOverdue,
    InspectionRecusalRefused,
    InspectionRecusalRequested,
    InspectionSigned,
    InspectionStarted,
)
from shared.facts import publish
from shared.law.calendar import due
from shared.law.divisions import Level, level_of
from shared.law.tables import calendar_of, rule
from shared.refusals import NotFound
from shared.timers import cancel as cancel_timer
from shared.timers import schedule

RECUSAL = "inspection.recusal"
"""Timer, named like the rule that it follows."""


async def assign(session: AsyncSession, actor: Actor, request: InspectionRequest) -> Inspection:
    """Set up an inspection of a subject in the caller's division."""
    await hold_divisions(session)
    subject = await subject_to_supervise(session, request.subject_id, actor)
    if request.follows_id is not None:
        await _check_followed(session, actor, request.follows_id, subject.id)
    return await set_up(
        session,
        actor,
        subject,
        kind=request.kind,
        mode=request.mode,
        theme=request.theme,
        basis=request.basis,
        planned_on=request.planned_on,
        inspectors=[_stored(one) for one in request.inspectors],
        campaign_id=request.campaign_id,
        follows_id=request.follows_id,
    )


async def set_up(
    session: AsyncSession,
    actor: Actor,
    subject: SubjectView,
    *,
    kind: str,
    mode: str,
    theme: str,
    basis: str,
    planned_on: date,
    inspectors: list[dict[str, Any]],
    campaign_id: UUID | None = None,
    follows_id: UUID | None = None,
    draw_id: UUID | None = None,
) -> Inspection:
    """The same of a subject that is found already; the caller holds the divisions."""
    may_be_inspected(subject.state)
    rules.may_assign(
        mode=mode,
        inspectors=[(one["sub"], one["organisation"]) for one in inspectors],
        subject=subject.organisation,
        least=await _least(session),
        authority=actor.division,
        authority_organisation=actor.organisation,
    )
    if campaign_id is not None:
        await campaigns.running(
            session,
            actor,
            campaign_id,
            kind=kind,
            mode=mode,
            planned_on=planned_on,
            subject=subject,
        )
    row = Inspection(
        subject_id=subject.id,
        campaign_id=campaign_id,
        follows_id=follows_id,
        draw_id=draw_id,
        subject_name=subject.name,
        division=subject.division,
        authority=actor.division,
        uscc=subject.organisation,
        kind=kind,
        mode=mode,
        theme=theme,
        basis=basis,
        planned_on=planned_on,
        state=InspectionState.ASSIGNED,
        inspectors=inspectors,
        recusals=[],
        assigned_at=now(session),
        assigned_by=actor.sub,
    )
    if mode == InspectionMode.UNANNOUNCED:
        row.district = _body(actor).district
        row.organisation, row.domains = None, []
    else:
        _disclose(row, subject)
    session.add(row)
    await session.flush()
    _publish(session, row, InspectionAssigned)
    return row


async def accept(session: AsyncSession, actor: Actor, id: UUID) -> Inspection:
    """The inspectors take it on."""
    row = await _step(session, actor, id, "accept")
    row.accepted_at = now(session)
    await session.flush()
    _publish(session, row, InspectionAccepted)
    return row


async def notify(session: AsyncSession, actor: Actor, id: UUID) -> Inspection:
    """Tell the subject that it is coming."""
    row = await _step(session, actor, id, "notify")
    row.notified_at = now(session)
    await session.flush()
    _publish(session, row, InspectionNotified, planned_on=row.planned_on)
    return row


async def start(session: AsyncSession, actor: Actor, id: UUID) -> Inspection:
    """The inspectors are on site; from now on the subject sees an unannounced one too."""
    await hold_divisions(session)
    row = await _step(session, actor, id, "start")
    row.started_at = now(session)
    if row.concealed:
        subject = await session.scalar(
            select(SubjectView).where(
                SubjectView.id == row.subject_id,
                unscoped(SubjectView, reason="the inspection takes the subject's place"),
            )
        )
        assert subject is not None
        _disclose(row, subject)
    await session.flush()
    _publish(session, row, InspectionStarted)
    return row


async def seal(
    session: AsyncSession, actor: Actor, id: UUID, request: SealEvidenceRequest
) -> Inspection:
    """The visit is over: all its evidence is sealed as one set, which may be empty."""
    row = await _step(session, actor, id, "seal")
    sealed = await seals.seal_all(session, actor, row.id, reason=request.reason)
    row.sealed_at, row.evidence_seal_id = sealed.sealed_at, sealed.id
    await session.flush()
    told = {"seal_id": sealed.id, "files": sealed.files, "digest": sealed.digest}
    _publish(session, row, InspectionEvidenceSealed, **told)
    return row


async def sign(session: AsyncSession, actor: Actor, id: UUID) -> Inspection:
    """Sign the findings: no further one is added."""
    row = await _step(session, actor, id, "sign")
    row.signed_at = now(session)
    await session.flush()
    _publish(session, row, InspectionSigned, findings=row.findings)
    return row


async def close(session: AsyncSession, actor: Actor, id: UUID) -> Inspection:
    """Close it, once every finding is confirmed or withdrawn."""
    row = await _step(session, actor, id, "close")
    row.closed_at = now(session)
    await session.flush()
    _publish(session, row, InspectionCompleted, findings=row.findings)
    return row


async def cancel(
    session: AsyncSession, actor: Actor, id: UUID, request: CancelRequest
) -> Inspection:
    """It will not be held. An unannounced one stays unknown to the subject."""
    row = await _step(session, actor, id, "cancel")
    row.cancelled_at, row.cancel_reason = now(session), request.reason
    await session.flush()
    _publish(session, row, InspectionCancelled)
    return row


async def recuse(
    session: AsyncSession, actor: Actor, id: UUID, request: RecusalRequest
) -> Inspection:
    """An inspector leaves, another may come; enough of them must remain."""
    row = await _step(session, actor, id, "recuse")
    comes = request.replacement
    rules.may_recuse(
        request.inspector,
        assigned=[one["sub"] for one in row.inspectors],
        recused=[past["inspector"]["sub"] for past in row.recusals],
        replacement=comes.sub if comes else None,
        sub=actor.sub,
    )
    if request.inspector in row.challenged:
        await _decide(session, actor, row, request.inspector, granted=True, why=request.reason)
    inspectors = [one for one in row.inspectors if one["sub"] != request.inspector]
    leaves = next(one for one in row.inspectors if one["sub"] == request.inspector)
    if comes:
        inspectors.append(_stored(comes))
    rules.may_inspect(
        [(one["sub"], one["organisation"]) for one in inspectors],
        subject=row.uscc,
        least=await _least(session),
    )
    row.inspectors = inspectors
    row.recusals = [
        *row.recusals,
        {
            "inspector": leaves,
            "reason": request.reason,
            "replacement": _stored(comes) if comes else None,
            "recused_at": now(session).isoformat(),
            "recorded_by": actor.sub,
        },
    ]
    await session.flush()
    _publish(session, row, InspectionReassigned)
    return row


async def request_recusal(
    session: AsyncSession, actor: Actor, id: UUID, request: ChallengeRequest
) -> Inspection:
    """Ask that an inspector be taken off; until somebody else decides, they do nothing more."""
    row = await _step(session, actor, id, "request_recusal")
    rules.may_challenge(
        request.inspector,
        assigned=[one["sub"] for one in row.inspectors],
        asked=row.challenged,
    )
    inspector = next(one for one in row.inspectors if one["sub"] == request.inspector)
    period = (await rule(session, RECUSAL)).deadline()
    due_at = due(now(session), period, await calendar_of(session)).at
    row.recusal_requests = [
        *row.recusal_requests,
        {
            "inspector": inspector,
            "reason": request.reason,
            "asked_at": now(session).isoformat(),
            "asked_by": actor.sub,
            "due_at": due_at.isoformat(),
            "granted": None,
            "decision": None,
            "decided_at": None,
            "decided_by": None,
        },
    ]
    await session.flush()
    await _watch_recusals(session, row)
    _publish(session, row, InspectionRecusalRequested, inspector=request.inspector, due_at=due_at)
    return row


async def refuse_recusal(
    session: AsyncSession, actor: Actor, id: UUID, request: ChallengeRequest
) -> Inspection:
    """The inspector stays."""
    row = await _step(session, actor, id, "refuse_recusal")
    if request.inspector not in row.challenged:
        raise rules.RecusalNotAsked
    await _decide(session, actor, row, request.inspector, granted=False, why=request.reason)
    await session.flush()
    _publish(session, row, InspectionRecusalRefused, inspector=request.inspector)
    return row


async def miss_recusal(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: a request for a recusal has waited for too long; the next one is watched."""
    row = await session.get(Inspection, ref, with_for_update=True)
    if row is None or row.state not in rules.UNDER_WAY or not row.open_requests:
        return
    _publish(session, row, InspectionRecusalOverdue)
    await _watch_recusals(session, row, after=due_at)


async def _decide(
    session: AsyncSession, actor: Actor, row: Inspection, inspector: str, *, granted: bool, why: str
) -> None:
    """Write down what became of the open request against an inspector."""
    decided = {
        "granted": granted,
        "decision": why,
        "decided_at": now(session).isoformat(),
        "decided_by": actor.sub,
    }
    row.recusal_requests = [
        {**one, **decided}
        if one["granted"] is None and one["inspector"]["sub"] == inspector
        else one
        for one in row.recusal_requests
    ]
    await _watch_recusals(session, row)


async def _watch_recusals(
    session: AsyncSession, row: Inspection, *, after: datetime | None = None
) -> None:
    """One timer an inspection: for the open request that is due first, of those not yet told."""
    due_days = [datetime.fromisoformat(one["due_at"]) for one in row.open_requests]
    waiting = [day for day in due_days if day > (after or now(session))]
    if waiting:
        await schedule(session, RECUSAL, row.id, min(waiting))
    elif after is None:
        await cancel_timer(session, RECUSAL, row.id)


async def read(session: AsyncSession, actor: Actor, id: UUID, *, lock: bool = False) -> Inspection:
    """One visible inspection. A concealed one is hidden from machines and its own subject."""
    row = await load(session, Inspection, id, actor, lock=lock)
    if row.concealed:
        whether = unscoped(Inspection, reason="the row is visible; here, whether it may be known")
        known = select(Inspection.id).where(Inspection.id == id, known_to(actor), whether)
        if await session.scalar(known) is None:
            raise NotFound
    return row


def known_to(actor: Actor) -> ColumnElement[bool]:
    """The same for a list, beside `visible`."""
    known = Inspection.organisation.is_not(None)
    if actor.roles.isdisjoint(SUPERVISORS):
        return known
    # Who must not know of a campaign does not see its visits to others either.
    campaigns_known = select(Campaign.id).where(
        may_know_of(Campaign, actor),
        unscoped(Campaign, reason="whether the caller may know of it, whosever it is"),
    )
    of_others = and_(
        Inspection.uscc.is_distinct_from(actor.organisation),
        or_(Inspection.campaign_id.is_(None), Inspection.campaign_id.in_(campaigns_known)),
    )
    return or_(known, of_others)


async def recused_from(
    session: AsyncSession, actor: Actor, inspections: Collection[UUID]
) -> frozenset[UUID]:
    """Those of `inspections` that the caller was taken off, or may yet be."""
    if not inspections or actor.roles.isdisjoint(SUPERVISORS):
        return frozenset()
    found = await session.scalars(
        select(Inspection.id).where(
            Inspection.id.in_(set(inspections)),
            or_(
                Inspection.recusals.contains([{"inspector": {"sub": actor.sub}}]),
                Inspection.recusal_requests.contains(
                    [{"inspector": {"sub": actor.sub}, "granted": None}]
                ),
            ),
            unscoped(Inspection, reason="a recusal holds whether or not it can be seen"),
        )
    )
    return frozenset(found)


async def _step(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Inspection:
    """The row, locked, in the state that `action` leads to."""
    row = await read(session, actor, id, lock=True)
    if action == "request_recusal":
        if not (supervises(actor, row) or answers(actor, row)):
            raise NotInCharge
    else:
        require(actor, row, CONDUCT)
    row.state = rules.next_state(
        action,
        state=row.state,
        mode=row.mode,
        undecided=row.undecided,
        recused=row.recused(actor.sub),
        challenged=row.challenged,
        asked_by=[one["asked_by"] for one in row.open_requests],
        sub=actor.sub,
    )
    return row


async def _check_followed(session: AsyncSession, actor: Actor, id: UUID, subject_id: UUID) -> None:
    try:
        followed = await load(session, Rectification, id, actor)
    except NotFound:
        raise rules.FollowedUnknown(follows_id=str(id)) from None
    rules.may_follow(state=followed.state, same_subject=followed.subject_id == subject_id)


async def _least(session: AsyncSession) -> int:
    return int((await rule(session, "inspection.min_inspectors")).value["count"])


def _body(actor: Actor) -> Scope:
    """The scope of the inspecting body itself; townships hold no unannounced inspections."""
    district = level_of(actor.division) is Level.DISTRICT
    return Scope(district=actor.division if district else None)


def _disclose(row: Inspection, subject: SubjectView) -> None:
    """Let everybody see it who sees the subject, and the subject itself."""
    if row.district not in (None, subject.district):
        # Its township moved meanwhile: the district that prepared it goes on.
        row.parties = [*row.parties, str(row.district)]
    row.district, row.township = subject.district, subject.township
    row.organisation, row.domains = subject.organisation, list(subject.domains)


def _stored(inspector: InspectorRequest) -> dict[str, Any]:
    return inspector.model_dump(mode="json")


def _publish(
    session: AsyncSession, row: Inspection, kind: type[InspectionFact], **more: Any
) -> None:
    told = {
        "inspection_id": row.id,
        "subject_id": row.subject_id,
        "campaign_id": row.campaign_id,
        "assigned_by": row.assigned_by,
        "follows_id": row.follows_id,
        "organisation": row.uscc,
        "subject_name": row.subject_name,
        "kind": row.kind,
        "mode": row.mode,
        "theme": row.theme,
        "division": row.division,
        "state": row.state,
        "inspectors": [one["sub"] for one in row.inspectors],
    }
    fact = (
        InspectionPrepared(**told, step=kind.type.split(".")[2])
        if row.concealed
        else kind(**told, **more)
    )
    publish(session, fact, at=row)
