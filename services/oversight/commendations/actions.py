"""The verbs of commendations: load, decide, change, publish."""

from collections.abc import Collection, Iterable
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.appraisals.rules import AppraisalGrade, AppraisalState
from services.oversight.appraisals.tables import Appraisal
from services.oversight.commendations import rules
from services.oversight.commendations.rules import (
    CommendationBar,
    CommendationState,
    ConcernState,
)
from services.oversight.commendations.schemas import (
    CommendationQuery,
    CommendationVetRequest,
    ConcernRequest,
    NominateRequest,
    SettleRequest,
    standing_of,
)
from services.oversight.commendations.tables import Commendation
from services.oversight.findings.rules import FindingState, Severity
from services.oversight.findings.tables import Finding
from services.oversight.permissions import OFFICES, require, speaks_for
from services.oversight.rectifications.actions import is_overdue
from services.oversight.rectifications.tables import Rectification
from services.oversight.subject_views.actions import hold_divisions, subject_to_supervise
from services.oversight.subject_views.rules import SubjectUnknown
from services.oversight.subject_views.tables import OfficerView, SubjectView
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now, today
from shared.events.oversight import commendations as facts
from shared.events.oversight.commendations import CommendationFact
from shared.facts import publish
from shared.figures import in_days
from shared.law.calendar import due, last_day_of
from shared.law.places import CITY, in_division
from shared.law.tables import calendar_of, rule
from shared.web.paging import paginate

VET, GRANT, CONCERN = "commendation:vet", "commendation:grant", "commendation:concern"
_SORTS = {"id": Commendation.id, "updated_at": Commendation.updated_at}
OPEN = (CommendationState.NOMINATED, CommendationState.VETTED, CommendationState.PUBLICISED)
"""States in which a bar matters still."""


async def page(
    session: AsyncSession, actor: Actor, query: CommendationQuery
) -> tuple[list[Commendation], str | None, int | None]:
    """The commendations that match and that the caller may see, one page of them."""
    statement = select(Commendation).where(visible(Commendation, actor))
    for name in ("state", "kind", "subject_id", "officer_id", "year"):
        if (value := getattr(query, name)) is not None:
            statement = statement.where(getattr(Commendation, name) == value)
    if query.division:
        place = in_division(Commendation, query.division, direct=query.direct)
        statement = statement.where(place)
    statement = statement.where(
        *in_days(Commendation.created_at, query.created_from, query.created_to),
        *in_days(Commendation.granted_on, query.granted_from, query.granted_to),
    )
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=Commendation.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def bars_of(
    session: AsyncSession, rows: Iterable[Commendation]
) -> dict[UUID, list[CommendationBar]]:
    """What oversight's own data have against each of `rows`.

    A body is barred by its grave findings, its overdue rectifications and a failed appraisal, an
    officer by grave findings about them and by a certificate that is not good; both by a body
    that is not published.
    """
    rows = list(rows)
    found: dict[UUID, list[CommendationBar]] = {row.id: [] for row in rows}
    if not rows:
        return found
    months = (await rule(session, "commendation.bars")).value["months"]
    since = rules.looked_back_to(today(session), months=months)
    subjects = {row.subject_id for row in rows}
    officers = {row.officer_id for row in rows if row.officer_id is not None}
    grave = and_(
        Finding.state == FindingState.CONFIRMED,
        Finding.severity == Severity.GRAVE,
        Finding.recorded_at >= since,
    )
    failed = and_(
        Appraisal.grade == AppraisalGrade.FAILED,
        Appraisal.state.in_((AppraisalState.PUBLISHED, AppraisalState.USED)),
        Appraisal.published_at >= since,
    )
    good = and_(
        OfficerView.state == "on_post",
        OfficerView.certificate_state == "active",
        or_(
            OfficerView.certificate_valid_to.is_(None),
            OfficerView.certificate_valid_to >= today(session),
        ),
    )
    of_bodies = {
        CommendationBar.GRAVE_FINDING: await _ids(session, Finding.subject_id, subjects, grave),
        CommendationBar.OVERDUE_RECTIFICATION: await _ids(
            session, Rectification.subject_id, subjects, is_overdue(now(session))
        ),
        CommendationBar.FAILED_APPRAISAL: await _ids(
            session, Appraisal.subject_id, subjects, failed
        ),
    }
    of_officers = {
        CommendationBar.GRAVE_FINDING: await _ids(session, Finding.officer_id, officers, grave),
        CommendationBar.CERTIFICATE_NOT_ACTIVE: await _ids(
            session, OfficerView.id, officers, not_(func.coalesce(good, False))
        ),
    }
    unpublished = await _ids(session, SubjectView.id, subjects, SubjectView.state != "published")
    for row in rows:
        told = of_bodies if row.officer_id is None else of_officers
        nominee = row.officer_id or row.subject_id
        found[row.id] = [bar for bar, ids in told.items() if nominee in ids]
        if row.subject_id in unpublished:
            found[row.id].append(CommendationBar.SUBJECT_NOT_PUBLISHED)
    return found


