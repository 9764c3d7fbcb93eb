"""Conferences over HTTP: see `conferences.rules` for the life of one."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import Query
from sqlalchemy import select

from services.escalation.clocks import actions as clocks
from services.escalation.conferences import actions
from services.escalation.conferences.schemas import (
    AnswerRequest,
    ConferencePatch,
    ConferenceQuery,
    ConferenceRequest,
    ConferenceSummary,
    ConferenceView,
    HoldRequest,
    MinutesRequest,
    PostponeRequest,
    WhyConference,
)
from services.escalation.conferences.tables import Conference
from shared.access.actor import Actor, May
from shared.access.visibility import load, visible
from shared.clock import now
from shared.db import ReadSession, Session
from shared.figures import in_days
from shared.law.places import in_division
from shared.web import router as router_of
from shared.web.paging import Page, paginate

router = router_of("/escalation/v1/conferences", "conferences")

Reader = Annotated[Actor, May("conference:read")]
Convener = Annotated[Actor, May("conference:call")]
Issuer = Annotated[Actor, May("conference:issue")]


async def _view(session: Any, actor: Actor, stepped: actions.Stepped) -> ConferenceView:
    row, members = stepped
    mandatory = await actions.mandatory_members(session)
    return ConferenceView.of(row, members, mandatory, actor, now(session))


@router.post("", status_code=201)
async def plan_conference(
    session: Session, actor: Convener, body: ConferenceRequest
) -> ConferenceView:
    """Prepare a joint conference (联席会议) or an exchange meeting (交流会议) of the own level.

    Those invited see it once it is called. A joint conference is one of justice, staffing and
    finance (rule `conference.mandatory`), and of whom it concerns.
    """
    return await _view(session, actor, await actions.plan(session, actor, body))


@router.get("")
async def list_conferences(
    session: ReadSession, actor: Reader, query: Annotated[ConferenceQuery, Query()]
) -> Page[ConferenceSummary]:
    """The conferences that the caller convenes or is invited to, newest first."""
    moment = now(session)
    statement = select(Conference).where(visible(Conference, actor))
    for column, value in (
        (Conference.kind, query.kind),
        (Conference.state, query.state),
        (Conference.level, query.level),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if query.division is not None:
        place = in_division(Conference, query.division, direct=query.direct)
        statement = statement.where(place)
    if query.overdue is not None:
        overdue = actions.is_overdue(moment)
        statement = statement.where(overdue if query.overdue else overdue.is_not(True))
    days = in_days(Conference.starts_at, query.starts_from, query.starts_to)
    found, cursor, count = await paginate(
        session,
        statement.where(*days),
        **clocks.order(Conference, query.sort),
        paging=query,
    )
    rows = [row for (row,) in found]
    members = await actions.members_of(session, rows)
    mandatory = await actions.mandatory_members(session)
    items = [ConferenceSummary.of(row, members[row.id], mandatory, actor, moment) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/{id}")
async def get_conference(session: ReadSession, actor: Reader, id: UUID) -> ConferenceView:
    """One conference; its minutes are for those invited once they are issued."""
    row = await load(session, Conference, id, actor)
    return await _view(session, actor, (row, await actions.members_of_one(session, row)))


@router.patch("/{id}")
async def change_conference(
    session: Session, actor: Convener, id: UUID, body: ConferencePatch
) -> ConferenceView:
    """Change what is prepared, before it is called; `members` and `agenda` are replaced whole."""
    return await _view(session, actor, await actions.change(session, actor, id, body))


@router.post("/{id}/call")
async def call_conference(session: Session, actor: Convener, id: UUID) -> ConferenceView:
    """Invite the members (会议通知): refused while one that must be there is not among them."""
    return await _view(session, actor, await actions.call(session, actor, id))


@router.post("/{id}/answer")
async def answer_invitation(
    session: Session,
    actor: Annotated[Actor, May("conference:answer")],
    id: UUID,
    body: AnswerRequest,
) -> ConferenceView:
    """Say whether the caller's body comes, and who for it (参会回执)."""
    stepped = await actions.answer(session, actor, id, body.answer, body.delegate)
    return await _view(session, actor, stepped)


@router.post("/{id}/postpone")
async def postpone_conference(
    session: Session, actor: Convener, id: UUID, body: PostponeRequest
) -> ConferenceView:
    """Have it at another time; all are asked again."""
    return await _view(session, actor, await actions.postpone(session, actor, id, body))


@router.post("/{id}/cancel")
async def cancel_conference(
    session: Session, actor: Convener, id: UUID, body: WhyConference
) -> ConferenceView:
    """It does not take place."""
    return await _view(session, actor, await actions.cancel(session, actor, id, body.reason))


@router.post("/{id}/hold")
async def hold_conference(
    session: Session, actor: Convener, id: UUID, body: HoldRequest
) -> ConferenceView:
    """It took place: who came. Refused where one that must be there did not."""
    return await _view(session, actor, await actions.hold(session, actor, id, body.attended))


@router.post("/{id}/write-minutes")
async def write_conference_minutes(
    session: Session, actor: Convener, id: UUID, body: MinutesRequest
) -> ConferenceView:
    """Draft the minutes (会议纪要): what was said, decided, and resolved for whom until when."""
    return await _view(session, actor, await actions.write_minutes(session, actor, id, body))


@router.post("/{id}/return-minutes")
async def return_conference_minutes(
    session: Session, actor: Issuer, id: UUID, body: WhyConference
) -> ConferenceView:
    """Send the draft back, as another person than who wrote it."""
    stepped = await actions.return_minutes(session, actor, id, body.reason)
    return await _view(session, actor, stepped)


@router.post("/{id}/issue-minutes")
async def issue_conference_minutes(session: Session, actor: Issuer, id: UUID) -> ConferenceView:
    """Issue the minutes (印发纪要), as another person than who wrote them.

    Each resolution is assigned to its owner (`resolution.assigned`), see `/resolutions`.
    """
    return await _view(session, actor, await actions.issue_minutes(session, actor, id))


@router.post("/{id}/close")
async def close_conference(session: Session, actor: Convener, id: UUID) -> ConferenceView:
    """End it, once every resolution is done or withdrawn."""
    return await _view(session, actor, await actions.close(session, actor, id))
