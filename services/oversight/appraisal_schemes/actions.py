"""The verbs of schemes: load, decide, change, publish."""

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, and_, exists, func, not_, or_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.appraisal_schemes import rules
from services.oversight.appraisal_schemes.rules import AppraisalMeasure, SchemeState
from services.oversight.appraisal_schemes.schemas import SchemePatch, SchemeQuery, SchemeRequest
from services.oversight.appraisal_schemes.tables import AppraisalScheme
from services.oversight.case_reviews.rules import CaseReviewState
from services.oversight.case_reviews.tables import CaseReview
from services.oversight.finding_codes.actions import code_book
from services.oversight.findings.rules import FindingState, Severity
from services.oversight.findings.tables import Finding
from services.oversight.inspections.rules import InspectionState
from services.oversight.inspections.tables import Inspection
from services.oversight.permissions import NotInCharge, oversees
from services.oversight.rectifications.actions import is_overdue
from services.oversight.rectifications.rules import RectificationState
from services.oversight.rectifications.tables import Rectification
from services.oversight.subject_views.actions import hold_divisions
from services.oversight.subject_views.tables import OfficerView
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now, today
from shared.db import Scope
from shared.events.oversight.appraisals import (
    AppraisalSchemeAdopted,
    AppraisalSchemeChanged,
    AppraisalSchemeDiscarded,
    AppraisalSchemeDrafted,
    AppraisalSchemeFact,
    AppraisalSchemeSuperseded,
)
from shared.facts import publish
from shared.figures import in_days
from shared.law.calendar import end_of
from shared.law.divisions import DivisionUnknown
from shared.law.places import in_division
from shared.law.tables import rule, scope_of
from shared.web.paging import paginate

_SORTS = {"id": AppraisalScheme.id, "year": AppraisalScheme.year}
_COUNTED = "counted for an appraisal of whom it is about"


async def page(
    session: AsyncSession, actor: Actor, query: SchemeQuery
) -> tuple[list[AppraisalScheme], str | None, int | None]:
    """The schemes that match and that the caller may see, one page of them."""
    statement = select(AppraisalScheme).where(visible(AppraisalScheme, actor))
    if query.state:
        statement = statement.where(AppraisalScheme.state == query.state)
    if query.division:
        statement = statement.where(in_division(AppraisalScheme, query.division))
    if query.year:
        statement = statement.where(AppraisalScheme.year == query.year)
    if query.appraised:
        statement = statement.where(AppraisalScheme.appraised == query.appraised)
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=AppraisalScheme.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def total(session: AsyncSession) -> Decimal:
    """What the weights of a scheme must make up."""
    return Decimal((await rule(session, "appraisal.total")).value["points"])


async def place_of(session: AsyncSession, actor: Actor, division: str) -> Scope:
    """Where a division lies, if the caller's own is it or above it; another's looks like none."""
    await hold_divisions(session)
    scope = await scope_of(session, division)
    if not oversees(actor, division, scope):
        raise DivisionUnknown(division=division, on=today(session).isoformat())
    return scope


async def draft(session: AsyncSession, actor: Actor, request: SchemeRequest) -> AppraisalScheme:
    """The next edition of the scheme of a division, a year and a kind of those appraised."""
    scope = await place_of(session, actor, request.division)
    rules.may_lie_in(request.division, request.appraised)
    told = request.model_dump(mode="json")
    _check_codes(told["indicators"], told["vetoes"])
    last = await session.scalar(
        select(func.max(AppraisalScheme.edition)).where(
            AppraisalScheme.division == request.division,
            AppraisalScheme.year == request.year,
            AppraisalScheme.appraised == request.appraised,
            unscoped(AppraisalScheme, reason="the next number, of a division of the caller's"),
        )
    )
    moment = now(session)
    row = AppraisalScheme(
        **told,
        edition=(last or 0) + 1,
        district=scope.district,
        township=scope.township,
        state=rules.LIFECYCLE.initial,
        authors=[actor.sub],
        created_at=moment,
        updated_at=moment,
    )
    session.add(row)
    return await _done(session, row, AppraisalSchemeDrafted)


async def change(
    session: AsyncSession, actor: Actor, id: UUID, patch: SchemePatch
) -> AppraisalScheme:
    """Change a draft; a change that changes nothing leaves no trace."""
    row = await _take(session, actor, id, "change")
    told = patch.model_dump(mode="json", include=patch.model_fields_set)
    changes = {name: value for name, value in told.items() if getattr(row, name) != value}
    if not changes:
        return row
    _check_codes(changes.get("indicators", []), changes.get("vetoes", []))
    for name, value in changes.items():
        setattr(row, name, value)
    row.authors = sorted({*row.authors, actor.sub})
    return await _done(session, row, AppraisalSchemeChanged)


async def adopt(session: AsyncSession, actor: Actor, id: UUID) -> AppraisalScheme:
    """The edition is in force; the one before it is no more."""
    row = await _take(session, actor, id, "adopt")
    rules.may_adopt(
        caller=actor.sub, authors=row.authors, weights=row.weights, total=await total(session)
    )
    before = await session.scalar(
        select(AppraisalScheme)
        .where(
            AppraisalScheme.division == row.division,
            AppraisalScheme.year == row.year,
            AppraisalScheme.appraised == row.appraised,
            AppraisalScheme.state == SchemeState.ADOPTED,
            visible(AppraisalScheme, actor),
        )
        .with_for_update()
    )
    if before is not None:
        before.state = rules.LIFECYCLE.next("supersede", before.state)
        await _done(session, before, AppraisalSchemeSuperseded)
    row.state = rules.LIFECYCLE.next("adopt", row.state)
    row.adopted_by, row.adopted_at = actor.sub, now(session)
    return await _done(session, row, AppraisalSchemeAdopted)


