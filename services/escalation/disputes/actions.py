"""The verbs of a dispute, and what happens when a term of it ends."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, and_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.clocks import actions as clocks
from services.escalation.clocks.rules import has_happened
from services.escalation.disputes import rules
from services.escalation.disputes.rules import (
    PENDING,
    SERIES,
    TERMS,
    WAITED_FOR,
    DisputeKind,
    DisputeOutcome,
    DisputeState,
)
from services.escalation.disputes.schemas import (
    ApplyRequest,
    DisputeRequest,
    InterimRequest,
    OpinionRequest,
    PartyRequest,
    RefuseDisputeRequest,
    RulingRequest,
    SafetyActionRequest,
    Sides,
    part_of,
    side_of,
    standing,
)
from services.escalation.disputes.tables import IS_PENDING, Dispute, DisputeParty
from services.escalation.numbering.actions import next_numbers
from shared.access.actor import Actor
from shared.access.visibility import load
from shared.clock import now, today
from shared.events.escalation.disputes import (
    DisputeAccepted,
    DisputeApplied,
    DisputeClosed,
    DisputeConsentGiven,
    DisputeCoordinationBegun,
    DisputeDecided,
    DisputeDueSoon,
    DisputeFact,
    DisputeForwarded,
    DisputeInterimLifted,
    DisputeInterimOrdered,
    DisputeObjected,
    DisputeOpened,
    DisputeOpinionProposed,
    DisputeOpinionReturned,
    DisputeOverdue,
    DisputeRefused,
    DisputeReplied,
    DisputeSafetyActionReported,
    DisputeSettled,
    DisputeSubmitted,
    DisputeTermsProposed,
    DisputeWithdrawn,
    DisputingParty,
)
from shared.facts import publish
from shared.law.divisions import DivisionUnknown
from shared.law.tables import scope_of

E = TypeVar("E", bound=DisputeFact)
Stepped = tuple[Dispute, Sides]


async def open_dispute(session: AsyncSession, actor: Actor, request: DisputeRequest) -> Stepped:
    """A body says what it disputes with others; from now on they negotiate and none acts alone."""
    told = [request.applicant, *request.others]
    rules.may_open([party.organisation for party in told])
    scope = await scope_of(session, request.division)
    if actor.division not in scope:
        raise DivisionUnknown(division=request.division, on=today(session).isoformat())
    scopes = [await scope_of(session, party.division) for party in told]
    (number,) = await next_numbers(session, SERIES)
    moment = now(session)
    row = Dispute(
        **request.model_dump(exclude={"applicant", "others"}),
        number=number,
        level=rules.level_between([scope, *scopes]),
        state=DisputeState.NEGOTIATING,
        opened_at=moment,
        opened_by=actor.sub,
        changed_at=moment,
        district=scope.district,
        township=scope.township,
    )
    places = {place for one in scopes for place in one[1:] if place} - set(scope)
    row.parties = [*(party.organisation for party in told), *sorted(places)]
    session.add(row)
    await session.flush()
    sides = [_side(row, party, position) for position, party in enumerate(told)]
    if side_of(sides, actor) is not sides[0]:
        raise rules.DisputeNotApplicant
    if request.applicant.division != actor.division:
        raise rules.DisputeApplicantElsewhere(division=actor.division)
    session.add_all(sides)
    await clocks.start(session, row, TERMS[DisputeState.NEGOTIATING])
    return await _settle(session, row, sides, DisputeOpened)


async def propose_terms(session: AsyncSession, actor: Actor, id: UUID, terms: str) -> Stepped:
    """What to agree on; it takes the place of what was proposed before, and of its consents."""
    row, sides, own = await _party_step(session, actor, id, "propose_terms")
    row.terms = terms
    for side in sides:
        side.consented_at = side.consented_by = None
    own.consented_at, own.consented_by = now(session), actor.sub
    return await _settle(session, row, sides, DisputeTermsProposed, by=own.organisation)


async def consent(session: AsyncSession, actor: Actor, id: UUID) -> Stepped:
    """A party agrees to the terms as they are."""
    row, sides, own = await _party_step(session, actor, id, "consent")
    own.consented_at, own.consented_by = now(session), actor.sub
    agreed = standing(row, sides).agreed
    told = {"by": own.organisation, "agreed": agreed}
    return await _settle(session, row, sides, DisputeConsentGiven, **told)


async def settle(session: AsyncSession, actor: Actor, id: UUID) -> Stepped:
    """It is over, by the terms that each party consented to."""
    row, sides, _ = await _party_step(session, actor, id, "settle")
    row.closed_at = now(session)
    _lift(row)
    return await _settle(session, row, sides, DisputeSettled)


async def apply(session: AsyncSession, actor: Actor, id: UUID, request: ApplyRequest) -> Stepped:
    """The negotiation failed; ask the level to coordinate."""
    row, sides, _ = await _party_step(session, actor, id, "apply")
    row.application, row.negotiation = request.application, request.negotiation
    row.documents = [one.model_dump(mode="json") for one in request.documents]
    row.applied_at, row.applied_by = now(session), actor.sub
    return await _settle(session, row, sides, DisputeApplied)


async def withdraw(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Stepped:
    """Who opened it gives up."""
    row, sides, _ = await _party_step(session, actor, id, "withdraw")
    row.reason, row.closed_at = reason, now(session)
    _lift(row)
    return await _settle(session, row, sides, DisputeWithdrawn)


async def report_safety_action(
    session: AsyncSession, actor: Actor, id: UUID, request: SafetyActionRequest
) -> Stepped:
    """What a party did alone for the safety of the public or of a person."""
    row, sides, own = await _party_step(session, actor, id, "report_safety_action")
    has_happened(request.acted_on, today=today(session))
    told = request.model_dump(mode="json")
    told |= {"organisation": own.organisation, "reported_at": now(session).isoformat()}
    row.safety_actions = [*row.safety_actions, told]
    more = {"acted_on": request.acted_on, "act_number": request.act_number}
    by = own.organisation
    return await _settle(session, row, sides, DisputeSafetyActionReported, by=by, **more)


async def accept(session: AsyncSession, actor: Actor, id: UUID) -> Stepped:
    """The level coordinates."""
    row, sides = await _step(session, actor, id, "accept")
    return await _settle(session, row, sides, DisputeAccepted)


async def refuse(
    session: AsyncSession, actor: Actor, id: UUID, request: RefuseDisputeRequest
) -> Stepped:
    """The level does not coordinate, and the parties are told why."""
    row, sides = await _step(session, actor, id, "refuse")
    row.refusal_ground, row.reason, row.closed_at = request.ground, request.reason, now(session)
    return await _settle(session, row, sides, DisputeRefused, ground=request.ground)


async def forward(session: AsyncSession, actor: Actor, id: UUID) -> Stepped:
    """The other parties get the application, and have time to reply."""
    row, sides = await _step(session, actor, id, "forward")
    row.forwarded_at = now(session)
    return await _settle(session, row, sides, DisputeForwarded)


async def reply(session: AsyncSession, actor: Actor, id: UUID, words: str) -> Stepped:
    """What a party says to the application, for the level alone until all is exchanged."""
    row, sides, own = await _party_step(session, actor, id, "reply")
    own.reply, own.replied_at, own.replied_by = words, now(session), actor.sub
    outstanding = sum(side.replied_at is None for side in sides if side.position)
    told = {"by": own.organisation, "outstanding": outstanding}
    return await _settle(session, row, sides, DisputeReplied, **told)


async def coordinate(session: AsyncSession, actor: Actor, id: UUID) -> Stepped:
    """The replies are exchanged, and the level coordinates."""
    row, sides = await _step(session, actor, id, "coordinate")
    row.exchanged_at = now(session)
    return await _settle(session, row, sides, DisputeCoordinationBegun)


async def order_interim(
    session: AsyncSession, actor: Actor, id: UUID, request: InterimRequest
) -> Stepped:
    """What holds until it is decided, in the place of what was ordered before."""
    row, sides = await _step(session, actor, id, "order_interim")
    rules.may_name([request.lead], [side.organisation for side in sides])
    row.interim_measures, row.lead = list(request.measures), request.lead
    return await _settle(session, row, sides, DisputeInterimOrdered)


async def lift_interim(session: AsyncSession, actor: Actor, id: UUID) -> Stepped:
    """The interim measures hold no longer."""
    row, sides = await _step(session, actor, id, "lift_interim")
    _lift(row)
    return await _settle(session, row, sides, DisputeInterimLifted)


async def propose_opinion(
    session: AsyncSession, actor: Actor, id: UUID, request: OpinionRequest
) -> Stepped:
    """The draft of an opinion, for another person of the level."""
    row, sides = await _step(session, actor, id, "propose_opinion")
    named = [*request.competent, request.lead]
    rules.may_name(named, [side.organisation for side in sides])
    row.opinion, row.competent = request.opinion, list(request.competent)
    row.proposed_lead, row.proposed_by, row.remarks = request.lead, actor.sub, None
    return await _settle(session, row, sides, DisputeOpinionProposed)


async def return_opinion(session: AsyncSession, actor: Actor, id: UUID, remarks: str) -> Stepped:
    """The draft has to be mended."""
    row, sides = await _step(session, actor, id, "return_opinion")
    row.remarks = remarks
    return await _settle(session, row, sides, DisputeOpinionReturned)


async def issue_opinion(session: AsyncSession, actor: Actor, id: UUID) -> Stepped:
    """The opinion of the level: it decides, unless a party objects in time."""
    row, sides = await _step(session, actor, id, "issue_opinion")
    row.opined_at, row.opined_by = now(session), actor.sub
    return await _decide(session, row, sides, DisputeOutcome.OPINION, lead=row.proposed_lead)


async def object_to(session: AsyncSession, actor: Actor, id: UUID, objection: str) -> Stepped:
    """A party does not accept the opinion: it is pending again."""
    row, sides, own = await _party_step(session, actor, id, "object")
    row.objection, row.objected_by = objection, own.organisation
    row.outcome = row.decided_at = row.lead = None
    return await _settle(session, row, sides, DisputeObjected, by=own.organisation)


async def submit(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Stepped:
    """Ask the government of the level to rule."""
    row, sides = await _step(session, actor, id, "submit")
    row.submission = reason
    return await _settle(session, row, sides, DisputeSubmitted)


async def record_ruling(
    session: AsyncSession, actor: Actor, id: UUID, request: RulingRequest
) -> Stepped:
    """What the government ruled."""
    row, sides = await _step(session, actor, id, "record_ruling")
    has_happened(request.ruled_on, today=today(session))
    named = [*request.competent, request.lead]
    rules.may_name(named, [side.organisation for side in sides])
    row.ruling, row.ruling_number = request.ruling, request.number
    row.ruling_authority, row.ruled_on = request.authority, request.ruled_on
    row.competent = list(request.competent)
    return await _decide(session, row, sides, DisputeOutcome.RULING, lead=request.lead)


async def close(session: AsyncSession, actor: Actor, id: UUID, execution: str) -> Stepped:
    """The decision was carried out."""
    row, sides = await _step(session, actor, id, "close")
    row.execution, row.closed_at = execution, now(session)
    return await _settle(session, row, sides, DisputeClosed)


async def remind(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: a term ends soon."""
    row = await clocks.waiting(session, Dispute, ref, over=False)
    if row is not None and row.state in WAITED_FOR:
        publish(session, _fact(DisputeDueSoon, row, await sides_of_one(session, row)), at=row)


