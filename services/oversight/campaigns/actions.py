"""The verbs of a campaign. Each leaves a fact; until an unannounced one is reported, one that stays
inside."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.campaign_progress.actions import (
    figures_of,
    organisations_visited,
    tallies,
)
from services.oversight.campaign_reports.actions import current, freeze
from services.oversight.campaign_reports.rules import CampaignNotReported
from services.oversight.campaign_reports.tables import CampaignReport
from services.oversight.campaigns import rules
from services.oversight.campaigns.rules import CampaignState, Recurrence, Tally
from services.oversight.campaigns.schemas import (
    CampaignFilters,
    CampaignPatch,
    CampaignRequest,
    ReasonRequest,
    ReportRequest,
)
from services.oversight.campaigns.tables import Campaign
from services.oversight.db import level_name
from services.oversight.draws.tables import Draw
from services.oversight.inspections.rules import InspectionMode
from services.oversight.permissions import NotInCharge, holds, may_know_of, may_know_of_one
from services.oversight.subject_views.tables import SubjectView
from shared.access.actor import Actor
from shared.access.visibility import load, sees_scope, unscoped, visible
from shared.clock import now, today
from shared.events.oversight.campaigns import (
    CampaignApproved,
    CampaignCancelled,
    CampaignChanged,
    CampaignClosed,
    CampaignFact,
    CampaignPlanned,
    CampaignPrepared,
    CampaignReported,
    CampaignReportOverdue,
    CampaignReturned,
    CampaignStarted,
    CampaignSubmitted,
)
from shared.events.oversight.draws import DrawDisclosed
from shared.facts import publish
from shared.law.calendar import due, end_of
from shared.law.divisions import DivisionUnknown, Level
from shared.law.places import CITY, in_division
from shared.law.tables import Division, calendar_of, rule, scope_of
from shared.refusals import NotFound
from shared.timers import cancel as cancel_timer
from shared.timers import schedule
from shared.web.paging import paginate

RECUR, REPORT = "campaign.recurrence", "campaign.report"
"""Timers, named like the rules that they follow."""

_SORTS = {"id": Campaign.id, "starts_on": Campaign.starts_on}


async def page(
    session: AsyncSession, actor: Actor, filters: CampaignFilters
) -> tuple[list[Campaign], str | None, int | None]:
    """The campaigns that the caller may know of, one page of them."""
    statement = select(Campaign).where(visible(Campaign, actor), may_know_of(Campaign, actor))
    statement = statement.where(*_filtered(filters, now(session)))
    rows, cursor, count = await paginate(
        session, statement, sort=filters.sort, columns=_SORTS, id=Campaign.id, paging=filters
    )
    return [row[0] for row in rows], cursor, count


def _filtered(filters: CampaignFilters, moment: datetime) -> list[ColumnElement[bool]]:
    wanted: list[ColumnElement[bool]] = [
        column == value
        for column, value in (
            (Campaign.state, filters.state),
            (Campaign.kind, filters.kind),
            (Campaign.mode, filters.mode),
            (Campaign.ground, filters.ground),
        )
        if value is not None
    ]
    if filters.mandatory is not None:
        compelled = Campaign.ground.in_(sorted(rules.MANDATORY))
        wanted.append(compelled if filters.mandatory else ~compelled)
    if filters.overdue is not None:
        late = Campaign.state.in_(rules.WAITING) & (Campaign.report_due_at <= moment)
        wanted.append(late if filters.overdue else late.is_not(True))
    if filters.division is not None:
        wanted.append(in_division(Campaign, filters.division, direct=filters.direct))
    if filters.starts_from is not None:
        wanted.append(Campaign.starts_on >= filters.starts_from)
    if filters.starts_to is not None:
        wanted.append(Campaign.starts_on <= filters.starts_to)
    if filters.q is not None:
        wanted.append(Campaign.theme.icontains(filters.q, autoescape=True))
    return wanted


async def read(session: AsyncSession, actor: Actor, id: UUID, *, lock: bool = False) -> Campaign:
    """One campaign that the caller may know of."""
    row = await load(session, Campaign, id, actor, lock=lock)
    if not await may_know_of_one(session, Campaign, row, actor):
        raise NotFound
    return row


async def report_of(session: AsyncSession, actor: Actor, id: UUID) -> CampaignReport:
    """Its result as it was frozen, for the body that holds it and those above."""
    row = await read(session, actor, id)
    if not holds(actor, row):
        raise NotInCharge
    report = await current(session, row.id)
    if report is None:
        raise CampaignNotReported
    return report


async def running(
    session: AsyncSession,
    actor: Actor,
    id: UUID,
    *,
    kind: str,
    mode: str,
    planned_on: Any,
    subject: SubjectView,
) -> Campaign:
    """The campaign, locked, that an inspection of `subject` is to be held under, or why not.

    An open one is known to the inspected body from now on.
    """
    try:
        row = await read(session, actor, id, lock=True)
    except NotFound:
        raise rules.CampaignUnknown(campaign_id=str(id)) from None
    rules.may_hold_under(
        state=row.state,
        kind=row.kind,
        mode=row.mode,
        planned_on=planned_on,
        starts_on=row.starts_on,
        ends_on=row.ends_on,
        same_kind=kind,
        same_mode=mode,
        concealed=row.concealed,
        places=[CITY, subject.district, subject.township],
        divisions=row.divisions,
        domains=row.target_domains,
        subject_domains=subject.domains,
    )
    if not row.concealed and subject.organisation not in row.parties:
        row.parties = [*row.parties, subject.organisation]
    return row


async def plan(session: AsyncSession, actor: Actor, request: CampaignRequest) -> Campaign:
    """Put a plan forward in the caller's division, to be approved by another."""
    concealed = request.mode == InspectionMode.UNANNOUNCED
    _check_plan(request, concealed=concealed, authority=actor.division)
    scope = await scope_of(session, actor.division)
    await _check_divisions(session, actor, request.divisions)
    told = request.model_dump(exclude={"domains"})
    row = Campaign(
        **told,
        authority=actor.division,
        authority_organisation=actor.organisation,
        concealed=concealed,
        target_domains=request.domains,
        follows_id=None,
        state=rules.LIFECYCLE.initial,
        planned_at=now(session),
        planned_by=actor.sub,
        authors=[actor.sub],
        district=scope.district,
        township=scope.township,
    )
    await _show(session, row)
    session.add(row)
    await session.flush()
    _publish(session, row, CampaignPlanned, follows_id=None)
    return row