async def nominate(session: AsyncSession, actor: Actor, request: NominateRequest) -> Commendation:
    """A body is nominated by itself or by a legal office above it, an officer likewise."""
    await hold_divisions(session)
    subject = await _subject(session, actor, request.subject_id)
    officer = None
    if request.officer_id is not None:
        officer = await session.scalar(
            select(OfficerView).where(
                OfficerView.id == request.officer_id,
                OfficerView.subject_id == subject.id,
                OfficerView.state == "on_post",
                visible(OfficerView, actor),
            )
        )
        if officer is None:
            raise rules.CommendedOfficerUnknown(officer_id=str(request.officer_id))
    office = not actor.roles.isdisjoint(OFFICES)
    moment = now(session)
    row = Commendation(
        **request.model_dump(exclude={"officer_id"}),
        officer_id=officer.id if officer else None,
        officer_name=officer.name if officer else None,
        subject_name=subject.name,
        organisation=subject.organisation,
        domains=list(subject.domains),
        division=subject.division,
        district=subject.district,
        township=subject.township,
        authority=actor.division if office else subject.district or CITY,
        state=rules.LIFECYCLE.initial,
        nominated_by=actor.sub,
        checks=[],
        concerns=[],
        created_at=moment,
        updated_at=moment,
    )
    session.add(row)
    return await _done(session, row, facts.CommendationNominated)


async def vet(
    session: AsyncSession, actor: Actor, id: UUID, request: CommendationVetRequest
) -> Commendation:
    """Those whom the rule names were asked, the data were looked at, and nothing bars it."""
    row, to = await _step(session, actor, id, "vet", VET)
    asked = (await rule(session, "commendation.checks")).value["bars"]
    checks: dict[str, bool] = {}
    for check in request.checks:
        checks[check.bar] = check.found or checks.get(check.bar, False)
    rules.may_vet(
        caller=actor.sub,
        nominated_by=row.nominated_by,
        asked=asked,
        checks=checks,
        bars=await _bars(session, row),
    )
    row.checks = [check.model_dump(mode="json") for check in request.checks]
    row.vetted_by, row.vetted_at = actor.sub, now(session)
    return await _done(session, row, facts.CommendationVetted, to)


async def publicise(session: AsyncSession, actor: Actor, id: UUID) -> Commendation:
    """Who is to be commended is made known, for as long as the rule says."""
    row, to = await _step(session, actor, id, "publicise", VET)
    period = (await rule(session, "commendation.publicity")).deadline()
    row.publicised_on = today(session)
    row.due_at = due(now(session), period, await calendar_of(session)).at
    return await _done(
        session, row, facts.CommendationPublicised, to, until=last_day_of(row.due_at)
    )


