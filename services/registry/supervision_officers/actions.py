"""The verbs of supervision officers: load, decide, change, publish."""

from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.permissions import covers, in_charge
from services.registry.staffing.actions import people_changed
from services.registry.staffing.rules import BodyKind
from services.registry.subjects.rules import NotInCharge
from services.registry.supervision_officers import rules
from services.registry.supervision_officers.rules import SupervisionOfficerState
from services.registry.supervision_officers.schemas import (
    CardRequest,
    SupervisionOfficerPatch,
    SupervisionOfficerQuery,
    SupervisionOfficerRequest,
)
from services.registry.supervision_officers.tables import SupervisionOfficer
from services.registry.trainings.rules import TrainingState
from services.registry.trainings.tables import Training, TrainingEnrolment
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now, today
from shared.events.registry.supervision_officers import (
    SupervisionCardExpired,
    SupervisionOfficerAppointed,
    SupervisionOfficerChanged,
    SupervisionOfficerFact,
    SupervisionOfficerLeft,
    SupervisionOfficerNominated,
    SupervisionOfficerTransferred,
)
from shared.facts import publish
from shared.figures import in_days
from shared.law.calendar import end_of
from shared.law.divisions import DivisionUnknown, level_of
from shared.law.places import in_division
from shared.law.tables import Rule, rule, scope_of
from shared.search import matches
from shared.timers import cancel, schedule
from shared.web.paging import paginate

CARD_EXPIRY = "supervision_officer.card_expiry"
"""The timer that tells that a supervision card is over."""
RANKING_RULE = "supervision_officer.ranking"

_SORTS = {
    "id": SupervisionOfficer.id,
    "name": SupervisionOfficer.name,
    "updated_at": SupervisionOfficer.updated_at,
}


class Ranked(NamedTuple):
    """A candidate, the points and the place that they give."""

    officer: SupervisionOfficer
    points: list[rules.Points]
    rank: int


class Qualified(NamedTuple):
    """Of how many in office in a division how many hold the qualification."""

    division: str
    appointed: int
    qualified: int


async def page(
    session: AsyncSession, actor: Actor, query: SupervisionOfficerQuery
) -> tuple[list[SupervisionOfficer], str | None, int | None]:
    """The caller's supervision officers that match, one page of them."""
    statement = select(SupervisionOfficer).where(visible(SupervisionOfficer, actor))
    if query.division:
        place = in_division(SupervisionOfficer, query.division, direct=query.direct)
        statement = statement.where(place)
    if query.state:
        statement = statement.where(SupervisionOfficer.state == query.state)
    if query.legal_qualification is not None:
        statement = statement.where(
            SupervisionOfficer.legal_qualification.is_(query.legal_qualification)
        )
    if query.card_valid_before:
        statement = statement.where(SupervisionOfficer.card_valid_to < query.card_valid_before)
    statement = statement.where(
        *in_days(SupervisionOfficer.appointed_on, query.appointed_from, query.appointed_to)
    )
    if query.q:
        statement = statement.where(matches(SupervisionOfficer, query.q))
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=SupervisionOfficer.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def candidates(
    session: AsyncSession, actor: Actor, division: str
) -> tuple[Rule, list[Ranked]]:
    """The candidates of one division by their points; of equals, who was nominated first."""
    ranking = await rule(session, RANKING_RULE)
    rows = await session.scalars(
        select(SupervisionOfficer)
        .where(
            SupervisionOfficer.division == division,
            SupervisionOfficer.state == SupervisionOfficerState.CANDIDATE,
            visible(SupervisionOfficer, actor),
        )
        .order_by(SupervisionOfficer.id)
    )
    waiting = rows.all()
    trained = await _hours_of(session, [officer.id for officer in waiting])
    scored = []
    for officer in waiting:
        points = rules.points_of(
            ranking.value,
            legal_qualification=officer.legal_qualification,
            experience_years=officer.experience_years,
            training_hours=trained.get(officer.id, 0),
        )
        scored.append((sum(p.points for p in points), officer, points))
    scored.sort(key=lambda item: -item[0])
    totals = [total for total, _, _ in scored]
    return ranking, [
        Ranked(officer, points, totals.index(total) + 1) for total, officer, points in scored
    ]


