"""The verbs of a recommendation, and what the data of the pilot says for one."""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any, NamedTuple, TypeVar
from uuid import UUID

from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.disputes.rules import DisputeKind, DisputeState
from services.escalation.disputes.tables import Dispute
from services.escalation.issues.rules import IssueKind, IssueState
from services.escalation.issues.tables import Issue, issues_seen_by
from services.escalation.ladder.rules import level_of_division
from services.escalation.numbering.actions import next_numbers
from services.escalation.participants.actions import line_of
from services.escalation.participants.tables import Programme
from services.escalation.periodic_reports.rules import PeriodicReportState
from services.escalation.periodic_reports.tables import PeriodicReport
from services.escalation.pilot_views.tables import FrozenFigureView
from services.escalation.recommendations import rules
from services.escalation.recommendations.rules import Source, SourceKind
from services.escalation.recommendations.schemas import (
    RecommendationPatch,
    RecommendationRequest,
    part_of,
    standing,
)
from services.escalation.recommendations.tables import Recommendation, papers_seen_by
from shared.access.actor import Actor
from shared.access.visibility import load, visible
from shared.clock import now
from shared.events.escalation.recommendations import (
    RecommendationApproved,
    RecommendationChanged,
    RecommendationDrafted,
    RecommendationFact,
    RecommendationIssued,
    RecommendationReturned,
    RecommendationSubmitted,
    RecommendationWithdrawn,
)
from shared.facts import publish
from shared.figures import in_days
from shared.law.places import CITY
from shared.law.tables import scope_of
from shared.vocabulary import Term

E = TypeVar("E", bound=RecommendationFact)


class _Counted(NamedTuple):
    """A kind of matter as a paper counts it."""

    kinds: type[Term]
    states: type[Term]
    link: str


_ISSUES = _Counted(
    IssueKind,
    IssueState,
    "/escalation/v1/issues?kind={kind}&state={state}&raised_from={first}&raised_to={last}",
)
_DISPUTES = _Counted(
    DisputeKind,
    DisputeState,
    "/escalation/v1/disputes?kind={kind}&state={state}&opened_from={first}&opened_to={last}",
)


async def draft(
    session: AsyncSession, actor: Actor, request: RecommendationRequest
) -> Recommendation:
    """Compile a paper of the caller's level from what the days of the programme showed."""
    programme = await session.get(Programme, request.programme_id)
    if programme is None:
        raise rules.ProgrammeUnknown(programme_id=str(request.programme_id))
    scope = await scope_of(session, actor.division)
    moment = now(session)
    row = Recommendation(
        **request.model_dump(),
        first_day=programme.starts_on,
        last_day=programme.ends_on,
        division=actor.division,
        level=level_of_division(actor.division),
        items=[],
        compiled=await gather(session, actor, programme.id, programme.starts_on, programme.ends_on),
        compiled_at=moment,
        state=rules.LIFECYCLE.initial,
        written_by=actor.sub,
        created_by=actor.sub,
        created_at=moment,
        district=scope.district,
        township=scope.township,
    )
    session.add(row)
    return await _settle(session, row, RecommendationDrafted)


async def change(
    session: AsyncSession, actor: Actor, id: UUID, patch: RecommendationPatch
) -> Recommendation:
    """Write on it; each item rests on something that the writer may see."""
    row = await _step(session, actor, id, "change")
    told = patch.model_dump(exclude_unset=True)
    if "items" in told:
        asked = {
            Source(SourceKind(one["kind"]), one["id"])
            for item in told["items"]
            for one in item["sources"]
        }
        told["items"] = rules.known(told["items"], await _labels(session, actor, asked))
    for name, value in told.items():
        setattr(row, name, value)
    row.written_by = actor.sub
    return await _settle(session, row, RecommendationChanged)


async def recompile(session: AsyncSession, actor: Actor, id: UUID) -> Recommendation:
    """What the data says now."""
    row = await _step(session, actor, id, "recompile")
    row.compiled = await gather(session, actor, row.programme_id, row.first_day, row.last_day)
    row.compiled_at, row.written_by = now(session), actor.sub
    return await _settle(session, row, RecommendationChanged)


async def submit(session: AsyncSession, actor: Actor, id: UUID) -> Recommendation:
    """Another person of the level looks at it."""
    row = await _step(session, actor, id, "submit")
    row.submitted_by, row.submitted_at, row.remarks = actor.sub, now(session), None
    return await _settle(session, row, RecommendationSubmitted)


async def approve(session: AsyncSession, actor: Actor, id: UUID) -> Recommendation:
    """It may be issued as it is."""
    row = await _step(session, actor, id, "approve")
    row.approved_by, row.approved_at = actor.sub, now(session)
    return await _settle(session, row, RecommendationApproved)


async def send_back(session: AsyncSession, actor: Actor, id: UUID, remarks: str) -> Recommendation:
    """It has to be mended."""
    row = await _step(session, actor, id, "return")
    row.remarks = remarks
    return await _settle(session, row, RecommendationReturned)


async def issue(session: AsyncSession, actor: Actor, id: UUID) -> Recommendation:
    """It gets its number and never changes again; the level above sees it."""
    row = await _step(session, actor, id, "issue")
    with session.no_autoflush:  # issued and without a digest it cannot be written
        (row.number,) = await next_numbers(session, rules.SERIES)
    row.issued_by, row.issued_at = actor.sub, now(session)
    names = ("number", "title", "division", "summary", "items", "compiled")
    days = {"first_day": row.first_day.isoformat(), "last_day": row.last_day.isoformat()}
    row.digest = rules.digest_of({**{name: getattr(row, name) for name in names}, **days})
    return await _settle(
        session,
        row,
        RecommendationIssued,
        level_above=rules.told_to(row.level),
        addressed_to=list(dict.fromkeys(item["addressed_to"] for item in row.items)),
        recommended=len(row.items),
        digest=row.digest,
    )