async def concern(
    session: AsyncSession, actor: Actor, id: UUID, request: ConcernRequest
) -> Commendation:
    """Somebody says something against it while it is publicised."""
    row, to = await _step(session, actor, id, "concern", CONCERN)
    number = len(row.concerns) + 1
    told = {"number": number, "state": ConcernState.OPEN, "outcome": None}
    row.concerns = [
        *row.concerns,
        {**request.model_dump(), **told, "by": actor.sub, "at": now(session).isoformat()},
    ]
    return await _done(session, row, facts.CommendationObjected, to, concern=number)


async def settle(
    session: AsyncSession, actor: Actor, id: UUID, request: SettleRequest
) -> Commendation:
    """An objection was looked into."""
    row, to = await _step(session, actor, id, "settle", VET)
    rules.may_settle(row.concerns, request.number)
    state = ConcernState.UPHELD if request.upheld else ConcernState.DISMISSED
    outcome = {"state": state, "outcome": request.outcome, "settled_by": actor.sub}
    row.concerns = [
        {**one, **outcome} if one["number"] == request.number else one for one in row.concerns
    ]
    return await _done(
        session,
        row,
        facts.CommendationObjectionSettled,
        to,
        concern=request.number,
        outcome=state,
    )


async def grant(session: AsyncSession, actor: Actor, id: UUID, document_no: str) -> Commendation:
    """It is granted; what bars it is looked at once more."""
    row, to = await _step(session, actor, id, "grant", GRANT)
    rules.is_free(await _bars(session, row))
    row.granted_by, row.granted_on, row.document_no = actor.sub, today(session), document_no
    told = {"granted_on": row.granted_on, "document_no": document_no}
    return await _done(session, row, facts.CommendationGranted, to, **told)


async def reject(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Commendation:
    """It is not granted."""
    row, to = await _step(session, actor, id, "reject", VET)
    row.reason = reason
    return await _done(session, row, facts.CommendationRejected, to)


async def revoke(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Commendation:
    """It is taken back: got by deceit, or lost by what was done since."""
    row, to = await _step(session, actor, id, "revoke", GRANT)
    row.reason, row.revoked_on = reason, today(session)
    return await _done(session, row, facts.CommendationRevoked, to, revoked_on=row.revoked_on)


async def _subject(session: AsyncSession, actor: Actor, id: UUID) -> SubjectView:
    """One's own body, or one in the division of the caller's legal office."""
    if not actor.roles.isdisjoint(OFFICES):
        return await subject_to_supervise(session, id, actor)
    subject = await session.scalar(
        select(SubjectView).where(SubjectView.id == id, visible(SubjectView, actor))
    )
    if subject is None or not speaks_for(actor, subject.organisation, subject.township):
        raise SubjectUnknown(subject_id=str(id))
    return subject


async def _bars(session: AsyncSession, row: Commendation) -> list[CommendationBar]:
    return (await bars_of(session, [row]))[row.id]


async def _ids(
    session: AsyncSession, column: Any, ids: Collection[UUID], *where: ColumnElement[bool]
) -> set[UUID]:
    """Which of `ids` have such a row."""
    if not ids:
        return set()
    mark = unscoped(column.class_, reason="what bars a commendation bars it wherever it lies")
    return set(await session.scalars(select(column).where(column.in_(ids), mark, *where)))


async def _step(
    session: AsyncSession, actor: Actor, id: UUID, action: str, permission: str
) -> tuple[Commendation, CommendationState]:
    """The row, locked, and the state that `action` leads to."""
    row = await load(session, Commendation, id, actor, lock=True)
    require(actor, row, permission)
    return row, rules.next_state(action, **standing_of(row), sub=actor.sub, now=now(session))


async def _done(
    session: AsyncSession,
    row: Commendation,
    event: type[CommendationFact],
    to: CommendationState | None = None,
    **more: Any,
) -> Commendation:
    if to is not None:
        row.state = to
    row.updated_at = now(session)
    await session.flush()
    names = (
        *("kind", "title", "year", "subject_id", "subject_name", "organisation", "officer_id"),
        *("division", "state", "authority_level"),
    )
    told = {name: getattr(row, name) for name in names}
    publish(session, event(commendation_id=row.id, **told, **more), at=row)
    return row
