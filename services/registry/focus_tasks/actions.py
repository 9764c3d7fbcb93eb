"""The verbs of focus tasks: load, decide, change, publish."""

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, time
from uuid import UUID

from sqlalchemy import ColumnElement, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.focus_tasks import rules
from services.registry.focus_tasks.schemas import (
    CompletionRequest,
    FocusTaskQuery,
    MilestoneRequest,
    PilotTaskQuery,
    ProgressQuery,
    ProgressRequest,
    TaskPatch,
    TaskQuery,
)
from services.registry.focus_tasks.tables import FocusTask, Milestone, ProgressReport
from services.registry.permissions import in_charge
from services.registry.programmes.tables import Programme
from services.registry.subjects.rules import NotInCharge
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import SHANGHAI, now, today
from shared.db import Scope
from shared.events.registry.focus_tasks import (
    MilestoneAdded,
    MilestoneCompleted,
    MilestoneFact,
    MilestoneOverdue,
    MilestoneReversed,
    PilotTaskUpdated,
    Tag,
    TaskStalled,
)
from shared.facts import publish
from shared.figures import in_days
from shared.law.calendar import due, end_of
from shared.law.places import in_division
from shared.law.tables import calendar_of, rule
from shared.refusals import NotFound
from shared.reversals import ReversalRequest, take_back
from shared.timers import cancel, schedule
from shared.web.paging import paginate
from shared.web.preconditions import check_precondition

STALL = "task.stall"
"""The timer that finds a task of which nothing is heard; and the rule that says for how long."""
MILESTONE_DUE = "milestone.due"
"""The timer after the last day of a milestone."""

_SORTS = {
    "id": FocusTask.id,
    "updated_at": FocusTask.updated_at,
    "quiet_since": FocusTask.quiet_since,
}
_Page = tuple[list[FocusTask], str | None, int | None]


async def of_programme(session: AsyncSession, actor: Actor, id: UUID, query: TaskQuery) -> _Page:
    """The focus tasks of a programme that the caller may see."""
    if await session.get(Programme, id) is None:
        raise NotFound
    chosen = [FocusTask.programme_id == id]
    if query.division:
        chosen.append(FocusTask.division == query.division)
    return await _page(session, actor, query, *chosen)


async def of_pilot(
    session: AsyncSession, actor: Actor, division: str, query: PilotTaskQuery
) -> _Page:
    """The focus tasks of a division in all programmes, as far as the caller may see them."""
    return await _page(session, actor, query, FocusTask.division == division)


async def of_all(session: AsyncSession, actor: Actor, query: FocusTaskQuery) -> _Page:
    """The focus tasks that the caller may see."""
    chosen = [
        *in_days(FocusTask.created_at, query.added_from, query.added_to),
        *in_days(FocusTask.stalled_at, query.stalled_from, query.stalled_to),
    ]
    if query.division:
        chosen.append(in_division(FocusTask, query.division, direct=query.direct))
    return await _page(session, actor, query, *chosen)


async def _page(
    session: AsyncSession, actor: Actor, query: PilotTaskQuery, *chosen: ColumnElement[bool]
) -> _Page:
    statement = select(FocusTask).where(*chosen, visible(FocusTask, actor))
    if query.state:
        statement = statement.where(FocusTask.state == query.state)
    if query.stalled is not None:
        stalled = FocusTask.stalled_at.is_not(None)
        statement = statement.where(stalled if query.stalled else ~stalled)
    if query.tag:
        statement = statement.where(
            or_(
                FocusTask.tags.contains([{"programme": query.tag}]),
                FocusTask.tags.contains([{"reference": query.tag}]),
            )
        )
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=FocusTask.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def milestones_of(
    session: AsyncSession, tasks: Iterable[FocusTask]
) -> dict[UUID, list[Milestone]]:
    """The milestones of each of `tasks`, which the caller may see, the first due first."""
    found: dict[UUID, list[Milestone]] = {task.id: [] for task in tasks}
    rows = await session.scalars(
        select(Milestone)
        .where(Milestone.task_id.in_(found))
        .order_by(Milestone.due_on, Milestone.id)
    )
    for row in rows:
        found[row.task_id].append(row)
    return found


async def milestone(
    session: AsyncSession, actor: Actor, id: UUID, *, lock: bool = False
) -> tuple[Milestone, FocusTask]:
    """A milestone of a task that the caller may see, and the task; locked, both are."""
    task_id = await session.scalar(select(Milestone.task_id).where(Milestone.id == id))
    if task_id is None:
        raise NotFound
    task = await load(session, FocusTask, task_id, actor, lock=lock)
    found = await session.get_one(Milestone, id, with_for_update=lock or None)
    if lock:
        check_precondition(id, found.version)
    return found, task


