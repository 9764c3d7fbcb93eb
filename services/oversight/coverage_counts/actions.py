"""Counting coverage anew where something changed, and keeping what every day's numbers were.

The worker counts a body (of domains: a division) whole, from the rows that facts and acts left, so
that the numbers equal a recount whatever came in which order; what is asked of coverage reads a row
a body and kind, never the officers, powers or acts.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, and_, delete, func, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.act_counts.rules import REPORTED
from services.oversight.act_counts.tables import ActYear
from services.oversight.act_reconciliations.rules import ReconciliationState
from services.oversight.act_reconciliations.tables import ActReconciliation
from services.oversight.acts.rules import ActKind
from services.oversight.acts.tables import Act, ActKey
from services.oversight.coverage_counts import rules
from services.oversight.coverage_counts.rules import Counted, CoverageKind, Told
from services.oversight.coverage_counts.tables import CoverageChange, CoverageGap, CoverageShare
from services.oversight.subject_views.actions import hold_divisions, subjects_of
from services.oversight.subject_views.rules import ENDED, HELD
from services.oversight.subject_views.tables import OfficerView, PowerView, SubjectView
from shared.access.visibility import unscoped
from shared.clock import now, today
from shared.db import Scope, copy_line, copy_lines, new_id
from shared.events.oversight.coverage import (
    CoverageFact,
    CoverageGapClosed,
    CoverageGapFound,
    GapTold,
)
from shared.facts import publish
from shared.law.calendar import end_of
from shared.law.places import CITY
from shared.law.tables import Division, rule
from shared.timers import schedule, schedule_by

COUNT, DAY = "coverage.count", "coverage.day"
"""The timers that count what changed, and everything when a legal day begins."""
ALL = UUID(int=0)
AT_ONCE = 50
"""Bodies and divisions that are counted in one firing."""
IN_A_FACT = 500
DOMAINS_RULE = "coverage.domains"

_WHY = "coverage is the system's own count, of all there is"
_OF_BODIES = (CoverageKind.POWERS, CoverageKind.SUBJECTS, CoverageKind.OFFICERS)


class Unit(NamedTuple):
    """Whose coverage is counted, and where it lies."""

    code: str
    place: str
    scope: Scope
    parties: list[str]
    domains: list[str]
    subject: SubjectView | None


async def install(session: AsyncSession) -> None:
    """Have everything counted: what is there may be older than this capability."""
    await schedule_by(session, DAY, ALL, now(session))


async def note(
    session: AsyncSession, units: Iterable[str], *, acts: bool = False, backfill: bool = False
) -> None:
    """Something changed for bodies (credit codes) or places (codes of divisions): count anew.

    With `acts` only their acts; `backfill` says that it is history, which is no news to anybody.
    """
    if lines := [copy_line((unit, acts, backfill)) for unit in sorted(set(units))]:
        await copy_lines(session, CoverageChange, ("unit", "acts", "backfill"), lines)
        await schedule(session, COUNT, ALL, now(session))


async def begin_day(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: a day has begun, perhaps a year, and rules or divisions may be others now.

    The first time there is nothing yet that could be missed: what is found then is no news.
    """
    first = await session.scalar(select(CoverageShare.unit).where(_unscoped_share).limit(1)) is None
    codes = await session.scalars(
        select(SubjectView.organisation).distinct().where(unscoped(SubjectView, reason=_WHY))
    )
    counted = await session.scalars(select(CoverageShare.unit).distinct().where(_unscoped_share))
    districts = await session.scalars(
        select(Division.code).where(Division.level == "district", _in_force(today(session)))
    )
    await note(session, {*codes, *counted, *districts, CITY}, backfill=first)
    await schedule(session, ref=ref, kind=DAY, due_at=end_of(today(session)))