async def withdraw(session: AsyncSession, actor: Actor, id: UUID, remarks: str) -> Recommendation:
    """Nothing comes of it."""
    row = await _step(session, actor, id, "withdraw")
    row.remarks = remarks
    return await _settle(session, row, RecommendationWithdrawn)


async def gather(
    session: AsyncSession, actor: Actor, programme_id: UUID, first: date, last: date
) -> dict[str, Any]:
    """What the caller may see of these legal days (both included): numbers with the ids behind."""
    issues = _numbered(Issue, issues_seen_by(Issue, actor), *in_days(Issue.created_at, first, last))
    disputes = _numbered(Dispute, visible(Dispute, actor), *in_days(Dispute.opened_at, first, last))
    report = PeriodicReport
    accepted = await session.execute(
        select(report.id, report.reporter, report.title)
        .where(
            visible(report, actor),
            report.programme_id == programme_id,
            report.state == PeriodicReportState.ACCEPTED,
        )
        .order_by(report.due_at, report.division)
    )
    figures = FrozenFigureView
    line = await line_of(session, actor.division)
    frozen = await session.execute(
        select(figures.id, figures.division, figures.first_day, figures.last_day)
        .where(figures.division.in_(line), figures.first_day >= first, figures.last_day <= last)
        .order_by(figures.first_day, figures.id)
    )
    return {
        "issues": await _groups(session, issues, _ISSUES, first, last),
        "disputes": await _groups(session, disputes, _DISPUTES, first, last),
        "reports": [{**row._mapping, "id": str(row.id)} for row in accepted],
        "figures": [
            {
                "id": str(row.id),
                "division": row.division,
                "first_day": row.first_day.isoformat(),
                "last_day": row.last_day.isoformat(),
            }
            for row in frozen
        ],
    }


def _numbered(table: Any, *criteria: ColumnElement[bool]) -> Select[Any]:
    """The newest of each kind and state, each with how many there are."""
    group = [table.kind, table.state]
    counted = (
        select(
            table.kind,
            table.state,
            table.id,
            func.count().over(partition_by=group).label("number"),
            func.row_number().over(partition_by=group, order_by=table.id.desc()).label("place"),
        )
        .where(*criteria)
        .subquery()
    )
    columns = counted.c
    return (
        select(columns.kind, columns.state, columns.id, columns.number)
        .where(columns.place <= rules.MOST_IDS)
        .order_by(columns.kind, columns.state, columns.place)
    )


async def _groups(
    session: AsyncSession, statement: Select[Any], counted: _Counted, first: date, last: date
) -> list[dict[str, Any]]:
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for kind, state, id, number in await session.execute(statement):
        group = found.setdefault(
            (kind, state),
            {
                "kind": kind,
                "kind_name": counted.kinds(kind).label,
                "outcome": state,
                "outcome_name": counted.states(state).label,
                "count": number,
                "ids": [],
                "link": counted.link.format(kind=kind, state=state, first=first, last=last),
            },
        )
        group["ids"].append(str(id))
    return list(found.values())


async def _labels(
    session: AsyncSession, actor: Actor, asked: Iterable[Source]
) -> dict[Source, str]:
    """What those of the sources are called that exist and that the caller may see."""
    ids: dict[SourceKind, list[UUID]] = defaultdict(list)
    for source in asked:
        ids[source.kind].append(source.id)
    report, figures = PeriodicReport, FrozenFigureView
    own = figures.division.in_(await line_of(session, actor.division))
    statements: dict[SourceKind, Any] = {
        SourceKind.ISSUE: select(Issue.id, Issue.number).where(
            issues_seen_by(Issue, actor), Issue.id.in_(ids[SourceKind.ISSUE])
        ),
        SourceKind.DISPUTE: select(Dispute.id, Dispute.number).where(
            visible(Dispute, actor), Dispute.id.in_(ids[SourceKind.DISPUTE])
        ),
        SourceKind.REPORT: select(report.id, func.concat(report.reporter, report.title)).where(
            visible(report, actor),
            report.state == PeriodicReportState.ACCEPTED,
            report.id.in_(ids[SourceKind.REPORT]),
        ),
        SourceKind.FIGURES: select(
            figures.id,
            func.concat(figures.division, " ", figures.first_day, "—", figures.last_day),
        ).where(
            figures.id.in_(ids[SourceKind.FIGURES]), *([] if actor.division == CITY else [own])
        ),
    }
    return {
        Source(kind, id): label
        for kind, statement in statements.items()
        if ids[kind]
        for id, label in await session.execute(statement)
    }


async def _step(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Recommendation:
    """The row, locked, in the state that `action` leads to."""
    row = await load(session, Recommendation, id, actor, lock=True, seen=papers_seen_by(actor))
    row.state = rules.next_state(action, standing(row), part_of(row, actor))
    return row


async def _settle(
    session: AsyncSession, row: Recommendation, kind: type[E], **more: Any
) -> Recommendation:
    await session.flush()
    names = ("number", "title", "programme_id", "division", "level", "state")
    told: dict[str, Any] = {name: getattr(row, name) for name in names}
    publish(session, kind(recommendation_id=row.id, **told, **more), at=row)
    return row