async def change(session: AsyncSession, actor: Actor, id: UUID, request: CampaignPatch) -> Campaign:
    """Change a plan that is not approved; whoever changed it does not approve it.

    A change that changes nothing leaves no trace.
    """
    row = await _step(session, actor, id, "change")
    told = {name: getattr(request, name) for name in request.model_fields_set}
    if "domains" in told:
        told["target_domains"] = told.pop("domains")
    if all(getattr(row, name) == value for name, value in told.items()):
        return row
    for name, value in told.items():
        setattr(row, name, value)
    _check_plan(row, concealed=row.concealed, authority=row.authority)
    if "divisions" in told:
        await _check_divisions(session, actor, row.divisions)
    row.changed_at = now(session)
    if actor.sub not in row.authors:
        row.authors = [*row.authors, actor.sub]
    await _show(session, row)
    await session.flush()
    _publish(session, row, CampaignChanged)
    return row


async def submit(session: AsyncSession, actor: Actor, id: UUID) -> Campaign:
    """Put a returned plan forward again."""
    row = await _step(session, actor, id, "submit")
    await session.flush()
    _publish(session, row, CampaignSubmitted)
    return row


async def approve(session: AsyncSession, actor: Actor, id: UUID) -> Campaign:
    """The plan stands: the report is due some time after it ends; a recurring one goes on."""
    row = await _step(session, actor, id, "approve")
    row.approved_at, row.approved_by = now(session), actor.sub
    period = (await rule(session, REPORT)).deadline()
    last = end_of(row.ends_on) - timedelta.resolution
    row.report_due_at = due(last, period, await calendar_of(session)).at
    await session.flush()
    await schedule(session, REPORT, row.id, row.report_due_at)
    if (following := _following(row)) is not None:
        days = int((await rule(session, RECUR)).value["days_before"])
        begins = end_of(following[0] - timedelta(days=1))
        await schedule(session, RECUR, row.id, begins - timedelta(days=days))
    _publish(session, row, CampaignApproved)
    return row


