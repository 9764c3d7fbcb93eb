"""What comes in and goes out over HTTP when routing rules are tried."""

from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from services.escalation.issues.rules import IssueKind, IssueSeverity
from services.escalation.ladder.rules import IssueLevel
from shared.law.divisions import DivisionCode
from shared.web.schemas import Input, View

Domain = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,49}$")]


class RoutingRule(Input):
    """One rule; an empty list is no condition."""

    name: Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,59}$")]
    kinds: list[IssueKind] = Field(default=[], max_length=10)
    severities: list[IssueSeverity] = Field(default=[], max_length=5)
    domains: list[Domain] = Field(default=[], max_length=50)
    divisions: list[DivisionCode] = Field(
        default=[], max_length=100, description="A district with its townships, or a township"
    )
    to: IssueLevel


class RoutingTrialRequest(Input):
    """Rules to try, in their order, and on which past issues."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "rules": [
                        {
                            "name": "grave_disputes",
                            "kinds": ["dispute"],
                            "severities": ["grave"],
                            "to": "bureau",
                        }
                    ],
                    "raised_from": "2026-01-01",
                    "raised_to": "2026-11-30",
                }
            ]
        }
    )

    rules: list[RoutingRule] = Field(max_length=100)
    raised_from: date
    raised_to: date


class RoutingCount(View):
    """How many issues would have gone elsewhere."""

    from_level: IssueLevel = Field(description="By the rules in force")
    to_level: IssueLevel
    rule: str | None = Field(description="The rule that would have decided; null: its division")
    issues: int


class RoutedIssue(View):
    """An issue that would have gone elsewhere."""

    id: UUID
    number: str
    title: str
    division: str
    from_level: IssueLevel
    to_level: IssueLevel
    rule: str | None


class RoutingTrialView(View):
    """What the rules would have made of past issues."""

    tried: int
    whole: bool = Field(description="False: more were raised then; the newest were tried")
    moved: int
    counts: list[RoutingCount]
    issues: list[RoutedIssue] = Field(description="The newest 200 that would have gone elsewhere")
    value: dict[str, list[RoutingRule]] = Field(
        description="The value to propose for the rule `issue.routing`"
    )
