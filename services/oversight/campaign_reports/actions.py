"""Freezing what a campaign came to."""

import secrets
from collections import defaultdict
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.campaign_reports.rules import (
    WORD,
    Compared,
)
from services.oversight.campaign_reports.tables import CampaignReport
from services.oversight.campaigns.tables import Campaign
from services.oversight.document_issuers.tables import DocumentIssuer
from services.oversight.document_numbers.actions import take
from services.oversight.documents.rules import digest_of
from services.oversight.documents.tables import Document
from services.oversight.draws.tables import Draw
from services.oversight.finding_codes.actions import label_of
from services.oversight.findings.rules import FindingState
from services.oversight.findings.tables import Finding
from services.oversight.inspections.rules import InspectionState
from services.oversight.inspections.tables import Inspection
from services.oversight.measures.tables import Measure
from services.oversight.rectifications.tables import Rectification
from shared.access.visibility import unscoped
from shared.clock import legal_day, now, today
from shared.law.places import smallest_of
from shared.law.tables import Division

_REASON = "the report is of all that the campaign came to"


async def freeze(
    session: AsyncSession, row: Campaign, figures: Mapping[str, Any]
) -> CampaignReport:
    """Keep what the campaign has come to by now; a report of it that was sent back is superseded.

    `row.report` is what its body said; `figures` is what was counted for it.
    """
    before = await current(session, row.id)
    if before is not None:
        before.superseded_at = now(session)
        await session.flush()
    issuer, prefix = await _issuer(session, row.authority)
    content = await _content(session, row, figures)
    # Taken last: whoever reports in the same run waits from here to the commit.
    number = await take(session, f"{prefix}{WORD}", today(session).year)
    report = CampaignReport(
        campaign_id=row.id,
        issuer=issuer,
        number=number,
        issued_on=today(session),
        content=content,
        code=secrets.token_hex(10),
        frozen_at=now(session),
    )
    report.digest = digest_of(report.said)
    session.add(report)
    await session.flush()
    return report


async def current(session: AsyncSession, campaign_id: UUID) -> CampaignReport | None:
    """The report of a campaign that holds."""
    report: CampaignReport | None = await session.scalar(
        select(CampaignReport).where(
            CampaignReport.campaign_id == campaign_id, CampaignReport.superseded_at.is_(None)
        )
    )
    return report


# ---------------------------------------------------------------- what it says


async def _content(
    session: AsyncSession, row: Campaign, figures: Mapping[str, Any]
) -> dict[str, Any]:
    assert row.report is not None
    names = await _division_names(session)
    content: dict[str, Any] = {
        "theme": row.theme,
        "kind": row.kind,
        "mode": row.mode,
        "ground": row.ground,
        "ground_reference": row.ground_reference,
        "starts_on": row.starts_on.isoformat(),
        "ends_on": row.ends_on.isoformat(),
        "divisions": [names.get(code, code) for code in row.divisions],
        "target": row.target,
        **{
            name: row.report[name]
            for name in ("summary", "problems", "recommendations", "reported_to")
        },
        "figures": dict(figures),
        "drawn": await _drawn(session, row.id),
        "inspections": await _inspections(session, row.id, names),
        "findings": await _findings(session, row.id),
        "rectifications": await _rectifications(session, row.id),
        "measures": await _measures(session, row.id),
        "documents": await _documents(session, row.id),
        "before": await _before(session, row),
    }
    content["compared"] = {
        Compared.MEASURES: sum(one["count"] for one in content["measures"]),
        Compared.DOCUMENTS: len(content["documents"]),
        **{each: figures[each] for each in Compared if each in figures},
    }
    return content


def _held(campaign: UUID) -> Any:
    """The ids of the campaign's inspections."""
    return (
        select(Inspection.id)
        .where(Inspection.campaign_id == campaign, unscoped(Inspection, reason=_REASON))
        .scalar_subquery()
    )


async def _drawn(session: AsyncSession, campaign: UUID) -> dict[str, Any]:
    draws = (
        await session.scalars(
            select(Draw)
            .where(
                Draw.campaign_id == campaign,
                Draw.result.is_not(None),
                Draw.voided_at.is_(None),
                unscoped(Draw, reason=_REASON),
            )
            .order_by(Draw.id)
        )
    ).all()
    named = {id: name for draw in draws for id, name in draw.names["subjects"].items()}
    drawn = dict.fromkeys(id for draw in draws for id, _ in draw.result or [])
    return {"draws": len(draws), "subjects": [named[id] for id in drawn]}


