"""The verbs of teams: load, decide, change, publish."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.db import in_division
from services.registry.officers.rules import has_been
from services.registry.officers.tables import Officer
from services.registry.permissions import acts_in, in_charge
from services.registry.subjects.rules import NotInCharge
from services.registry.subjects.tables import Subject
from services.registry.teams import rules
from services.registry.teams.schemas import (
    RecallRequest,
    ReorganisationRequest,
    Strength,
    TeamAssignmentQuery,
    TeamAssignmentRequest,
    TeamPatch,
    TeamQuery,
    TeamRequest,
    UnitRequest,
)
from services.registry.teams.tables import Team, TeamAssignment
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now, today
from shared.events.registry.teams import (
    TeamChanged,
    TeamDissolved,
    TeamFact,
    TeamFormed,
    TeamOfficerAssigned,
    TeamOfficerRecalled,
    TeamPlanned,
    TeamReorganised,
)
from shared.facts import publish
from shared.law.calendar import end_of
from shared.law.tables import scope_of
from shared.timers import cancel, schedule
from shared.web.paging import paginate

RETURN = "team_assignment.return"
"""The timer that lets an officer return after the last day that was agreed on."""

_SORTS = {"id": Team.id, "name": Team.name, "updated_at": Team.updated_at}


class Posted(NamedTuple):
    """An officer's time in a team."""

    assignment: TeamAssignment
    officer: Officer


async def page(
    session: AsyncSession, actor: Actor, query: TeamQuery
) -> tuple[list[Team], str | None, int | None]:
    """The caller's teams that match, one page of them."""
    statement = select(Team).where(visible(Team, actor))
    if query.state:
        statement = statement.where(Team.state == query.state)
    if query.domain:
        statement = statement.where(Team.domains.contains([query.domain]))
    if query.subject_id:
        statement = statement.where(Team.subject_id == query.subject_id)
    if query.division:
        statement = statement.where(in_division(Team, query.division))
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=Team.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def strength_of(session: AsyncSession, teams: Iterable[Team]) -> dict[UUID, Strength]:
    """How many serve in each of `teams` now."""
    found = {team.id: Strength() for team in teams}
    statement = (
        select(
            TeamAssignment.team_id,
            func.count().label("officers"),
            func.count()
            .filter(TeamAssignment.home_subject_id != Team.subject_id)
            .label("sent_down"),
        )
        .join(Team, Team.id == TeamAssignment.team_id)
        .where(
            TeamAssignment.team_id.in_(found),
            TeamAssignment.ended_on.is_(None),
            unscoped(Team, reason="counts of teams that are shown"),
        )
        .group_by(TeamAssignment.team_id)
    )
    for row in await session.execute(statement):
        found[row.team_id] = Strength(row.officers, row.sent_down)
    return found


async def assignments(
    session: AsyncSession, actor: Actor, id: UUID, query: TeamAssignmentQuery
) -> tuple[Team, list[Posted], str | None, int | None]:
    """Who serves or served in a visible team."""
    team = await load(session, Team, id, actor)
    statement = (
        select(TeamAssignment, Officer)
        .join(Officer, Officer.id == TeamAssignment.officer_id)
        .where(
            TeamAssignment.team_id == id,
            unscoped(Officer, reason="who was sent down is known where they were sent"),
        )
    )
    if query.current is not None:
        ended = TeamAssignment.ended_on
        statement = statement.where(ended.is_(None) if query.current else ended.is_not(None))
    rows, cursor, count = await paginate(
        session,
        statement,
        sort=query.sort,
        columns={"id": TeamAssignment.id},
        id=TeamAssignment.id,
        paging=query,
    )
    return team, [Posted(*row) for row in rows], cursor, count


async def plan(session: AsyncSession, actor: Actor, request: TeamRequest) -> Team:
    """A township of the caller's is to have a team."""
    subject = await load(session, Subject, request.subject_id, actor)
    if not acts_in(actor, subject.district, subject.township):
        raise NotInCharge
    rules.may_plan(level=subject.level)
    # Asked anew, not copied from the subject: a move of the township then waits for this commit.
    scope = await scope_of(session, subject.division)
    moment = now(session)
    team = Team(
        **request.model_dump(exclude={"units"}),
        units=await _units(session, actor, request.units),
        organisation=subject.uscc,
        division=subject.division,
        district=scope.district,
        township=scope.township,
        state=rules.LIFECYCLE.initial,
        created_by=actor.sub,
        created_at=moment,
        updated_at=moment,
    )
    session.add(team)
    return await _done(session, team, TeamPlanned)


