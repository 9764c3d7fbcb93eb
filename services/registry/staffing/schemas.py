"""Staffing plans over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints

from services.registry.permissions import in_charge
from services.registry.staffing.rules import (
    BodyKind,
    StaffingState,
    allowed_actions,
    is_short,
)
from services.registry.staffing.tables import StaffingPlan
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode, Level
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, ResourceView

Headcount = Annotated[int, Field(ge=1, le=100_000, description="Posts (编制)")]
Year = Annotated[int, Field(ge=2000, le=2100)]
Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True),
    Field(description="Kept with the plan", examples=["机构改革后重新测算"]),
]


class StaffingRequest(Input):
    """The posts that a division's bodies of one kind are to have in a year."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "division": "500106",
                    "body_kind": "supervision_authority",
                    "year": 2027,
                    "headcount": 6,
                }
            ]
        }
    )

    division: DivisionCode
    body_kind: BodyKind
    year: Year
    headcount: Headcount


class StaffingPatch(Input):
    """What is changed of a plan that is not approved yet."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"headcount": 8}]})

    # The factory only makes the field optional: what was not sent is never looked at.
    headcount: Headcount = Field(default_factory=int)


class ApprovalRequest(Input):
    """The staffing office's (机构编制部门) decision."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"approval_no": "沙委编〔2026〕12号"}]}
    )

    approval_no: Line
    approved_on: date | None = Field(default=None, description="Today if left out")


class AdjustmentRequest(ApprovalRequest):
    """A later decision of the staffing office that changes the headcount."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"approval_no": "沙委编〔2026〕31号", "headcount": 7}]}
    )

    headcount: Headcount


class ReasonRequest(Input):
    """Why."""

    reason: Reason


class StaffingView(ResourceView):
    """A staffing plan, and how it is filled now."""

    division: str
    level: Level
    body_kind: BodyKind
    year: int
    headcount: int
    actual: int = Field(
        description="Counted now, in the division itself: supervision officers in office, or for"
        " enforcement subjects officers on post who are staff (在编)"
    )
    gap: int = Field(description="Posts that nobody fills; 0 if all are filled")
    short: bool = Field(description="Whether posts of an approved plan of this year are vacant")
    short_since: datetime | None = Field(description="When that was told last, while it lasts")
    approval_no: str | None = Field(description="Number of the staffing office's decision")
    approved_on: date | None
    state: StaffingState
    reason: str | None
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this, `change` is PATCH"
    )

    @classmethod
    def of(cls, plan: StaffingPlan, actual: int, actor: Actor, this_year: int) -> Self:
        """The view of `plan` for `actor`."""
        computed = {"actual", "gap", "short", "allowed_actions"}
        told: dict[str, Any] = {
            name: getattr(plan, name) for name in cls.model_fields if name not in computed
        }
        told |= {"actual": actual, "gap": max(plan.headcount - actual, 0)}
        told["short"] = is_short(
            state=plan.state,
            year=plan.year,
            this_year=this_year,
            headcount=plan.headcount,
            actual=actual,
        )
        told["allowed_actions"] = []
        if in_charge(actor, district=plan.district, township=plan.township, organisation=""):
            told["allowed_actions"] = allowed_actions(
                state=plan.state,
                permissions=actor.permissions,
                caller=actor.sub,
                filed_by=plan.filed_by,
                over=plan.year < this_year,
            )
        return cls.model_validate(told)


class StaffingQuery(Paging):
    """Which plans, in which order."""

    sort: Literal["id", "-id", "year", "-year", "updated_at", "-updated_at"] = "-id"
    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )
    body_kind: BodyKind | None = None
    year: Year | None = None
    state: StaffingState | None = None
    short: bool | None = Field(
        default=None, description="Only where posts of this year's approved plan are vacant, or not"
    )