async def _hours_of(session: AsyncSession, ids: list[UUID]) -> dict[UUID, int]:
    """The hours of all closed trainings that each attended."""
    attended = await session.execute(
        select(TrainingEnrolment.person_id, func.sum(TrainingEnrolment.hours))
        .join(Training, Training.id == TrainingEnrolment.training_id)
        .where(
            TrainingEnrolment.supervision_officer_id.in_(ids),
            TrainingEnrolment.stands(),
            Training.state == TrainingState.CLOSED,
            unscoped(TrainingEnrolment, reason="of candidates whom the caller sees"),
            unscoped(Training, reason="which candidates attended whom the caller sees"),
        )
        .group_by(TrainingEnrolment.person_id)
    )
    return {row[0]: row[1] for row in attended}


async def qualification(session: AsyncSession, actor: Actor, division: str) -> list[Qualified]:
    """The ratio in each division, of this one and of what is in it, that has anybody in office."""
    held = func.count().filter(SupervisionOfficer.legal_qualification)
    rows = await session.execute(
        select(SupervisionOfficer.division, func.count(), held)
        .where(
            SupervisionOfficer.state == SupervisionOfficerState.APPOINTED,
            in_division(SupervisionOfficer, division),
            visible(SupervisionOfficer, actor),
        )
        .group_by(SupervisionOfficer.division)
        .order_by(SupervisionOfficer.division)
    )
    return [Qualified(*row) for row in rows]


async def nominate(
    session: AsyncSession, actor: Actor, request: SupervisionOfficerRequest
) -> SupervisionOfficer:
    """File a candidate in a division of the caller's."""
    day = today(session)
    scope = await scope_of(session, request.division, day)
    if not in_charge(actor, district=scope.district, township=scope.township, organisation=""):
        # A division that is not the caller's looks like none.
        if not covers(actor, scope.district, scope.township):
            raise DivisionUnknown(division=request.division, on=day.isoformat())
        raise NotInCharge
    rules.may_be_filed(
        held=request.legal_qualification,
        number=request.legal_qualification_no,
        since=request.legal_qualification_since,
        today=day,
    )
    moment = now(session)
    officer = SupervisionOfficer(
        **request.model_dump(),
        level=level_of(request.division),
        district=scope.district,
        township=scope.township,
        state=rules.LIFECYCLE.initial,
        nominated_by=actor.sub,
        created_at=moment,
        updated_at=moment,
    )
    session.add(officer)
    return await _done(session, officer, SupervisionOfficerNominated)


async def change(
    session: AsyncSession, actor: Actor, id: UUID, patch: SupervisionOfficerPatch
) -> SupervisionOfficer:
    """Change fields; a change that changes nothing leaves no trace."""
    officer = await _take(session, actor, id, "change")
    told = patch.model_dump(exclude_unset=True)
    if all(getattr(officer, name) == value for name, value in told.items()):
        return officer
    for name, value in told.items():
        setattr(officer, name, value)
    rules.may_be_filed(
        held=officer.legal_qualification,
        number=officer.legal_qualification_no,
        since=officer.legal_qualification_since,
        today=today(session),
    )
    return await _done(session, officer, SupervisionOfficerChanged)