async def change(session: AsyncSession, actor: Actor, id: UUID, patch: TeamPatch) -> Team:
    """Change the plan; a change that changes nothing leaves no trace."""
    team = await _take(session, actor, id, "change")
    if not await _set(session, actor, team, patch):
        return team
    return await _done(session, team, TeamChanged)


async def form(session: AsyncSession, actor: Actor, id: UUID) -> Team:
    """From today the township has its one team."""
    team = await _take(session, actor, id, "form")
    # Locked: it must not be suspended between this look at it and the commit.
    subject = await load(session, Subject, team.subject_id, actor, lock=True)
    rules.may_form(
        caller=actor.sub,
        planned_by=team.created_by,
        filled={name: getattr(team, name) for name in ("leader", "units", "domains")},
        subject_state=subject.state,
    )
    team.formed_on = today(session)
    return await _done(session, team, TeamFormed, step="form")


async def reorganise(
    session: AsyncSession, actor: Actor, id: UUID, request: ReorganisationRequest
) -> Team:
    """Other units, another leader, other domains."""
    team = await _take(session, actor, id, "reorganise")
    await _set(session, actor, team, request)
    team.reason = request.reason
    return await _done(session, team, TeamReorganised, step="reorganise")


async def assign(
    session: AsyncSession, actor: Actor, id: UUID, request: TeamAssignmentRequest
) -> Team:
    """An officer serves in the team from a day on."""
    team = await _take(session, actor, id, "assign")
    # Locked: they must not retire between this look at them and the commit.
    officer = await load(session, Officer, request.officer_id, actor, lock=True)
    if not in_charge(
        actor,
        district=officer.district,
        township=officer.township,
        organisation=officer.organisation,
    ):
        raise NotInCharge
    day = today(session)
    has_been(request.from_on or day, today=day)
    rules.may_be_assigned(officer_state=officer.state, to_on=request.to_on, today=day)
    home = await load(session, Subject, officer.subject_id, actor)
    assignment = TeamAssignment(
        team_id=team.id,
        officer_id=officer.id,
        home_subject_id=home.id,
        home_unit=home.name,
        from_on=request.from_on or day,
        to_on=request.to_on,
        created_at=now(session),
    )
    session.add(assignment)
    await session.flush()
    if request.to_on is not None:
        await schedule(session, RETURN, assignment.id, end_of(request.to_on))
    return await _done(session, team, TeamOfficerAssigned, told=_facts_of(assignment))


async def recall(session: AsyncSession, actor: Actor, id: UUID, request: RecallRequest) -> Team:
    """An officer returns to the home unit."""
    team = await _take(session, actor, id, "recall")
    assignment = await session.scalar(
        select(TeamAssignment).where(
            TeamAssignment.team_id == team.id,
            TeamAssignment.officer_id == request.officer_id,
            TeamAssignment.ended_on.is_(None),
        )
    )
    if assignment is None:
        raise rules.OfficerNotInTeam
    await _end(session, assignment, request.reason)
    return await _done(session, team, TeamOfficerRecalled, told=_facts_of(assignment))