async def mark_overdue(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: a term passed. That of an objection only makes the opinion final."""
    row = await clocks.waiting(session, Dispute, ref, over=True)
    if row is not None and row.state in WAITED_FOR:
        row.overdue_at = now(session)
        await _settle(session, row, await sides_of_one(session, row), DisputeOverdue)


def is_overdue(moment: datetime) -> ColumnElement[bool]:
    """A term has passed and somebody is late."""
    # Written out, so that the planner sees that the partial index fits.
    return and_(text(f"dispute.{IS_PENDING}"), Dispute.due_at <= moment)


async def sides_of(session: AsyncSession, rows: Iterable[Dispute]) -> dict[UUID, Sides]:
    """The parties of disputes that the caller sees, who opened each first."""
    found: dict[UUID, list[DisputeParty]] = defaultdict(list)
    ids = [row.id for row in rows]
    of = select(DisputeParty).where(DisputeParty.dispute_id.in_(ids))
    for side in await session.scalars(of.order_by(DisputeParty.position)):
        found[side.dispute_id].append(side)
    return dict(found)


async def sides_of_one(session: AsyncSession, row: Dispute) -> Sides:
    return (await sides_of(session, [row]))[row.id]


def _side(row: Dispute, party: PartyRequest, position: int) -> DisputeParty:
    return DisputeParty(dispute_id=row.id, position=position, **party.model_dump())


async def _step(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Stepped:
    """The dispute, locked, in the state that `action` leads to, its term running."""
    row = await load(session, Dispute, id, actor, lock=True)
    sides = await sides_of_one(session, row)
    part, before = part_of(row, sides, actor), row.state
    state = rules.next_state(action, standing(row, sides), part, now=now(session))
    row.state, row.changed_at = state, now(session)
    if action == "return_opinion" or state in {before, DisputeState.PROPOSED}:
        return row, sides  # its term goes on
    if state in TERMS:
        await clocks.start(session, row, TERMS[state])
    else:
        await clocks.stop(session, row)
    return row, sides


async def _party_step(
    session: AsyncSession, actor: Actor, id: UUID, action: str
) -> tuple[Dispute, Sides, DisputeParty]:
    row, sides = await _step(session, actor, id, action)
    own = side_of(sides, actor)
    assert own is not None
    return row, sides, own


def _lift(row: Dispute) -> None:
    """What held meanwhile holds no longer, nor does anybody lead."""
    row.interim_measures, row.lead = [], None


async def _decide(
    session: AsyncSession,
    row: Dispute,
    sides: Sides,
    outcome: DisputeOutcome,
    *,
    lead: str | None,
) -> Stepped:
    _lift(row)
    row.outcome, row.decided_at, row.lead = outcome, now(session), lead
    told: dict[str, Any] = {"outcome": outcome, "outcome_name": outcome.label}
    told |= {"competent": row.competent, "decided_at": row.decided_at}
    return await _settle(session, row, sides, DisputeDecided, **told)


async def _settle(
    session: AsyncSession, row: Dispute, sides: Sides, kind: type[E], **more: Any
) -> Stepped:
    await session.flush()
    publish(session, _fact(kind, row, sides, **more), at=row)
    return row, sides


def _fact(kind: type[E], row: Dispute, sides: Sequence[DisputeParty], **more: Any) -> E:
    return kind(
        dispute_id=row.id,
        number=row.number,
        kind=row.kind,
        kind_name=DisputeKind(row.kind).label,
        division=row.division,
        level=row.level,
        state=row.state,
        pending=row.state in PENDING,
        opened_at=row.opened_at,
        disputing=[DisputingParty.model_validate(side) for side in sides],
        organisations=[side.organisation for side in sides],
        item_codes=row.item_codes,
        domains=row.domains,
        interim_measures=row.interim_measures,
        lead=row.lead,
        due_at=row.due_at,
        **more,
    )
