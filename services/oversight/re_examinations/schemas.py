"""Re-examinations over HTTP."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.oversight.permissions import permissions_towards
from services.oversight.re_examinations import rules
from services.oversight.re_examinations.rules import ReExaminationState
from services.oversight.re_examinations.tables import ReExamination
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Prose, ResourceView

DECISION = "01932b80-0000-7000-8000-000000000006"


class ReExaminationRequest(Input):
    """What the subject has against a decision."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"document_id": DECISION, "grounds": "认定事实不清,适用依据错误。"}]
        }
    )

    document_id: UUID = Field(description="The decision")
    grounds: Prose


class OutcomeRequest(Input):
    """Where the outcome is written down."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"document_id": "01932b81-0000-7000-8000-000000000007"}]}
    )

    document_id: UUID = Field(description="A signed document that answers the decision")


class ReExaminationQuery(Paging):
    """Which re-examinations."""

    state: ReExaminationState | None = None
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    subject_id: UUID | None = None
    document_id: UUID | None = Field(None, description="Of this decision")
    overdue: bool | None = Field(None, description="Whether the term to decide has passed")
    sort: Literal["id", "-id", "due_at", "-due_at"] = "-id"


class ReExaminationView(ResourceView):
    """A re-examination (复查) as it stands; the decision is executed meanwhile."""

    state: ReExaminationState
    allowed_actions: list[str] = Field(description="What this caller may do now")
    document_id: UUID
    number: str = Field(description="发文字号 of the decision")
    subject_id: UUID
    subject_name: str
    organisation: str = Field(description="Credit code of the subject")
    division: str
    authority: str = Field(description="Division of the supervising body")
    grounds: str
    requested_at: datetime
    requested_by: str
    due_at: datetime = Field(description="The first moment too late to decide")
    due_provisional: bool
    overdue: bool
    overdue_at: datetime | None
    decision_id: UUID | None = Field(description="The document that says the outcome")
    decided_at: datetime | None
    decided_by: str | None

    @classmethod
    def of(cls, row: ReExamination, actor: Actor, now: datetime) -> Self:
        told: dict[str, Any] = {
            name: getattr(row, name)
            for name in cls.model_fields
            if name not in {"allowed_actions", "overdue"}
        }
        return cls(
            **told,
            overdue=rules.is_overdue(state=row.state, due_at=row.due_at, now=now),
            allowed_actions=rules.allowed_actions(
                state=row.state,
                makers=row.makers,
                sub=actor.sub,
                permissions=permissions_towards(actor, row),
            ),
        )
