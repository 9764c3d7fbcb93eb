"""Escalation: what it serves, what it reacts to, what it does when a time has come."""

from fastapi import FastAPI

from services.escalation.db import Base
from services.escalation.figures import MEASURES
from services.escalation.issues import routes as issues
from services.escalation.issues.reactions import (
    on_rectification_overdue,
    on_rectification_revoked,
    on_rectification_verified,
)
from services.escalation.issues.rules import (
    LIFECYCLE,
    IssueKind,
    IssueSeverity,
    IssueSource,
    IssueState,
)
from services.escalation.ladder.actions import REPLY_DUE, mark_overdue
from services.escalation.ladder.rules import IssueAction, IssueLevel
from services.escalation.participants.reactions import on_programme
from services.escalation.permissions import PERMISSIONS
from shared.events.oversight.rectifications import (
    RectificationOverdue,
    RectificationRevoked,
    RectificationVerified,
)
from shared.events.registry.programmes import ProgrammeChanged, ProgrammeClosed, ProgrammeOpened
from shared.service import Service, create_service
from shared.settings import Settings

SERVICE = Service(
    name="escalation",
    title="xiejian escalation",
    summary="上报协调:事项从乡镇(街道)到区县到市司法局,逐级限时",
    base=Base,
    permissions=PERMISSIONS,
    routers=[issues.router, issues.inbox],
    vocabulary=[IssueAction, IssueKind, IssueLevel, IssueSeverity, IssueSource, IssueState],
    lifecycles={"an issue": LIFECYCLE},
    reactions=[
        (RectificationOverdue, on_rectification_overdue),
        (RectificationVerified, on_rectification_verified),
        (RectificationRevoked, on_rectification_revoked),
        (ProgrammeOpened, on_programme),
        (ProgrammeChanged, on_programme),
        (ProgrammeClosed, on_programme),
    ],
    figures=MEASURES,
    timers={REPLY_DUE: mark_overdue},
)


def create_app(settings: Settings) -> FastAPI:
    return create_service(SERVICE, settings)