async def appoint(
    session: AsyncSession, actor: Actor, id: UUID, reason: str | None
) -> SupervisionOfficer:
    """Into office; before a qualified candidate of the division only for a reason."""
    officer = await _take(session, actor, id, "appoint")
    waiting = await session.scalar(
        select(func.count()).where(
            SupervisionOfficer.division == officer.division,
            SupervisionOfficer.state == SupervisionOfficerState.CANDIDATE,
            SupervisionOfficer.legal_qualification,
            SupervisionOfficer.id != officer.id,
            unscoped(SupervisionOfficer, reason="counted, of the division in the caller's charge"),
        )
    )
    rules.may_appoint(
        appointer=actor.sub,
        nominated_by=officer.nominated_by,
        qualified=officer.legal_qualification,
        waiting=waiting or 0,
        reason=reason,
    )
    officer.reason, officer.appointed_on = reason, today(session)
    return await _done(session, officer, SupervisionOfficerAppointed, action="appoint")


async def give_card(
    session: AsyncSession, actor: Actor, id: UUID, request: CardRequest
) -> SupervisionOfficer:
    """The supervision card was given, or renewed."""
    officer = await _take(session, actor, id, "card")
    rules.may_carry(valid_to=request.valid_to, today=today(session))
    officer.card_no, officer.card_valid_to = request.card_no, request.valid_to
    await schedule(session, CARD_EXPIRY, officer.id, end_of(request.valid_to))
    return await _done(session, officer, SupervisionOfficerChanged, action="card")


async def transfer(
    session: AsyncSession, actor: Actor, id: UUID, reason: str
) -> SupervisionOfficer:
    """To another post; the card is given back."""
    officer = await _take(session, actor, id, "transfer")
    return await _end(session, officer, "transfer", SupervisionOfficerTransferred, reason)


async def leave(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> SupervisionOfficer:
    """Out of office, or no candidate any more; the card is given back."""
    officer = await _take(session, actor, id, "leave")
    return await _end(session, officer, "leave", SupervisionOfficerLeft, reason)


async def expire_card(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the last day of the card of `ref` is over."""
    officer = await session.get(SupervisionOfficer, ref, with_for_update=True)
    over = officer is not None and officer.card_valid_to is not None
    if officer is None or not over or officer.state != SupervisionOfficerState.APPOINTED:
        return
    publish(session, SupervisionCardExpired.model_validate(_facts_of(officer)), at=officer)


async def _take(session: AsyncSession, actor: Actor, id: UUID, action: str) -> SupervisionOfficer:
    """The locked row, if the caller is in charge and its state allows `action`."""
    officer = await load(session, SupervisionOfficer, id, actor, lock=True)
    if not in_charge(actor, district=officer.district, township=officer.township, organisation=""):
        raise NotInCharge
    rules.LIFECYCLE.may(action, officer.state)
    return officer


async def _end(
    session: AsyncSession,
    officer: SupervisionOfficer,
    action: str,
    event: type[SupervisionOfficerFact],
    reason: str,
) -> SupervisionOfficer:
    await cancel(session, CARD_EXPIRY, officer.id)
    officer.reason = reason
    return await _done(session, officer, event, action=action)


async def _done(
    session: AsyncSession,
    officer: SupervisionOfficer,
    event: type[SupervisionOfficerFact],
    *,
    action: str | None = None,
) -> SupervisionOfficer:
    """Write the row in its new state and version, and the fact."""
    before = officer.state
    if action is not None:
        officer.state = rules.LIFECYCLE.next(action, officer.state)
    officer.updated_at = now(session)
    await session.flush()
    if SupervisionOfficerState.APPOINTED in {before, officer.state} and before != officer.state:
        await people_changed(session, BodyKind.SUPERVISION_AUTHORITY, officer.scope)
    publish(session, event.model_validate(_facts_of(officer)), at=officer)
    return officer


def _facts_of(officer: SupervisionOfficer) -> dict[str, Any]:
    names = (
        "name",
        "office",
        "division",
        "level",
        "post",
        "legal_qualification",
        "card_no",
        "card_valid_to",
        "state",
    )
    return {
        "supervision_officer_id": officer.id,
        **{name: getattr(officer, name) for name in names},
    }
