"""What escalation counts: one line a measure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement

from services.escalation.issues.rules import IssueKind, IssueSeverity, IssueSource, IssueState
from services.escalation.issues.tables import Issue
from services.escalation.ladder.rules import IssueLevel
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
        on="due_at",
        days="due",
        where=_overdue,
        filters={"overdue": "true"},
        by=_ISSUE,
    ),
)
