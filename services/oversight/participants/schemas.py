"""Invited participants over HTTP."""

from datetime import datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.oversight.inspections.tables import Inspection
from services.oversight.participants.rules import ParticipantKind, ParticipantState
from services.oversight.participants.tables import Participant
from shared.law.identifiers import CreditCode
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView


class InvitationRequest(Input):
    """Who is invited."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "kind": "npc_delegate",
                    "name": "陈某",
                    "affiliation": "区人大代表",
                    "purpose": "现场监督并提出意见",
                }
            ]
        }
    )

    kind: ParticipantKind
    name: Line
    affiliation: Line | None = Field(None, description="Where they come from, in words")
    organisation: CreditCode | None = Field(
        None, description="Credit code of the body they work for, where it has one"
    )
    account: Line | None = Field(
        None, description="`sub` of a lay monitor, who then answers for themselves"
    )
    purpose: Prose | None = None


class AcceptRequest(Input):
    """That the invited takes part, having no interest in the matter."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "no_interest": True,
                    "declaration": "本人与被检查单位及其负责人无近亲属、任职、业务等利害关系。",
                }
            ]
        }
    )

    no_interest: Literal[True] = Field(description="Whoever has an interest recuses themselves")
    declaration: Prose


class ReasonRequest(Input):
    """Why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "与负责人有近亲属关系"}]})

    reason: Prose


class OpinionRequest(Input):
    """What the invited thinks of what they saw."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"opinion": "执法公示较规范,建议完善记录。", "rating": 4}]}
    )

    opinion: Prose
    rating: int | None = Field(None, ge=1, le=5, description="From 1 (bad) to 5 (good)")


class ParticipantFilters(Paging):
    """Which of those invited."""

    sort: Literal["id"] = "id"


class ParticipantView(ResourceView):
    """A person invited to an inspection."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01932b70-1c00-7000-8000-0000000000e1",
                    "version": 2,
                    "state": "accepted",
                    "allowed_actions": ["recuse", "withdraw", "opine"],
                    "inspection_id": "01932b70-1c00-7000-8000-000000000002",
                    "subject_name": "沙坪坝区覃家岗街道办事处",
                    "planned_on": "2026-03-10",
                    "kind": "npc_delegate",
                    "name": "陈某",
                    "affiliation": "区人大代表",
                    "organisation": None,
                    "account": None,
                    "purpose": "现场监督并提出意见",
                    "invited_at": "2026-03-02T09:00:00+08:00",
                    "invited_by": "zhao.min",
                    "declaration": "本人与被检查单位及其负责人无利害关系。",
                    "answered_at": "2026-03-03T09:00:00+08:00",
                    "answered_by": "zhao.min",
                    "reason": None,
                    "opinion": None,
                    "rating": None,
                    "opined_at": None,
                    "opined_by": None,
                }
            ]
        }
    )

    state: ParticipantState
    allowed_actions: list[str] = Field(description="What this caller may do now")
    inspection_id: UUID
    subject_name: str
    planned_on: str = Field(description="The day of the inspection")
    kind: ParticipantKind
    name: str
    affiliation: str | None
    organisation: str | None
    account: str | None
    purpose: str | None
    invited_at: datetime
    invited_by: str
    declaration: str | None
    answered_at: datetime | None
    answered_by: str | None
    reason: str | None
    opinion: str | None
    rating: int | None
    opined_at: datetime | None
    opined_by: str | None

    @classmethod
    def of(
        cls, row: Participant, inspection: Inspection, *, allowed: list[str], whole: bool
    ) -> Self:
        """The view; what the invited said is for them and the supervisors (`whole`)."""
        kept = {"declaration", "reason", "opinion", "rating"}
        given = {"allowed_actions", "subject_name", "planned_on", *(() if whole else kept)}
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if name not in given
        }
        if not whole:
            told |= dict.fromkeys(kept)
        return cls.model_validate(
            {
                **told,
                "allowed_actions": allowed,
                "subject_name": inspection.subject_name,
                "planned_on": inspection.planned_on.isoformat(),
            }
        )
