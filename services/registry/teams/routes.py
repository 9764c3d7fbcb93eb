"""Teams over HTTP: see `teams.rules` for the life of one."""

from typing import Annotated
from uuid import UUID

from fastapi import Query

from services.registry.teams import actions
from services.registry.teams.schemas import (
    RecallRequest,
    ReorganisationRequest,
    TeamAssignmentQuery,
    TeamAssignmentRequest,
    TeamAssignmentView,
    TeamPatch,
    TeamQuery,
    TeamReason,
    TeamRequest,
    TeamView,
)
from services.registry.teams.tables import Team
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/registry/v1/teams", "teams")


async def _view(session: Session, team: Team, actor: Actor) -> TeamView:
    strength = await actions.strength_of(session, [team])
    return TeamView.of(team, strength[team.id], actor)


@router.get("")
async def list_teams(
    session: ReadSession,
    actor: Annotated[Actor, May("team:read")],
    query: Annotated[TeamQuery, Query()],
) -> Page[TeamView]:
    """The townships' teams (一支队伍管执法) that the caller may see, and their strength."""
    rows, cursor, count = await actions.page(session, actor, query)
    strength = await actions.strength_of(session, rows)
    items = [TeamView.of(row, strength[row.id], actor) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("", status_code=201)
async def plan_team(
    session: Session, actor: Annotated[Actor, May("team:plan")], body: TeamRequest
) -> TeamView:
    """Plan the one team of a township: which units are merged (整合), who leads it."""
    return await _view(session, await actions.plan(session, actor, body), actor)


@router.get("/{id}")
async def get_team(
    session: ReadSession, actor: Annotated[Actor, May("team:read")], id: UUID
) -> TeamView:
    """One team."""
    return await _view(session, await load(session, Team, id, actor), actor)


@router.patch("/{id}")
async def change_team(
    session: Session, actor: Annotated[Actor, May("team:plan")], id: UUID, body: TeamPatch
) -> TeamView:
    """Change a team that is planned; one that is formed is reorganised."""
    return await _view(session, await actions.change(session, actor, id, body), actor)


@router.post("/{id}/form")
async def form_team(
    session: Session, actor: Annotated[Actor, May("team:form")], id: UUID
) -> TeamView:
    """Form the team (组建) in the name of a published subject; never by who planned it."""
    return await _view(session, await actions.form(session, actor, id), actor)


@router.post("/{id}/reorganise")
async def reorganise_team(
    session: Session,
    actor: Annotated[Actor, May("team:form")],
    id: UUID,
    body: ReorganisationRequest,
) -> TeamView:
    """Give the team other units, another leader or other domains (调整)."""
    return await _view(session, await actions.reorganise(session, actor, id, body), actor)


@router.post("/{id}/assign")
async def assign_officer_to_team(
    session: Session,
    actor: Annotated[Actor, May("team:assign")],
    id: UUID,
    body: TeamAssignmentRequest,
) -> TeamView:
    """Send an officer down to the team (下沉); an officer is in one team at a time."""
    return await _view(session, await actions.assign(session, actor, id, body), actor)


@router.post("/{id}/recall")
async def recall_officer_from_team(
    session: Session,
    actor: Annotated[Actor, May("team:assign")],
    id: UUID,
    body: RecallRequest,
) -> TeamView:
    """Let an officer return to the home unit before the last day agreed on."""
    return await _view(session, await actions.recall(session, actor, id, body), actor)


@router.post("/{id}/dissolve")
async def dissolve_team(
    session: Session, actor: Annotated[Actor, May("team:dissolve")], id: UUID, body: TeamReason
) -> TeamView:
    """Dissolve the team, or drop the plan; all who serve in it return."""
    return await _view(session, await actions.dissolve(session, actor, id, body.reason), actor)


@router.get("/{id}/officers")
async def list_team_officers(
    session: ReadSession,
    actor: Annotated[Actor, May("team:read")],
    id: UUID,
    query: Annotated[TeamAssignmentQuery, Query()],
) -> Page[TeamAssignmentView]:
    """Who serves or served in the team, from which home unit, from when until when."""
    team, rows, cursor, count = await actions.assignments(session, actor, id, query)
    items = [
        TeamAssignmentView(
            id=assignment.id,
            officer_id=officer.id,
            name=officer.name,
            post=officer.post,
            staffing=officer.staffing,
            officer_state=officer.state,
            home_subject_id=assignment.home_subject_id,
            home_unit=assignment.home_unit,
            sent_down=assignment.home_subject_id != team.subject_id,
            from_on=assignment.from_on,
            to_on=assignment.to_on,
            ended_on=assignment.ended_on,
            reason=assignment.reason,
        )
        for assignment, officer in rows
    ]
    return Page(items=items, next_cursor=cursor, count=count)
