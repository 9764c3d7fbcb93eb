"""The verbs of a report schedule: opening it calls for the report of each division."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.participants.actions import pilots_of
from services.escalation.periodic_reports import actions as reports
from services.escalation.periodic_reports.rules import PeriodicReportState
from services.escalation.periodic_reports.tables import PeriodicReport
from services.escalation.report_schedules import rules
from services.escalation.report_schedules.rules import ReportKind
from services.escalation.report_schedules.schemas import (
    PilotSchedulesRequest,
    ReportScheduleRequest,
    is_own,
    standing,
)
from services.escalation.report_schedules.tables import ReportSchedule
from shared.access.actor import Actor
from shared.access.visibility import load, visible
from shared.clock import now, today
from shared.db import Scope
from shared.events.escalation.periodic_reports import (
    ReportScheduleClosed,
    ReportScheduleFact,
    ReportScheduleOpened,
)
from shared.facts import publish
from shared.figures import division_names
from shared.law.calendar import end_of
from shared.law.tables import scope_of

E = TypeVar("E", bound=ReportScheduleFact)
Counts = Mapping[str, int]


class Shown(NamedTuple):
    """A schedule, and how many of its reports that the caller sees stand how."""

    row: ReportSchedule
    counts: Counts


async def open_one(session: AsyncSession, actor: Actor, request: ReportScheduleRequest) -> Shown:
    """Call for reports of the pilots of a programme, or of named divisions."""
    rules.may_call(
        programme=request.programme_id is not None,
        divisions=request.divisions,
        sections=[section.code for section in request.sections],
        due_on=request.due_on,
        today=today(session),
    )
    told = request.model_dump(exclude={"divisions", "sections"})
    sections = [section.model_dump() for section in request.sections]
    divisions = list(dict.fromkeys(request.divisions))
    if request.programme_id is not None:
        divisions = await _pilots(session, request.programme_id)
    return await _open(session, actor, {**told, "sections": sections}, divisions)


async def open_pilot(
    session: AsyncSession, actor: Actor, request: PilotSchedulesRequest
) -> list[Shown]:
    """Call for the two reports of the notice, by its days or by others."""
    days: dict[str, date | None] = {
        ReportKind.INTERIM_SUMMARY: request.interim_due_on,
        ReportKind.FINAL_SUMMARY: request.final_due_on,
    }
    pilots = await _pilots(session, request.programme_id)
    opened = []
    for told in rules.pilot_schedules():
        due_on = days[told["kind"]] or told["due_on"]
        values = {**told, "programme_id": request.programme_id, "due_on": due_on}
        opened.append(await _open(session, actor, values, pilots))
    return opened


async def close(session: AsyncSession, actor: Actor, id: UUID) -> Shown:
    """No report comes any more; what is outstanding was not reported."""
    row = await load(session, ReportSchedule, id, actor, lock=True)
    counts = (await counts_of(session, actor, [row]))[row.id]
    row.state = rules.next_state(
        "close", standing(row, counts), own=is_own(row, actor), now=now(session)
    )
    row.closed_by, row.closed_at = actor.sub, now(session)
    await reports.miss(session, row.id)
    await session.flush()
    shown = Shown(row, (await counts_of(session, actor, [row]))[row.id])
    accepted, missed = (
        shown.counts.get(state, 0)
        for state in (PeriodicReportState.ACCEPTED, PeriodicReportState.MISSED)
    )
    publish(session, _fact(ReportScheduleClosed, row, accepted=accepted, missed=missed), at=row)
    return shown


async def counts_of(
    session: AsyncSession, actor: Actor, rows: Iterable[ReportSchedule]
) -> dict[UUID, Counts]:
    """Schedule → how many of its reports that the caller sees stand how."""
    found: dict[UUID, dict[str, int]] = {row.id: {} for row in rows}
    report = PeriodicReport
    counted = await session.execute(
        select(report.schedule_id, report.state, func.count())
        .where(visible(report, actor), report.schedule_id.in_(list(found)))
        .group_by(report.schedule_id, report.state)
    )
    for schedule, state, number in counted:
        found[schedule][state] = number
    return dict(found)


async def _pilots(session: AsyncSession, programme_id: UUID) -> list[str]:
    if not (pilots := await pilots_of(session, programme_id)):
        raise rules.ReportersMissing
    return pilots


async def _open(
    session: AsyncSession, actor: Actor, values: Mapping[str, Any], divisions: Sequence[str]
) -> Shown:
    scopes = [await scope_of(session, division) for division in divisions]
    for division, scope in zip(divisions, scopes, strict=True):
        rules.may_report_to(caller=actor.division, division=division, scope=scope)
    own = await scope_of(session, actor.division)
    row = ReportSchedule(
        **values,
        division=actor.division,
        level=rules.caller_level(actor.division),
        due_at=end_of(values["due_on"]),
        reporters=list(divisions),
        state=rules.LIFECYCLE.initial,
        created_by=actor.sub,
        created_at=now(session),
        district=own.district,
        township=own.township,
        parties=list(divisions),
    )
    session.add(row)
    await session.flush()
    publish(session, _fact(ReportScheduleOpened, row), at=row)
    names = await division_names(session, divisions)
    for division, scope in zip(divisions, scopes, strict=True):
        await reports.call(session, row, names.get(division, division), Scope(*scope))
    return Shown(row, {PeriodicReportState.CALLED: len(divisions)})


def _fact(kind: type[E], row: ReportSchedule, **more: Any) -> E:
    names = ("code", "kind", "title", "programme_id", "division", "level", "due_on", "reporters")
    told: dict[str, Any] = {name: getattr(row, name) for name in (*names, "state")}
    return kind(schedule_id=row.id, kind_name=ReportKind(row.kind).label, **told, **more)
