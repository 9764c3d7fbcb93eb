"""What oversight counts: one line a measure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_

from services.oversight.findings.rules import FindingState, Severity
from services.oversight.findings.tables import Finding
from services.oversight.inspections.actions import known_to
from services.oversight.inspections.rules import InspectionKind, InspectionMode, InspectionState
from services.oversight.inspections.tables import Inspection
from services.oversight.rectifications.actions import is_overdue
from services.oversight.rectifications.rules import RectificationState
from services.oversight.rectifications.tables import Rectification
from shared.access.actor import Actor
from shared.access.visibility import visible
from shared.figures import PLACES, Dimension, Measure

_INSPECTIONS, _FINDINGS = "/oversight/v1/inspections", "/oversight/v1/findings"
_RECTIFICATIONS = "/oversight/v1/rectifications"

_INSPECTION = (
    *PLACES,
    Dimension("state", InspectionState),
    Dimension("kind", InspectionKind),
    Dimension("mode", InspectionMode),
)
_FINDING = (
    *PLACES,
    Dimension("state", FindingState),
    Dimension("severity", Severity),
    Dimension("code"),
)
_RECTIFICATION = (
    *PLACES,
    Dimension("state", RectificationState),
    Dimension("severity", Severity),
)


def _inspection(table: Any, actor: Actor) -> ColumnElement[bool]:
    known: ColumnElement[bool] = known_to(actor)
    return and_(visible(table, actor), known)


def _overdue(table: Any, actor: Actor, moment: datetime) -> ColumnElement[bool]:
    return is_overdue(moment)


MEASURES: Sequence[Measure] = (
    Measure(
        "inspections_planned",
        "计划开展的执法监督检查",
        Inspection,
        _INSPECTIONS,
        "inspection:read",
        on="planned_on",
        days="planned",
        by=_INSPECTION,
        seen=_inspection,
        unit="次",
    ),
    Measure(
        "inspections_closed",
        "办结的执法监督检查",
        Inspection,
        _INSPECTIONS,
        "inspection:read",
        on="closed_at",
        days="closed",
        by=_INSPECTION,
        seen=_inspection,
        unit="次",
    ),
    Measure(
        "findings_recorded",
        "发现的问题",
        Finding,
        _FINDINGS,
        "finding:read",
        on="recorded_at",
        days="recorded",
        by=_FINDING,
    ),
    Measure(
        "findings_confirmed",
        "认定的问题（按发现日）",
        Finding,
        _FINDINGS,
        "finding:read",
        on="recorded_at",
        days="recorded",
        only={"state": FindingState.CONFIRMED},
        by=_FINDING,
    ),
    Measure(
        "rectifications_ordered",
        "责令整改",
        Rectification,
        _RECTIFICATIONS,
        "rectification:read",
        on="ordered_at",
        days="ordered",
        by=_RECTIFICATION,
        unit="件",
    ),
    Measure(
        "rectifications_verified",
        "验收合格的整改",
        Rectification,
        _RECTIFICATIONS,
        "rectification:read",
        on="verified_at",
        days="verified",
        by=_RECTIFICATION,
        unit="件",
    ),
    Measure(
        "rectifications_overdue",
        "逾期未改（按到期日）",
        Rectification,
        _RECTIFICATIONS,
        "rectification:read",
        on="due_at",
        days="due",
        where=_overdue,
        filters={"overdue": "true"},
        by=_RECTIFICATION,
        unit="件",
    ),
)
