"""Warnings over HTTP."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.oversight.acts.rules import ActKind
from services.oversight.permissions import permissions_towards
from services.oversight.warning_rules.rules import CheckKind, WarningLevel
from services.oversight.warnings import rules
from services.oversight.warnings.rules import FollowUp, WarningState
from services.oversight.warnings.tables import ActWarning
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View


class AnswerRequest(Input):
    """How it came to that, by the body that is warned of."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"text": "鉴定期间未报送，已补报中止期间。"}]}
    )

    text: Prose


class ConfirmationRequest(Input):
    """That it is so, and what becomes of it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "经调阅案卷属实", "follow_up": "issue"}]}
    )

    reason: Prose
    follow_up: FollowUp
    inspection_id: UUID | None = Field(None, description="Of a finding: where it is recorded")
    code: Line | None = Field(None, description="Of a finding: its code of the code book")


class DismissalRequest(Input):
    """Why it is nothing."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "系补录数据，案件已办结"}]}
    )

    reason: Prose


class WarningFilters(Paging):
    """Which warnings."""

    state: WarningState | None = None
    open: bool | None = Field(None, description="Not looked into yet")
    warning_level: WarningLevel | None = None
    rule: Line | None = Field(None, description="Code of the rule")
    kind: ActKind | None = Field(None, description="Of the act")
    act_id: UUID | None = None
    subject_id: UUID | None = None
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    sort: Literal["id", "-id", "due_at", "-due_at"] = "-id"


class WarningAnswerView(View):
    text: str
    at: datetime
    by: str


class WarningView(ResourceView):
    """A warning (预警): what a rule says of an act."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01932b7a-0000-7000-8000-000000000030",
                    "version": 1,
                    "state": "raised",
                    "allowed_actions": ["confirm", "dismiss"],
                    "level": "red",
                    "rule_code": "decision-overdue",
                    "rule_edition": 1,
                    "rule_name": "行政处罚超过九十日未作出决定",
                    "act_id": "01932b7a-0000-7000-8000-000000000031",
                    "act_kind": "penalty",
                    "external_id": "CG-2024-0031",
                    "subject_id": "01932b6e-8f00-7000-8000-000000000001",
                    "subject_name": "沙坪坝区覃家岗街道办事处",
                    "organisation": "11500228709467150P",
                    "division": "500106012",
                    "domains": ["urban_management"],
                    "authority": "500106",
                    "detail": {"begins": "filed", "reaches": "decided", "late": True},
                    "due_at": "2024-12-09T00:00:00+08:00",
                    "raised_at": "2024-12-11T10:00:00+08:00",
                    "raised": 1,
                    "red_at": "2024-12-11T10:00:00+08:00",
                    "answers": [],
                    "handled_at": None,
                    "handled_by": None,
                    "reason": None,
                    "follow_up": None,
                    "finding_id": None,
                    "cleared_at": None,
                }
            ]
        }
    )

    state: WarningState
    allowed_actions: list[str] = Field(description="What this caller may do now")
    level: WarningLevel
    rule_code: str
    rule_edition: int
    rule_name: str
    act_id: UUID
    act_kind: ActKind
    external_id: str = Field(description="The act's number at its source")
    subject_id: UUID
    subject_name: str
    organisation: str = Field(description="Credit code of the subject")
    division: str
    domains: list[str]
    authority: str = Field(description="Division of the body that looks into it")
    detail: dict[str, Any] = Field(description="What exactly, by the rule's check")
    due_at: datetime | None = Field(description="The first moment too late, where it is of a term")
    raised_at: datetime
    raised: int = Field(description="How often it was raised, having been cleared between")
    red_at: datetime | None
    answers: list[WarningAnswerView]
    handled_at: datetime | None
    handled_by: str | None
    reason: str | None
    follow_up: FollowUp | None
    finding_id: UUID | None
    cleared_at: datetime | None

    @classmethod
    def of(cls, row: ActWarning, actor: Actor) -> Self:
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if name != "allowed_actions"
        }
        allowed = rules.LIFECYCLE.allowed_actions(row.state, permissions_towards(actor, row))
        return cls(**told, allowed_actions=allowed)


class HitRate(View):
    """Of the warnings of a rule that the caller may see, how many turned out to be right."""

    code: str
    name: str
    check: CheckKind
    raised: int
    open: int = Field(description="Not looked into yet")
    confirmed: int
    dismissed: int
    cleared: int = Field(description="What was told later took their ground away")
    hit_rate: float | None = Field(
        description="Confirmed of all that were confirmed or dismissed; None before the first"
    )


class HitRates(View):
    """How well each rule does (预警准确率)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "items": [
                        {
                            "code": "decision-overdue",
                            "name": "行政处罚超过九十日未作出决定",
                            "check": "term",
                            "raised": 40,
                            "open": 10,
                            "confirmed": 24,
                            "dismissed": 4,
                            "cleared": 2,
                            "hit_rate": 0.857,
                        }
                    ]
                }
            ]
        }
    )

    items: list[HitRate]