async def send_back(
    session: AsyncSession, actor: Actor, id: UUID, request: ReasonRequest
) -> Campaign:
    """The plan or the report is not good enough."""
    row = await _step(session, actor, id, "return")
    row.return_reason = request.reason
    await session.flush()
    if row.report_due_at is not None and row.report_due_at > now(session):
        await schedule(session, REPORT, row.id, row.report_due_at)
    _publish(session, row, CampaignReturned)
    return row


async def start(session: AsyncSession, actor: Actor, id: UUID) -> Campaign:
    """From now on inspections are held under it."""
    row = await _step(session, actor, id, "start")
    row.started_at = now(session)
    await session.flush()
    _publish(session, row, CampaignStarted)
    return row


async def report(session: AsyncSession, actor: Actor, id: UUID, request: ReportRequest) -> Campaign:
    """Say what came of it; an unannounced one is known from now on."""
    row = await _step(session, actor, id, "report")
    rules.may_report(ground=row.ground, reported_to=request.reported_to)
    counted = await figures_of(session, row.id)
    row.report = {**request.model_dump(mode="json"), "figures": counted}
    row.reported_at, row.reported_by = now(session), actor.sub
    frozen = await freeze(session, row, counted)
    if row.concealed:
        row.concealed = False
        await _show(session, row, await organisations_visited(session, row.id))
        await _disclose_draws(session, row)
    await session.flush()
    await cancel_timer(session, REPORT, row.id)
    told = {name: counted[name] for name in ("inspections", "findings", "confirmed")}
    _publish(session, row, CampaignReported, number=frozen.number, digest=frozen.digest, **told)
    return row


async def close(session: AsyncSession, actor: Actor, id: UUID) -> Campaign:
    """The result stands."""
    row = await _step(session, actor, id, "close")
    row.closed_at, row.closed_by = now(session), actor.sub
    await session.flush()
    _publish(session, row, CampaignClosed)
    return row


async def cancel(session: AsyncSession, actor: Actor, id: UUID, request: ReasonRequest) -> Campaign:
    """It will not be held, nor what would follow it. An unannounced one stays unknown."""
    row = await _step(session, actor, id, "cancel")
    row.cancelled_at, row.cancelled_by = now(session), actor.sub
    row.cancel_reason = request.reason
    await session.flush()
    await cancel_timer(session, REPORT, row.id)
    await cancel_timer(session, RECUR, row.id)
    _publish(session, row, CampaignCancelled)
    return row