async def log(
    session: AsyncSession, actor: Actor, id: UUID, query: ProgressQuery
) -> tuple[list[ProgressReport], str | None, int | None]:
    """Each report of a visible task."""
    await load(session, FocusTask, id, actor)
    rows, cursor, count = await paginate(
        session,
        select(ProgressReport).where(ProgressReport.task_id == id),
        sort=query.sort,
        columns={"id": ProgressReport.id},
        id=ProgressReport.id,
        paging=query,
    )
    return [row[0] for row in rows], cursor, count


async def assign(
    session: AsyncSession,
    programme: Programme,
    titles: Sequence[str],
    *,
    division: str,
    scope: Scope,
    parties: list[str],
) -> list[FocusTask]:
    """Give a participant its tasks, ended ones if the programme has; the caller tells them."""
    over = programme.ends_on < today(session)
    moment = now(session)
    begins = moment
    if programme.starts_on > today(session):
        begins = datetime.combine(programme.starts_on, time(), SHANGHAI).astimezone(UTC)
    initial = rules.TASK.initial
    assigned = [
        FocusTask(
            programme_id=programme.id,
            division=division,
            district=scope.district,
            township=scope.township,
            parties=parties,
            title=title,
            state=rules.TASK.next("end", initial) if over else initial,
            tags=[],
            quiet_since=begins,
            created_at=moment,
            updated_at=moment,
        )
        for title in titles
    ]
    session.add_all(assigned)
    await session.flush()
    if not over:
        for task in assigned:
            await _watch(session, task)
    return assigned


async def change(session: AsyncSession, actor: Actor, id: UUID, patch: TaskPatch) -> FocusTask:
    """Tag a task; a change that changes nothing leaves no trace."""
    task = await _take(session, actor, id, "change")
    tags = [tag.model_dump() for tag in patch.tags]
    if tags == task.tags:
        return task
    task.tags, task.updated_at = tags, now(session)
    await session.flush()
    tell(session, [task])
    return task


async def report(
    session: AsyncSession, actor: Actor, id: UUID, request: ProgressRequest
) -> FocusTask:
    """How far a focus task has come: the task stands there, and the log has the report."""
    task = await _take(session, actor, id, request.state)
    state = rules.TASK.next(request.state, task.state)
    rules.may_report(state=state, note=request.note, percent=request.percent)
    moment = now(session)
    task.percent = rules.percent_after(state=state, told=request.percent, before=task.percent)
    task.state, task.note = state, request.note
    task.quiet_since = task.updated_at = moment
    task.stalled_at = None
    session.add(
        ProgressReport(
            task_id=task.id,
            state=state,
            note=request.note,
            percent=request.percent,
            actor=actor.sub,
            at=moment,
        )
    )
    await session.flush()
    if rules.TASK.is_terminal(state):
        await _forget(session, [task])
    else:
        await _watch(session, task)
    tell(session, [task])
    return task


async def plan(
    session: AsyncSession, actor: Actor, id: UUID, request: MilestoneRequest
) -> FocusTask:
    """Set the task a milestone."""
    task = await _take(session, actor, id, "milestones")
    programme = await session.get_one(Programme, task.programme_id)
    count = await session.scalar(
        select(func.count())
        .select_from(Milestone)
        .where(Milestone.task_id == id, Milestone.stands())
    )
    rules.may_plan(
        due_on=request.due_on,
        starts_on=programme.starts_on,
        ends_on=programme.ends_on,
        milestones=count or 0,
    )
    moment = now(session)
    added = Milestone(
        task_id=task.id,
        title=request.title,
        due_on=request.due_on,
        created_at=moment,
        updated_at=moment,
    )
    session.add(added)
    task.updated_at = moment
    await session.flush()
    await schedule(session, MILESTONE_DUE, added.id, end_of(added.due_on))
    _tell_milestone(session, MilestoneAdded, added, task)
    return task


async def complete(
    session: AsyncSession, actor: Actor, id: UUID, request: CompletionRequest
) -> tuple[Milestone, FocusTask]:
    """A milestone is reached."""
    reached, task = await milestone(session, actor, id, lock=True)
    _check_in_charge(task, actor)
    rules.TASK.may("milestones", task.state)
    rules.MILESTONE.may("complete", reached.state)
    done_on = request.done_on or today(session)
    rules.may_complete(done_on=done_on, today=today(session))
    reached.done_on = done_on
    reached.updated_at = task.updated_at = now(session)
    await session.flush()
    await cancel(session, MILESTONE_DUE, reached.id)
    _tell_milestone(session, MilestoneCompleted, reached, task)
    return reached, task