async def count(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: count some of those that changed, and tell of the gaps found and closed."""
    oldest = select(CoverageChange.id).order_by(CoverageChange.id).limit(1).scalar_subquery()
    units = (
        select(CoverageChange.unit)
        .where(CoverageChange.id < oldest + 20 * AT_ONCE)
        .distinct()
        .limit(AT_ONCE)
    )
    taken = await session.execute(
        delete(CoverageChange)
        .where(CoverageChange.unit.in_(units))
        .returning(CoverageChange.unit, CoverageChange.acts, CoverageChange.backfill)
    )
    only_acts: dict[str, bool] = {}
    history: dict[str, bool] = {}
    for unit, acts, backfill in taken:
        only_acts[unit] = only_acts.get(unit, True) and acts
        history[unit] = history.get(unit, True) and backfill
    if only_acts:
        await hold_divisions(session)
        bodies = {unit for unit in only_acts if len(unit) > 9}
        await _count_bodies(session, bodies, only_acts, history)
        await _count_divisions(session, only_acts.keys() - bodies, history)
    if await session.scalar(select(CoverageChange.id).limit(1)) is not None:
        await schedule(session, COUNT, ref, now(session))


# ---------------------------------------------------------------- bodies


async def _count_bodies(
    session: AsyncSession,
    codes: Collection[str],
    only_acts: Mapping[str, bool],
    history: Mapping[str, bool],
) -> None:
    if not codes:
        return
    # What a source reported late may belong to another body's source: the few that differ count.
    differing = _differing(session)
    late = set(await session.scalars(select(ActReconciliation.organisation).where(differing)))
    every = {*codes, *late}
    whole = {code for code in codes if not only_acts[code]}
    there = {
        subject.organisation: subject
        for subject in await subjects_of(session, every)
        if subject.state not in ENDED
    }
    powers = await _powers(session, whole)
    officers = await _officers(session, whole)
    here, missing = await _acts(session, every)
    counted: dict[tuple[str, CoverageKind], Counted] = {}
    for code in every:
        subject = there.get(code)
        published = subject is not None and subject.state == "published"
        if subject is None:
            kinds = (*_OF_BODIES, CoverageKind.ACTS) if code in whole else (CoverageKind.ACTS,)
            counted.update({(code, kind): rules.NOTHING for kind in kinds})
            continue
        if code in whole:
            counted[code, CoverageKind.POWERS] = rules.powers(published, powers.get(code, ()))
            counted[code, CoverageKind.OFFICERS] = rules.officers(published, officers.get(code, ()))
            counted[code, CoverageKind.SUBJECTS] = rules.subjects(
                subject.id, subject.name, published=published
            )
        counted[code, CoverageKind.ACTS] = rules.acts(here.get(code, 0), missing.get(code, ()))
    units = {code: _body(code, there.get(code)) for code in every}
    await _keep(session, units, counted, history)


def _body(code: str, subject: SubjectView | None) -> Unit:
    if subject is None:
        return Unit(code, CITY, Scope(), [], [], None)
    scope, parties = subject.scope, list(subject.parties)
    return Unit(code, subject.division, scope, parties, list(subject.domains), subject)


async def _powers(session: AsyncSession, codes: Collection[str]) -> Mapping[str, list[Told]]:
    """Those that bodies claim (`powers.actions.claimed` in the registry): in draft or in force."""
    power = PowerView
    rows = await session.execute(
        select(power.organisation, power.id, power.code, power.name, power.state).where(
            power.organisation.in_(codes),
            power.state.in_(("draft", "active")),
            unscoped(power, reason=_WHY),
        )
    )
    found: dict[str, list[Told]] = defaultdict(list)
    for code, id, number, name, state in rows:
        found[code].append(Told(id, f"{number} {name}", state in HELD))
    return found


async def _officers(session: AsyncSession, codes: Collection[str]) -> Mapping[str, list[Told]]:
    """Staff on post (`officers.actions.needs_certificate`): auxiliaries never hold one."""
    officer = OfficerView
    rows = await session.execute(
        select(officer.organisation, officer.id, officer.name, officer.certificate_state).where(
            officer.organisation.in_(codes),
            officer.state == "on_post",
            officer.staffing == "staff",
            unscoped(officer, reason=_WHY),
        )
    )
    found: dict[str, list[Told]] = defaultdict(list)
    for code, id, name, state in rows:
        found[code].append(Told(id, name, state == "active"))
    return found


async def _acts(
    session: AsyncSession, codes: Collection[str]
) -> tuple[Mapping[str, int], Mapping[str, list[tuple[str, str]]]]:
    """Acts of this year that are here by body, and those that its sources say are missing."""
    year = ActYear
    rows = await session.execute(
        select(year.organisation, func.sum(year.acts))
        .where(
            year.organisation.in_(codes),
            year.year == today(session).year,
            year.stage == REPORTED,
        )
        .group_by(year.organisation)
    )
    here = {code: int(acts) for code, acts in rows}
    missing: dict[str, list[tuple[str, str]]] = defaultdict(list)
    days = await session.scalars(
        select(ActReconciliation).where(
            _differing(session), ActReconciliation.organisation.in_(codes)
        )
    )
    for day in days:
        missing[day.organisation] += await _missing(session, day)
    return here, missing


def _differing(session: AsyncSession) -> ColumnElement[bool]:
    row = ActReconciliation
    return and_(
        row.state == ReconciliationState.DIFFERING,
        row.day >= today(session).replace(month=1, day=1),
        unscoped(row, reason=_WHY),
    )


async def _missing(session: AsyncSession, day: ActReconciliation) -> list[tuple[str, str]]:
    """What of a day has not come since: a source's answer is looked at again later."""
    if day.told_ids is None:
        began = Act.began_at
        here = await session.scalar(
            select(func.count()).where(
                Act.source_id == day.source_id,
                began >= end_of(day.day - timedelta(days=1)),
                began < end_of(day.day),
                Act.withdrawn.is_(False),
                unscoped(Act, reason=_WHY),
            )
        )
        return rules.unnamed(day.source_code, day.day, day.told, here or 0)
    if not day.missing:
        return []
    come = set(
        await session.scalars(
            select(ActKey.external_id)
            .join(Act, Act.id == ActKey.act_id)
            .where(
                ActKey.source_id == day.source_id,
                ActKey.external_id.in_(day.missing),
                Act.withdrawn.is_(False),
                unscoped(Act, reason=_WHY),
            )
        )
    )
    return [(f"{day.source_code}:{no}", no) for no in day.missing if no not in come]


# ---------------------------------------------------------------- divisions


async def _count_divisions(
    session: AsyncSession, places: Collection[str], history: Mapping[str, bool]
) -> None:
    """Domains of the districts that places lie in, and of the city."""
    if not places:
        return
    on = today(session)
    parents = await session.scalars(
        select(Division.parent).where(
            Division.code.in_([place for place in places if len(place) == 9]), _in_force(on)
        )
    )
    units = {*(place for place in places if len(place) == 6), *parents, CITY} - {None}
    needed: list[str] = (await rule(session, DOMAINS_RULE, on)).value["domains"]
    year, district = ActYear, func.coalesce(Division.parent, ActYear.place)
    checked: dict[str, set[str]] = defaultdict(set)
    rows = await session.execute(
        select(district, func.unnest(year.domains))
        .outerjoin(
            Division,
            and_(Division.code == year.place, Division.level == "township", _in_force(on)),
        )
        .where(
            year.year == on.year,
            year.stage == REPORTED,
            year.kind == ActKind.CHECK,
            year.acts > 0,
        )
        .distinct()
    )
    for place, domain in rows:
        checked[place].add(domain)
        checked[CITY].add(domain)
    names = {domain: domain for domain in needed}
    counted = {(unit, CoverageKind.DOMAINS): rules.domains(names, checked[unit]) for unit in units}
    told = {
        unit: Unit(
            unit, unit, Scope(district=None if unit == CITY else unit), [], list(needed), None
        )
        for unit in units
    }
    past = {unit: all(history[place] for place in places) for unit in units}
    await _keep(session, told, counted, past)


def _in_force(day: date) -> ColumnElement[bool]:
    ends = Division.valid_to
    return and_(Division.valid_from <= day, or_(ends.is_(None), ends > day))


# ---------------------------------------------------------------- keeping

_unscoped_share = unscoped(CoverageShare, reason=_WHY)
_unscoped_gap = unscoped(CoverageGap, reason=_WHY)


async def _keep(
    session: AsyncSession,
    units: Mapping[str, Unit],
    counted: Mapping[tuple[str, CoverageKind], Counted],
    history: Mapping[str, bool],
) -> None:
    """Write what differs from what was counted before, and tell of it."""
    shares = {
        (row.unit, row.kind): row
        for row in await session.scalars(
            select(CoverageShare).where(
                CoverageShare.unit.in_(units), CoverageShare.until.is_(None), _unscoped_share
            )
        )
    }
    gaps: dict[tuple[str, str], dict[str, CoverageGap]] = defaultdict(dict)
    for gap in await session.scalars(
        select(CoverageGap).where(
            CoverageGap.unit.in_(units), CoverageGap.closed_at.is_(None), _unscoped_gap
        )
    ):
        gaps[gap.unit, gap.kind][gap.ref] = gap
    for (code, kind), told in counted.items():
        unit = units[code]
        await _keep_share(session, unit, kind, told, shares.get((code, kind)))
        _keep_gaps(session, unit, kind, told, gaps[code, kind], history.get(code, False))
    await session.flush()


async def _keep_share(
    session: AsyncSession,
    unit: Unit,
    kind: CoverageKind,
    told: Counted,
    row: CoverageShare | None,
) -> None:
    day = today(session)
    values = {
        "covered": told.covered,
        "in_order": told.in_order,
        "total": told.total,
        "domains": unit.domains,
        "district": unit.scope.district,
        "township": unit.scope.township,
        "parties": unit.parties,
    }
    if row is not None:
        if all(getattr(row, name) == value for name, value in values.items()):
            return
        if not told.total:
            values = {"covered": 0, "in_order": 0, "total": 0}
        if row.since >= day:
            for name, value in values.items():
                setattr(row, name, value)
            return
        row.until = day
        await session.flush()  # one row of a unit and kind is current
    if told.total:
        session.add(
            CoverageShare(
                kind=kind,
                unit=unit.code,
                since=day,
                until=None,
                organisation=None if kind is CoverageKind.DOMAINS else unit.code,
                **values,
            )
        )


def _keep_gaps(
    session: AsyncSession,
    unit: Unit,
    kind: CoverageKind,
    told: Counted,
    there: Mapping[str, CoverageGap],
    backfill: bool,
) -> None:
    missing = {gap.ref: gap for gap in told.gaps}
    closed = [gap for ref, gap in there.items() if ref not in missing]
    found = []
    for ref, one in missing.items():
        gap = there.get(ref)
        if gap is None:
            gap = CoverageGap(
                id=new_id(),
                kind=kind,
                unit=unit.code,
                ref=ref,
                organisation=None if kind is CoverageKind.DOMAINS else unit.code,
                found_at=now(session),
                closed_at=None,
                parties=unit.parties,
            )
            session.add(gap)
            found.append(gap)
        gap.name, gap.reason = one.name, one.reason
        gap.subject_id = unit.subject.id if unit.subject else None
        gap.domains = [ref] if kind is CoverageKind.DOMAINS else unit.domains
        gap.district, gap.township = unit.scope.district, unit.scope.township
    for gap in closed:
        gap.closed_at = now(session)
    _tell(session, CoverageGapFound, unit, kind, found, backfill)
    _tell(session, CoverageGapClosed, unit, kind, closed, backfill)


def _tell(
    session: AsyncSession,
    event: type[CoverageFact],
    unit: Unit,
    kind: CoverageKind,
    gaps: Sequence[CoverageGap],
    backfill: bool,
) -> None:
    subject = unit.subject
    for first in range(0, len(gaps), IN_A_FACT):
        chunk = gaps[first : first + IN_A_FACT]
        fact = event(
            unit=unit.code,
            coverage_kind=kind,
            organisation=None if kind is CoverageKind.DOMAINS else unit.code,
            subject_id=subject.id if subject else None,
            subject_name=subject.name if subject else None,
            division=unit.place,
            gaps=[GapTold(gap_id=gap.id, ref=gap.ref, reason=gap.reason) for gap in chunk],
            gap_count=len(chunk),
        )
        publish(session, fact, at=unit.scope, backfill=backfill)