async def recur(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the next one of a recurring campaign is prepared, to be approved."""
    row = await session.get(Campaign, ref)
    if row is None or row.state == CampaignState.CANCELLED:
        return
    following = _following(row)
    assert following is not None
    kept = (
        *("authority", "authority_organisation", "kind", "mode", "theme", "target_domains"),
        *("divisions", "plan", "target", "ground", "ground_reference", "recurrence"),
        *("recurs_until", "approver", "planned_by", "district", "township"),
    )
    following_row = Campaign(
        **{name: getattr(row, name) for name in kept},
        concealed=row.mode == InspectionMode.UNANNOUNCED,
        starts_on=following[0],
        ends_on=following[1],
        follows_id=row.id,
        state=rules.LIFECYCLE.initial,
        planned_at=now(session),
        authors=[row.planned_by],
    )
    await _show(session, following_row)
    session.add(following_row)
    await session.flush()
    _publish(session, following_row, CampaignPlanned, follows_id=row.id)


async def miss_report(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the last day for the report is over."""
    row = await session.get(Campaign, ref)
    if row is not None and row.state in rules.WAITING:
        _publish(session, row, CampaignReportOverdue)


async def allowed_of(
    session: AsyncSession, actor: Actor, rows: Collection[Campaign]
) -> dict[UUID, list[str]]:
    """What the caller may do with each now."""
    in_hand = [row for row in rows if holds(actor, row)]
    counted = await tallies(session, [row.id for row in in_hand])
    return {
        row.id: [
            action
            for action in rules.LIFECYCLE.allowed_actions(row.state, actor.permissions)
            if _hindrance(session, actor, row, action, counted.get(row.id, Tally())) is None
        ]
        if row in in_hand
        else []
        for row in rows
    }


async def _step(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Campaign:
    """The row, locked, in the state that `action` leads to."""
    row = await read(session, actor, id, lock=True)
    if not holds(actor, row):
        raise NotInCharge
    target = rules.LIFECYCLE.next(action, row.state)
    tally = (await tallies(session, [row.id])).get(row.id, Tally())
    if (refusal := _hindrance(session, actor, row, action, tally)) is not None:
        raise refusal
    row.state = target
    return row


def _hindrance(
    session: AsyncSession, actor: Actor, row: Campaign, action: str, tally: Tally
) -> Exception | None:
    highest = len(row.authority) == len(CITY)
    above = actor.sub != row.planned_by if highest else len(actor.division) < len(row.authority)
    return rules.hindrance(
        action,
        state=row.state,
        ground=row.ground,
        sub=actor.sub,
        planned_by=row.authors,
        reported_by=row.reported_by,
        from_above=above,
        starts_on=row.starts_on,
        today=today(session),
        tally=tally,
    )


def _check_plan(told: Any, *, concealed: bool, authority: str) -> None:
    rules.may_plan(
        starts_on=told.starts_on,
        ends_on=told.ends_on,
        ground=rules.Ground(told.ground),
        reference=told.ground_reference,
        concealed=concealed,
        authority=authority,
    )


async def _check_divisions(session: AsyncSession, actor: Actor, divisions: Sequence[str]) -> None:
    """Each exists and is the caller's; another's looks like none."""
    for code in divisions:
        scope = await scope_of(session, code)
        if not sees_scope(actor, scope.district, scope.township):
            raise DivisionUnknown(division=code, on=today(session).isoformat())


async def _show(session: AsyncSession, row: Campaign, visited: Collection[str] = ()) -> None:
    """Let those see an open one whom it concerns: divisions, inspected bodies, line departments."""
    if row.concealed:
        row.parties, row.domains = [], []
        return
    divisions = list(row.divisions)
    if CITY in divisions:
        districts = Division.level == Level.DISTRICT.value, Division.valid_to.is_(None)
        found = await session.scalars(select(Division.code).where(*districts))
        divisions += sorted(found)
    own = {CITY, row.district, row.township}
    bodies = [one for one in row.parties or [] if not one.isdecimal() or len(one) > 9]
    parties = dict.fromkeys([*divisions, *bodies, *visited])
    row.parties = [one for one in parties if one not in own]
    row.domains = list(row.target_domains)


async def _disclose_draws(session: AsyncSession, row: Campaign) -> None:
    """Its draws are no secret any more either; what was drawn can be drawn again by all."""
    draws = await session.scalars(
        select(Draw)
        .where(
            Draw.campaign_id == row.id,
            unscoped(Draw, reason="the draws are disclosed with their campaign"),
        )
        .order_by(Draw.id)
    )
    for draw in draws:
        draw.concealed, draw.domains = False, list(row.domains)
        draw.parties = [one for one in row.parties if one.isdecimal() and len(one) <= 9]
        await session.flush()
        publish(session, DrawDisclosed(**draw.told(), **draw.revealed()), at=draw)


def _following(row: Campaign) -> Any:
    if row.recurrence is None:
        return None
    return rules.next_period(
        row.starts_on, row.ends_on, Recurrence(row.recurrence), row.recurs_until
    )


def _publish(session: AsyncSession, row: Campaign, kind: type[CampaignFact], **more: Any) -> None:
    told: dict[str, Any] = {
        "campaign_id": row.id,
        "kind": row.kind,
        "mode": row.mode,
        "theme": row.theme,
        "domains": row.target_domains,
        "divisions": row.divisions,
        "starts_on": row.starts_on,
        "ends_on": row.ends_on,
        "ground": row.ground,
        "division": row.authority,
        "authority_level": level_name(row.authority),
        "state": row.state,
        "planned_by": row.planned_by,
        "approver": row.approver,
        "reported_by": row.reported_by,
        "report_due_at": row.report_due_at,
    }
    if row.concealed:
        step = kind.type.split(".")[2]
        fact: CampaignFact = CampaignPrepared(**told, step=step)
    else:
        fact = kind(**told, **more)
    publish(session, fact, at=row)
