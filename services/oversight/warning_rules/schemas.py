"""Warning rules over HTTP."""

from datetime import date, datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.oversight.warning_rules import rules
from services.oversight.warning_rules.rules import Content, RuleState
from services.oversight.warning_rules.tables import WarningRule, WarningTrial
from shared.access.actor import Actor
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View

CONTENT: dict[str, Any] = {
    "name": "普通程序案件一百二十日内结案",
    "description": "内部办案时限，提前二十日提醒。",
    "legal_basis": ["《重庆市沙坪坝区行政处罚案件办理时限规定》第三条"],
    "provisional": True,
    "effective_from": "2026-01-01",
    "effective_to": None,
    "kinds": ["penalty"],
    "when": [{"field": "procedure", "op": "is", "value": "ordinary"}],
    "unless": [[{"field": "transfer_no", "op": "present", "value": None}]],
    "check": {
        "kind": "term",
        "begins": "filed",
        "reaches": "closed",
        "term": {"n": 120, "unit": "d", "roll": "none"},
        "early": 20,
        "excluded_periods": True,
        "extensions": True,
    },
}
CODE = r"^[a-z][a-z0-9]*(-[a-z0-9]+)*$"


class WarningRuleRequest(Input):
    """A new rule, or the next edition of one that has the same code."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"code": "internal-term", "content": CONTENT}]}
    )

    code: Line = Field(pattern=CODE, max_length=60)
    content: Content


class WarningRulePatch(Input):
    """What a draft says, anew: it is then tried anew."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"content": CONTENT}]})

    content: Content


class TrialRequest(Input):
    """Over acts that began from the first day to the last."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"first": "2025-01-01", "last": "2025-12-31"}]}
    )

    first: date
    last: date


class RetirementRequest(Input):
    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "依据已废止"}]})

    reason: Prose


class WarningRuleFilters(Paging):
    """Which editions."""

    code: Line | None = None
    state: RuleState | None = None
    sort: Literal["id", "-id"] = "-id"


class TrialFilters(Paging):
    sort: Literal["id", "-id"] = "-id"


class WarningRuleView(ResourceView):
    """An edition of a warning rule (预警规则)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01932b7a-0000-7000-8000-000000000020",
                    "version": 1,
                    "state": "draft",
                    "allowed_actions": ["change", "try", "discard"],
                    "code": "internal-term",
                    "edition": 1,
                    "content": CONTENT,
                    "tried": False,
                    "drafted_by": "li.na",
                    "drafted_at": "2026-03-10T09:00:00+08:00",
                    "activated_by": None,
                    "activated_at": None,
                    "ended_by": None,
                    "ended_at": None,
                    "ended_why": None,
                }
            ]
        }
    )

    state: RuleState
    allowed_actions: list[str] = Field(description="What this caller may do now")
    code: str
    edition: int
    content: Content
    tried: bool = Field(description="What it says now was tried on history")
    drafted_by: str
    drafted_at: datetime
    activated_by: str | None
    activated_at: datetime | None
    ended_by: str | None
    ended_at: datetime | None
    ended_why: str | None

    @classmethod
    def of(cls, row: WarningRule, actor: Actor) -> Self:
        shown = {"allowed_actions", "tried"}
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if name not in shown
        }
        return cls(
            **told,
            tried=row.standing.tried,
            allowed_actions=rules.allowed_actions(
                row.standing, sub=actor.sub, permissions=actor.permissions
            ),
        )


class TrialView(View):
    """A trial of a rule on history (历史试算): what it would have raised."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01932b7a-0000-7000-8000-000000000021",
                    "rule_id": "01932b7a-0000-7000-8000-000000000020",
                    "first": "2025-01-01",
                    "last": "2025-12-31",
                    "asked_by": "li.na",
                    "asked_at": "2026-03-10T09:00:00+08:00",
                    "done_at": "2026-03-10T09:00:20+08:00",
                    "examined": 108156,
                    "yellow": 310,
                    "red": 42,
                    "by_month": {"2025-03": 12},
                    "by_district": {"500106": 5},
                    "examples": ["01932b7a-0000-7000-8000-000000000022"],
                }
            ]
        }
    )

    id: UUID
    rule_id: UUID
    first: date
    last: date
    asked_by: str
    asked_at: datetime
    done_at: datetime | None = Field(description="None while it runs")
    examined: int = Field(description="Acts that the rule is about, so far")
    yellow: int = Field(description="Near to the limit and then done in time, or near to it now")
    red: int
    by_month: dict[str, int] = Field(description="By the month in which the act began")
    by_district: dict[str, int]
    examples: list[str] = Field(description="The first acts of which it would have warned")

    @classmethod
    def of(cls, row: WarningTrial) -> Self:
        return cls.model_validate(row)