async def return_home(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the last day of the assignment `ref` is over."""
    assignment = await session.get(TeamAssignment, ref)
    if assignment is None:
        return
    # The team's row first, as everybody does who changes its assignments.
    team = await session.get(Team, assignment.team_id, with_for_update=True)
    await session.refresh(assignment)
    if team is None or assignment.ended_on is not None:
        return
    rules.LIFECYCLE.may("return", team.state)
    await _end(session, assignment, None)
    await _done(session, team, TeamOfficerRecalled, told=_facts_of(assignment))


async def hold_team_of(session: AsyncSession, officer_id: UUID) -> Team | None:
    """The locked team that an officer serves in: before the officer, as `assign` locks them."""
    serving = select(TeamAssignment.team_id).where(
        TeamAssignment.officer_id == officer_id, TeamAssignment.ended_on.is_(None)
    )
    locked = (
        select(Team)
        .where(Team.id.in_(serving), unscoped(Team, reason="the team of somebody who leaves post"))
        .with_for_update(of=Team)
        .execution_options(populate_existing=True)
    )
    return (await session.scalars(locked)).one_or_none()


async def leave_team(session: AsyncSession, officer_id: UUID, reason: str) -> None:
    """Who is off post serves in no team."""
    team = await hold_team_of(session, officer_id)
    if team is None:
        return
    rules.LIFECYCLE.may("return", team.state)
    serving = select(TeamAssignment).where(
        TeamAssignment.officer_id == officer_id, TeamAssignment.ended_on.is_(None)
    )
    assignment = (await session.scalars(serving)).one()
    await _end(session, assignment, reason)
    await _done(session, team, TeamOfficerRecalled, told=_facts_of(assignment))


async def dissolve(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Team:
    """The team is no more, or is not to be; all who serve in it return."""
    team = await _take(session, actor, id, "dissolve")
    open_ones = select(TeamAssignment).where(
        TeamAssignment.team_id == team.id, TeamAssignment.ended_on.is_(None)
    )
    returning = (await session.scalars(open_ones.order_by(TeamAssignment.id))).all()
    for assignment in returning:
        await _end(session, assignment, reason)
    team.reason = reason
    told = {"officer_ids": [assignment.officer_id for assignment in returning]}
    return await _done(session, team, TeamDissolved, step="dissolve", told=told)


async def _take(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Team:
    """The locked team, if its state allows `action` and the caller is in charge."""
    team = await load(session, Team, id, actor, lock=True)
    if not acts_in(actor, team.district, team.township):
        raise NotInCharge
    rules.LIFECYCLE.may(action, team.state)
    return team


async def _units(
    session: AsyncSession, actor: Actor, units: Sequence[UnitRequest]
) -> list[dict[str, Any]]:
    """Units as they are kept: a subject's name is that of the register."""
    found: list[dict[str, Any]] = []
    for unit in units:
        if unit.subject_id is None:
            found.append({"subject_id": None, "name": unit.name})
        else:
            subject = await load(session, Subject, unit.subject_id, actor)
            found.append({"subject_id": str(subject.id), "name": subject.name})
    return found


async def _set(
    session: AsyncSession, actor: Actor, team: Team, asked: TeamPatch | ReorganisationRequest
) -> bool:
    """Take over the fields that were sent; whether any of them is new."""
    told = asked.model_dump(exclude_unset=True, exclude={"units", "reason"})
    if "units" in asked.model_fields_set:
        told["units"] = await _units(session, actor, asked.units)
    changes = {name: value for name, value in told.items() if getattr(team, name) != value}
    for name, value in changes.items():
        setattr(team, name, value)
    return bool(changes)


async def _end(session: AsyncSession, assignment: TeamAssignment, reason: str | None) -> None:
    await cancel(session, RETURN, assignment.id)
    assignment.ended_on, assignment.reason = today(session), reason


async def _done(
    session: AsyncSession,
    team: Team,
    event: type[TeamFact],
    *,
    step: str | None = None,
    told: dict[str, Any] | None = None,
) -> Team:
    """Write the row in its new state and version, and the fact.

    `told` is what the fact says beyond the team as it stands.
    """
    if step is not None:
        team.state = rules.LIFECYCLE.next(step, team.state)
    team.updated_at = now(session)
    await session.flush()
    names = ("subject_id", "organisation", "division", "name", "leader", "domains", "state")
    fact = {
        "team_id": team.id,
        "units": [unit["name"] for unit in team.units],
        **{name: getattr(team, name) for name in names},
        **(told or {}),
    }
    publish(session, event.model_validate(fact), at=team)
    return team


def _facts_of(assignment: TeamAssignment) -> dict[str, Any]:
    names = ("officer_id", "home_subject_id", "from_on", "to_on", "ended_on")
    return {name: getattr(assignment, name) for name in names}