async def reverse(
    session: AsyncSession, actor: Actor, id: UUID, request: ReversalRequest
) -> FocusTask:
    """A milestone that is none, or was not reached: it counts no more, and may be set anew."""
    task = await _take(session, actor, id, "reverse")
    taken_back = await take_back(session, actor, Milestone, request, Milestone.task_id == id)
    taken_back.updated_at = task.updated_at = now(session)
    await session.flush()
    await cancel(session, MILESTONE_DUE, taken_back.id)
    _tell_milestone(session, MilestoneReversed, taken_back, task)
    return task


async def end(session: AsyncSession, programme: Programme, division: str | None) -> list[FocusTask]:
    """What is not done by now stays undone: of one participant, or of all. The caller tells it."""
    unfinished = (
        select(FocusTask)
        .where(
            FocusTask.programme_id == programme.id,
            FocusTask.state.in_(rules.UNFINISHED),
            unscoped(FocusTask, reason="a programme ends for all who take part"),
        )
        .order_by(FocusTask.id)
        .with_for_update()
    )
    if division is not None:
        unfinished = unfinished.where(FocusTask.division == division)
    ended = list(await session.scalars(unfinished))
    moment = now(session)
    for task in ended:
        task.state, task.updated_at = rules.TASK.next("end", task.state), moment
        task.stalled_at = None
    await session.flush()
    await _forget(session, ended)
    return ended


async def stall(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: nothing may have been heard of the task `ref` for too long; told once."""
    task = await session.get(FocusTask, ref, with_for_update=True)
    if task is None or rules.TASK.is_terminal(task.state) or task.stalled_at is not None:
        return
    # Reported meanwhile, or the rule of today allows more: it is not yet the time.
    if await _stalls_at(session, task) > now(session):
        await _watch(session, task)
        return
    task.stalled_at = task.updated_at = now(session)
    await session.flush()
    fact = TaskStalled(
        task_id=task.id,
        programme_id=task.programme_id,
        division=task.division,
        title=task.title,
        state=task.state,
        quiet_since=task.quiet_since,
    )
    publish(session, fact, at=task)


async def miss(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the last day of the milestone `ref` is over."""
    missed = await session.get(Milestone, ref)
    if missed is None or missed.state is not rules.MilestoneState.OPEN:
        return
    task = await session.get_one(FocusTask, missed.task_id)
    if not rules.TASK.is_terminal(task.state):
        _tell_milestone(session, MilestoneOverdue, missed, task)


def tell(session: AsyncSession, tasks: Iterable[FocusTask], *, backfill: bool = False) -> None:
    """One fact a task, as it stands."""
    for task in tasks:
        fact = PilotTaskUpdated(
            task_id=task.id,
            programme_id=task.programme_id,
            division=task.division,
            title=task.title,
            state=task.state,
            state_name=rules.TaskState(task.state).label,
            percent=task.percent,
            tags=[Tag.model_validate(tag) for tag in task.tags],
        )
        publish(session, fact, at=task, backfill=backfill)


async def _take(session: AsyncSession, actor: Actor, id: UUID, action: str) -> FocusTask:
    """The locked task, if its state allows `action` and the caller is in charge."""
    task = await load(session, FocusTask, id, actor, lock=True)
    _check_in_charge(task, actor)
    rules.TASK.may(action, task.state)
    return task


def _check_in_charge(task: FocusTask, actor: Actor) -> None:
    if not in_charge(actor, district=task.district, township=task.township, organisation=""):
        raise NotInCharge


async def _stalls_at(session: AsyncSession, task: FocusTask) -> datetime:
    """When the task stalls if nothing more is heard; not before it has begun."""
    if task.quiet_since > now(session):
        return task.quiet_since
    patience = (await rule(session, STALL)).deadline()
    return due(task.quiet_since, patience, await calendar_of(session)).at


async def _watch(session: AsyncSession, task: FocusTask) -> None:
    await schedule(session, STALL, task.id, await _stalls_at(session, task))


async def _forget(session: AsyncSession, tasks: Iterable[FocusTask]) -> None:
    """No timer goes on for what is finished."""
    for id, milestones in (await milestones_of(session, tasks)).items():
        await cancel(session, STALL, id)
        for one in milestones:
            await cancel(session, MILESTONE_DUE, one.id)


def _tell_milestone(
    session: AsyncSession, event: type[MilestoneFact], milestone: Milestone, task: FocusTask
) -> None:
    fact = event(
        milestone_id=milestone.id,
        task_id=task.id,
        programme_id=task.programme_id,
        division=task.division,
        task_title=task.title,
        title=milestone.title,
        due_on=milestone.due_on,
        done_on=milestone.done_on,
    )
    publish(session, fact, at=task)