async def _inspections(
    session: AsyncSession, campaign: UUID, names: Mapping[str, str]
) -> list[dict[str, Any]]:
    confirmed = (
        select(func.count())
        .select_from(Finding)
        .where(
            Finding.inspection_id == Inspection.id,
            Finding.state == FindingState.CONFIRMED,
            unscoped(Finding, reason=_REASON),
        )
        .scalar_subquery()
    )
    place = smallest_of(Inspection).label("place")
    rows = await session.execute(
        select(
            *(Inspection.subject_name, Inspection.closed_at, Inspection.findings, place),
            confirmed.label("confirmed"),
        )
        .where(
            Inspection.campaign_id == campaign,
            Inspection.state == InspectionState.CLOSED,
            unscoped(Inspection, reason=_REASON),
        )
        .order_by(Inspection.closed_at, Inspection.id)
    )
    return [
        {
            "subject": row.subject_name,
            "division": names.get(row.place, row.place),
            "closed_on": legal_day(row.closed_at).isoformat(),
            "counted": [row.findings, row.confirmed],
        }
        for row in rows
    ]


async def _findings(session: AsyncSession, campaign: UUID) -> list[dict[str, Any]]:
    rows = await session.execute(
        select(Finding.code, Finding.severity, func.count().label("n"))
        .where(
            Finding.inspection_id.in_(_held(campaign)),
            Finding.state == FindingState.CONFIRMED,
            unscoped(Finding, reason=_REASON),
        )
        .group_by(Finding.code, Finding.severity)
        .order_by(Finding.code)
    )
    counted: defaultdict[str, dict[str, int]] = defaultdict(dict)
    for row in rows:
        counted[row.code][row.severity] = row.n
    return [
        {"code": code, "label": label_of(code), "by_severity": by} for code, by in counted.items()
    ]


async def _rectifications(session: AsyncSession, campaign: UUID) -> dict[str, int]:
    rows = await session.execute(
        select(Rectification.state, func.count())
        .where(
            Rectification.inspection_id.in_(_held(campaign)),
            unscoped(Rectification, reason=_REASON),
        )
        .group_by(Rectification.state)
    )
    return {row[0]: row[1] for row in rows}


async def _measures(session: AsyncSession, campaign: UUID) -> list[dict[str, Any]]:
    rows = await session.execute(
        select(Measure.kind, Measure.state, func.count())
        .where(
            Measure.inspection_id.in_(_held(campaign)),
            unscoped(Measure, reason=_REASON),
        )
        .group_by(Measure.kind, Measure.state)
        .order_by(Measure.kind, Measure.state)
    )
    return [{"kind": kind, "state": state, "count": count} for kind, state, count in rows]


async def _documents(session: AsyncSession, campaign: UUID) -> list[dict[str, Any]]:
    rows = await session.execute(
        select(Document.number, Document.label, Document.state)
        .where(
            Document.inspection_id.in_(_held(campaign)),
            Document.number.is_not(None),
            unscoped(Document, reason=_REASON),
        )
        .order_by(Document.issued_on, Document.id)
    )
    return [dict(row._mapping) for row in rows]


async def _before(session: AsyncSession, row: Campaign) -> dict[str, Any] | None:
    """The report to compare with: of the campaign that this one follows, else of the last one of
    the same body on the same theme."""
    same = (Campaign.authority == row.authority) & (Campaign.theme == row.theme)
    found = await session.execute(
        select(CampaignReport.number, CampaignReport.content)
        .join(Campaign, Campaign.id == CampaignReport.campaign_id)
        .where(
            Campaign.id == row.follows_id if row.follows_id else same & (Campaign.id != row.id),
            CampaignReport.superseded_at.is_(None),
            unscoped(Campaign, reason=_REASON),
        )
        .order_by(CampaignReport.frozen_at.desc())
        .limit(1)
    )
    if (last := found.one_or_none()) is None:
        return None
    told = {name: last.content[name] for name in ("theme", "starts_on", "ends_on", "compared")}
    return {**told, "number": last.number}


async def _issuer(session: AsyncSession, division: str) -> tuple[str, str]:
    """Name and prefix of the body that holds a campaign: as it is registered, else by its place."""
    row = (
        await session.execute(
            select(DocumentIssuer.name, DocumentIssuer.prefix).where(
                DocumentIssuer.division == division,
                unscoped(DocumentIssuer, reason="a report tells its issuer's name and prefix"),
            )
        )
    ).one_or_none()
    if row is not None:
        return row.name, row.prefix
    name = (await _division_names(session)).get(division, division)
    return f"{name}行政执法监督机构", f"{name}执监"


async def _division_names(session: AsyncSession) -> dict[str, str]:
    rows = await session.execute(
        select(Division.code, Division.name).where(Division.valid_to.is_(None))
    )
    return {row[0]: row[1] for row in rows}
