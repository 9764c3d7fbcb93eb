"""What escalation counts: one line a measure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement

from services.escalation.assignments.rules import AssignmentState
from services.escalation.assignments.tables import Assignment
from services.escalation.complaints.actions import is_overdue as complaint_is_overdue
from services.escalation.complaints.rules import (
    ComplaintChannel,
    ComplaintKind,
    ComplaintState,
    Outcome,
)
from services.escalation.complaints.tables import Complaint
from services.escalation.disputes.rules import DisputeKind, DisputeState
from services.escalation.disputes.tables import Dispute
from services.escalation.field_reports.rules import FieldReportKind, FieldReportState
from services.escalation.field_reports.tables import FieldReport
from services.escalation.issues.rules import IssueKind, IssueSeverity, IssueSource, IssueState
from services.escalation.issues.tables import Issue, issues_seen_by
from services.escalation.ladder.rules import IssueLevel
from services.escalation.resolutions.rules import ResolutionState
from services.escalation.resolutions.tables import Resolution
from shared.access.actor import Actor
from shared.figures import PLACES, Dimension, Measure

_ISSUES = "/escalation/v1/issues"
_ISSUE = (
    *PLACES,
    Dimension("state", IssueState),
    Dimension("level", IssueLevel),
    Dimension("kind", IssueKind),
    Dimension("severity", IssueSeverity),
    Dimension("source", IssueSource),
)

_COMPLAINTS = "/escalation/v1/complaints"
_COMPLAINT = (
    *PLACES,
    Dimension("state", ComplaintState),
    Dimension("kind", ComplaintKind),
    Dimension("channel", ComplaintChannel),
    Dimension("outcome", Outcome),
)
_FIELD_REPORT = (*PLACES, Dimension("state", FieldReportState))


def _overdue(table: Any, actor: Actor, moment: datetime) -> ColumnElement[bool]:
    overdue: ColumnElement[bool] = table.due_at <= moment
    return overdue


MEASURES: Sequence[Measure] = (
    Measure(
        "issues_raised",
        "上报的问题",
        Issue,
        _ISSUES,
        "issue:read",
        seen=issues_seen_by,
        on="created_at",
        days="raised",
        by=_ISSUE,
    ),
    Measure(
        "issues_closed",
        "办结的问题",
        Issue,
        _ISSUES,
        "issue:read",
        seen=issues_seen_by,
        on="closed_at",
        days="closed",
        by=_ISSUE,
    ),
    Measure(
        "issues_overdue",
        "逾期未答复的问题（按到期日）",
        Issue,
        _ISSUES,
        "issue:read",
        seen=issues_seen_by,
        on="due_at",
        days="due",
        where=_overdue,
        filters={"overdue": "true"},
        by=_ISSUE,
    ),
    Measure(
        "complaints_received",
        "收到的投诉举报",
        Complaint,
        _COMPLAINTS,
        "complaint:read",
        on="received_at",
        days="received",
        by=_COMPLAINT,
    ),
    Measure(
        "complaints_answered",
        "答复的投诉举报",
        Complaint,
        _COMPLAINTS,
        "complaint:read",
        on="answered_at",
        days="answered",
        by=_COMPLAINT,
    ),
    Measure(
        "complaints_overdue",
        "逾期未答复的投诉举报（按到期日）",
        Complaint,
        _COMPLAINTS,
        "complaint:read",
        on="due_at",
        days="due",
        where=lambda table, actor, moment: complaint_is_overdue(moment),
        filters={"overdue": "true"},
        by=_COMPLAINT,
    ),
    Measure(
        "point_reports_submitted",
        "基层行政执法联系点报告",
        FieldReport,
        "/escalation/v1/point-reports",
        "field_report:read",
        on="created_at",
        days="reported",
        where=lambda table, actor, moment: table.kind == FieldReportKind.POINT_REPORT,
        by=_FIELD_REPORT,
    ),
    Measure(
        "leads_submitted",
        "行政执法监督员线索",
        FieldReport,
        "/escalation/v1/leads",
        "field_report:read",
        on="created_at",
        days="reported",
        where=lambda table, actor, moment: table.kind == FieldReportKind.LEAD,
        by=_FIELD_REPORT,
    ),
    Measure(
        "assignments_made",
        "交办的事项",
        Assignment,
        "/escalation/v1/assignments",
        "assignment:read",
        on="assigned_at",
        days="assigned",
        by=(*PLACES, Dimension("state", AssignmentState)),
    ),
    Measure(
        "disputes_opened",
        "提出的执法争议",
        Dispute,
        "/escalation/v1/disputes",
        "dispute:read",
        on="opened_at",
        days="opened",
        by=(*PLACES, Dimension("state", DisputeState), Dimension("kind", DisputeKind)),
    ),
    Measure(
        "resolutions_assigned",
        "会议议定事项",
        Resolution,
        "/escalation/v1/resolutions",
        "resolution:read",
        on="assigned_at",
        days="assigned",
        by=(*PLACES, Dimension("state", ResolutionState)),
    ),
)
