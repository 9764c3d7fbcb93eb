"""Counting what is known of a subject: one statement, of visible rows alone."""

from collections import defaultdict
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, DateTime, Select, cast, func, literal, null, select, union_all
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.file_requests import actions as file_requests
from services.oversight.file_requests.tables import FileRequest
from services.oversight.findings.rules import FindingState
from services.oversight.findings.tables import Finding
from services.oversight.inspections.actions import known_to
from services.oversight.inspections.tables import Inspection
from services.oversight.measures import actions as measures
from services.oversight.measures.tables import Measure
from services.oversight.rectifications import actions as rectifications
from services.oversight.rectifications.tables import Rectification
from services.oversight.subject_profiles.rules import Counted
from services.oversight.subject_views.tables import OfficerView, PowerView, SubjectView
from shared.access.actor import Actor
from shared.access.visibility import load, visible
from shared.clock import now, today

IN_FORCE = "active"
"""Of a power and of a certificate, in the registry's words."""


async def profile(session: AsyncSession, actor: Actor, id: UUID) -> tuple[SubjectView, Counted]:
    """A visible subject, and how much of everything the caller may see of it."""
    row = await load(session, SubjectView, id, actor)
    on, moment = today(session), now(session)

    def counts(
        section: str, table: Any, key: Any, *where: ColumnElement[bool], latest: Any = None
    ) -> Select[Any]:
        key = literal("") if key is None else key
        latest = cast(null(), DateTime(timezone=True)) if latest is None else func.max(latest)
        counted = select(
            literal(section).label("section"),
            key.label("key"),
            func.count().label("number"),
            latest.label("latest"),
        )
        return counted.where(table.subject_id == id, visible(table, actor), *where).group_by(key)

    held = OfficerView.certificate_state == IN_FORCE
    gone = OfficerView.certificate_valid_to < on
    confirmed = Finding.state == FindingState.CONFIRMED
    sections = [
        counts("powers", PowerView, PowerView.kind, PowerView.state == IN_FORCE),
        counts("officers", OfficerView, OfficerView.state),
        counts(
            "certificates",
            OfficerView,
            OfficerView.certificate_state,
            OfficerView.certificate_state.is_not(None),
        ),
        counts("certificates expired", OfficerView, None, held, gone),
        counts(
            "inspections",
            Inspection,
            Inspection.state,
            known_to(actor),
            latest=Inspection.started_at,
        ),
        counts("findings", Finding, Finding.state),
        counts("findings by severity", Finding, Finding.severity, confirmed),
        counts("findings by code", Finding, Finding.code, confirmed),
    ]
    for section, table, overdue in (
        ("rectifications", Rectification, rectifications.is_overdue(moment)),
        ("measures", Measure, measures.is_overdue(moment)),
        ("file_requests", FileRequest, file_requests.is_overdue(moment)),
    ):
        sections.append(counts(section, table, table.state))
        sections.append(counts(f"{section} overdue", table, None, overdue))
    if row.state == "published":
        good = func.coalesce(OfficerView.certificate_valid_to >= on, True)
        sections.append(counts("certified", OfficerView, None, held, good))
    numbers: dict[str, dict[str, int]] = defaultdict(dict)
    inspected: list[datetime] = []
    for section, key, number, latest in await session.execute(union_all(*sections)):
        numbers[section][key] = number
        if latest is not None:
            inspected.append(latest)
    return row, Counted(numbers, max(inspected, default=None))