async def discard(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> AppraisalScheme:
    """The draft is given up."""
    row = await _take(session, actor, id, "discard")
    row.state, row.reason = rules.LIFECYCLE.next("discard", row.state), reason
    return await _done(session, row, AppraisalSchemeDiscarded)


Of = Callable[[Any], ColumnElement[bool]]
"""Which rows of a table are about the one appraised: a subject, or all within a division."""


async def value_of(
    session: AsyncSession, told: Mapping[str, Any], *, of: Of, year: int
) -> Decimal | None:
    """What an indicator or veto looks at, of one appraised in a year; None without data.

    Counts are of what lies in the year, shares are percent with one decimal.
    """
    first, last = date(year, 1, 1), date(year, 12, 31)
    codes = told["finding_codes"]
    match told["measure"]:
        case AppraisalMeasure.FINDINGS_CONFIRMED | AppraisalMeasure.FINDINGS_GRAVE as measure:
            found = [*in_days(Finding.recorded_at, first, last), *_confirmed(of)]
            if measure == AppraisalMeasure.FINDINGS_GRAVE:
                found.append(Finding.severity == Severity.GRAVE)
            if codes:
                found.append(Finding.code.in_(codes))
            return await _count(session, Finding, *found)
        case AppraisalMeasure.RECTIFICATIONS_OVERDUE:
            late = or_(Rectification.overdue_at.is_not(None), is_overdue(now(session)))
            return await _count(session, Rectification, *_due(of, first, last), late)
        case AppraisalMeasure.RECTIFICATIONS_VERIFIED:
            done = Rectification.state == RectificationState.VERIFIED
            ended = or_(done, Rectification.due_at <= now(session))
            in_time = and_(done, Rectification.overdue_at.is_(None))
            due = _due(of, first, last)
            return await _share(session, Rectification, in_time, *due, ended)
        case AppraisalMeasure.INSPECTIONS_CLEAN:
            found_there = exists().where(Finding.inspection_id == Inspection.id, *_confirmed(of))
            closed = [
                of(Inspection),
                Inspection.state == InspectionState.CLOSED,
                *in_days(Inspection.closed_at, first, last),
            ]
            return await _share(session, Inspection, not_(found_there), *closed)
        case AppraisalMeasure.OFFICERS_CERTIFIED:
            holds = and_(
                OfficerView.certificate_state == "active",
                or_(
                    OfficerView.certificate_valid_to.is_(None),
                    OfficerView.certificate_valid_to >= today(session),
                ),
            )
            on_post = [
                of(OfficerView),
                OfficerView.state == "on_post",
                OfficerView.staffing != "auxiliary",
            ]
            return await _share(session, OfficerView, holds, *on_post)
        case AppraisalMeasure.CASE_FILES:
            mean = await session.scalar(
                select(func.avg(CaseReview.score)).where(
                    of(CaseReview),
                    CaseReview.state == CaseReviewState.CONCLUDED,
                    *in_days(CaseReview.concluded_at, first, last),
                    unscoped(CaseReview, reason=_COUNTED),
                )
            )
            return None if mean is None else Decimal(mean).quantize(Decimal("0.1"))
    raise ValueError(f"there is no measure {told['measure']}")


def _confirmed(of: Of) -> list[ColumnElement[bool]]:
    confirmed = Finding.state == FindingState.CONFIRMED
    return [of(Finding), confirmed, unscoped(Finding, reason=_COUNTED)]


def _due(of: Of, first: date, last: date) -> list[ColumnElement[bool]]:
    # `due_at` is the first moment too late: the midnight after the last day.
    before = end_of(first - timedelta(days=1))
    return [
        of(Rectification),
        Rectification.state != RectificationState.REVOKED,
        Rectification.due_at > before,
        Rectification.due_at <= end_of(last),
    ]


async def _count(session: AsyncSession, table: Any, *where: ColumnElement[bool]) -> Decimal:
    mark = unscoped(table, reason=_COUNTED)
    found = await session.scalar(select(func.count()).select_from(table).where(mark, *where))
    return Decimal(found or 0)


async def _share(
    session: AsyncSession, table: Any, good: ColumnElement[bool], *where: ColumnElement[bool]
) -> Decimal | None:
    mark = unscoped(table, reason=_COUNTED)
    counted = select(func.count(), func.count().filter(good)).select_from(table)
    whole, part = (await session.execute(counted.where(mark, *where))).one()
    return (Decimal(part) * 100 / whole).quantize(Decimal("0.1")) if whole else None


async def _take(session: AsyncSession, actor: Actor, id: UUID, action: str) -> AppraisalScheme:
    """The locked scheme, if its state allows `action` and the caller is in charge."""
    row = await load(session, AppraisalScheme, id, actor, lock=True)
    if not oversees(actor, row.division, row.scope):
        raise NotInCharge
    rules.LIFECYCLE.may(action, row.state)
    return row


def _check_codes(*lists: list[dict[str, Any]]) -> None:
    named = {code for told in lists for one in told for code in one["finding_codes"]}
    rules.may_count(named, known={entry.code for entry in code_book()})


async def _done(
    session: AsyncSession, row: AppraisalScheme, event: type[AppraisalSchemeFact]
) -> AppraisalScheme:
    row.updated_at = now(session)
    await session.flush()
    names = ("division", "year", "appraised", "edition", "title", "state")
    told = {"scheme_id": row.id, **{name: getattr(row, name) for name in names}}
    publish(session, event.model_validate(told), at=row)
    return row
