"""Counting a campaign's inspections and findings: for its progress, its report and its rules."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.campaigns.rules import Tally
from services.oversight.draws.rules import OPEN
from services.oversight.draws.tables import Draw
from services.oversight.findings.rules import FindingState
from services.oversight.findings.tables import Finding
from services.oversight.inspections.rules import InspectionState
from services.oversight.inspections.tables import Inspection
from services.oversight.permissions import SUPERVISORS
from services.oversight.rectifications.tables import Rectification
from shared.access.actor import Actor
from shared.access.visibility import unscoped, visible
from shared.law.places import smallest_of

_ENDED = (InspectionState.CLOSED, InspectionState.CANCELLED)
_CANCELLED = Inspection.state == InspectionState.CANCELLED
_COUNTED = (
    func.count().filter(~_CANCELLED).label("inspections"),
    func.count(Inspection.started_at).label("on_site"),
    func.count().filter(Inspection.state == InspectionState.CLOSED).label("closed"),
    func.count().filter(_CANCELLED).label("cancelled"),
    func.coalesce(func.sum(Inspection.findings), 0).label("findings"),
    func.coalesce(func.sum(Inspection.undecided), 0).label("undecided"),
)


class Placed(NamedTuple):
    """What was counted in one division."""

    division: str
    counted: dict[str, int]


async def progress_of(
    session: AsyncSession, actor: Actor, campaigns: Collection[UUID]
) -> dict[UUID, dict[str, int]]:
    """By campaign, counted from the inspections that the caller may see."""
    rows = await session.execute(
        select(Inspection.campaign_id, *_COUNTED)
        .where(Inspection.campaign_id.in_(campaigns), *_seen(actor))
        .group_by(Inspection.campaign_id)
    )
    found = {row.campaign_id: _counts(row._mapping) for row in rows}
    return {id: found.get(id, {}) for id in campaigns}


async def by_division(session: AsyncSession, actor: Actor, campaign: UUID) -> list[Placed]:
    """The same of one campaign by the division of the inspected subject, in order of codes."""
    place = smallest_of(Inspection).label("place")
    rows = await session.execute(
        select(place, *_COUNTED)
        .where(Inspection.campaign_id == campaign, *_seen(actor))
        .group_by(place)
        .order_by(place)
    )
    return [Placed(row.place, _counts(row._mapping)) for row in rows]


async def tallies(session: AsyncSession, campaigns: Sequence[UUID]) -> dict[UUID, Tally]:
    """What is left to do of each, whoever sees it: for what a rule decides."""
    if not campaigns:
        return {}
    found_draws = await session.execute(
        select(Draw.campaign_id, func.count())
        .where(
            Draw.campaign_id.in_(campaigns),
            Draw.state.in_(OPEN),
            unscoped(Draw, reason="a campaign ends when its draws have"),
        )
        .group_by(Draw.campaign_id)
    )
    draws: dict[UUID, int] = {row[0]: row[1] for row in found_draws}
    ended = Inspection.state.in_(_ENDED)
    rows = await session.execute(
        select(
            Inspection.campaign_id,
            func.count().filter(~ended).label("open"),
            func.count().filter(Inspection.state == InspectionState.CLOSED).label("held"),
        )
        .where(
            Inspection.campaign_id.in_(campaigns),
            unscoped(Inspection, reason="a campaign ends when all of its inspections have"),
        )
        .group_by(Inspection.campaign_id)
    )
    found = {row.campaign_id: (row.open, row.held) for row in rows}
    return {id: Tally(*found.get(id, (0, 0)), draws.get(id, 0)) for id in {*found, *draws}}


async def figures_of(session: AsyncSession, campaign: UUID) -> dict[str, Any]:
    """The figures of a result report: of all of the campaign's inspections."""
    its_own = "the report counts all of the campaign's inspections"
    held = Inspection.state == InspectionState.CLOSED
    of_campaign = (Inspection.campaign_id == campaign, unscoped(Inspection, reason=its_own))
    counted = (
        await session.execute(
            select(
                func.count().filter(held).label("inspections"),
                func.count().filter(_CANCELLED).label("cancelled"),
                func.count(Inspection.subject_id.distinct()).filter(held).label("subjects"),
            ).where(*of_campaign)
        )
    ).one()
    inspections = select(Inspection.id).where(*of_campaign).scalar_subquery()
    findings = (
        await session.execute(
            select(Finding.state, Finding.severity, Finding.code, func.count().label("n"))
            .where(Finding.inspection_id.in_(inspections), unscoped(Finding, reason=its_own))
            .group_by(Finding.state, Finding.severity, Finding.code)
        )
    ).all()
    ordered = await session.scalar(
        select(func.count())
        .select_from(Rectification)
        .join(Finding, Finding.id == Rectification.finding_id)
        .where(
            Finding.inspection_id.in_(inspections),
            unscoped(Finding, reason=its_own),
            unscoped(Rectification, reason=its_own),
        )
    )
    confirmed = [row for row in findings if row.state == FindingState.CONFIRMED]
    return {
        **counted._mapping,
        "findings": sum(row.n for row in findings),
        "confirmed": sum(row.n for row in confirmed),
        "withdrawn": sum(row.n for row in findings if row.state == FindingState.WITHDRAWN),
        "by_severity": _summed((row.severity, row.n) for row in confirmed),
        "by_code": _summed((row.code, row.n) for row in confirmed),
        "rectifications": ordered,
    }


async def organisations_visited(session: AsyncSession, campaign: UUID) -> list[str]:
    """Credit codes of the bodies where the inspectors have been."""
    found = await session.scalars(
        select(Inspection.uscc)
        .where(
            Inspection.campaign_id == campaign,
            Inspection.started_at.is_not(None),
            unscoped(Inspection, reason="those that were visited may see what for"),
        )
        .distinct()
        .order_by(Inspection.uscc)
    )
    return list(found)


def _seen(actor: Actor) -> tuple[ColumnElement[bool], ...]:
    """As `inspections.actions.known_to`: what the subject must not see coming counts for others."""
    known: ColumnElement[bool] = Inspection.organisation.is_not(None)
    if not actor.roles.isdisjoint(SUPERVISORS):
        known = known | Inspection.uscc.is_distinct_from(actor.organisation)
    return visible(Inspection, actor), known


def _counts(row: Mapping[Any, Any]) -> dict[str, int]:
    return {column.name: int(row[column.name]) for column in _COUNTED}


def _summed(pairs: Iterable[tuple[str, int]]) -> dict[str, int]:
    summed: dict[str, int] = {}
    for key, n in pairs:
        summed[key] = summed.get(key, 0) + n
    return dict(sorted(summed.items()))
