"""Requests for case files over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, model_validator
from pydantic_core import PydanticCustomError

from services.oversight.file_requests import rules
from services.oversight.file_requests.rules import FileRequestState
from services.oversight.file_requests.tables import FileRequest
from services.oversight.permissions import permissions_towards
from shared.access.actor import Actor
from shared.law.calendar import Deadline
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import (
    Input,
    Line,
    Prose,
    Reference,
    ReferenceView,
    ResourceView,
    View,
)

SUBJECT = "01932b6e-8f00-7000-8000-000000000001"
FILE: dict[str, JsonValue] = {"title": "行政处罚案卷", "number": "沙城管罚〔2026〕12号"}


class FilesRequest(Input):
    """Which case files are to be handed over, and what for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "subject_id": SUBJECT,
                    "purpose": "核查行政处罚程序",
                    "files": [FILE],
                    "period": {"n": 3, "unit": "wd"},
                }
            ]
        }
    )

    subject_id: UUID
    inspection_id: UUID | None = Field(None, description="In the course of this inspection")
    purpose: Prose
    files: Annotated[list[Reference], Field(min_length=1, max_length=200)]
    period: Deadline | None = Field(
        None, description="Not longer than the rule in force, which holds if this is left out"
    )


class ProvidedFile(Input):
    """What became of one of the files that were asked for."""

    position: int = Field(ge=1, description="Its place in the request, counted from 1")
    reference: Reference | None = Field(None, description="What is handed over")
    reason: Prose | None = Field(None, description="Why it is not")

    @model_validator(mode="after")
    def _one_of_both(self) -> Self:
        if (self.reference is None) == (self.reason is None):
            raise PydanticCustomError(
                "file-or-reason",
                "a file is handed over, or there is a reason why not",
                {"zh": "应提供案卷或者说明未提供的理由"},
            )
        return self


class FilesAnswer(Input):
    """The files that are handed over, or why not: each that was asked for."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"files": [{"position": 1, "reference": FILE}]}]}
    )

    files: Annotated[list[ProvidedFile], Field(min_length=1, max_length=200)]
    note: Prose | None = None


class ReturnFilesRequest(Input):
    """What is missing, or why the files are not needed any more."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "缺少送达回证"}]})

    reason: Prose


class FileRequestFilters(Paging):
    """Which requests."""

    state: FileRequestState | None = None
    subject_id: UUID | None = None
    inspection_id: UUID | None = None
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    overdue: bool | None = Field(None, description="Whether the deadline passed unanswered")
    requested_from: date | None = Field(None, description="Requested on this day or later")
    requested_to: date | None = Field(None, description="Requested up to this day")
    due_from: date | None = Field(None, description="The deadline passes on this day or later")
    due_to: date | None = Field(None, description="The deadline passes up to this day")
    q: Line | None = Field(None, description="Part of the purpose or of the subject's name")
    sort: Literal["due_at", "-due_at", "id", "-id"] = "due_at"


class ProvidedView(View):
    position: int
    reference: ReferenceView | None
    reason: str | None


class AnswerView(View):
    files: list[ProvidedView]
    note: str | None
    late: bool = Field(description="It came after the deadline")
    answered_at: datetime
    answered_by: str
    returned_at: datetime | None
    returned_by: str | None
    returned_because: str | None


class FileRequestView(ResourceView):
    """A request for case files (调卷)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01932b78-0000-7000-8000-000000000008",
                    "version": 1,
                    "state": "requested",
                    "allowed_actions": ["answer"],
                    "subject_id": SUBJECT,
                    "subject_name": "沙坪坝区覃家岗街道办事处",
                    "organisation": "11500228709467150P",
                    "division": "500106012",
                    "domains": ["urban_management"],
                    "authority": "500106",
                    "inspection_id": None,
                    "purpose": "核查行政处罚程序",
                    "files": [FILE],
                    "legal_basis": ["《重庆市行政执法监督条例》第十四条"],
                    "due_at": "2026-03-16T00:00:00+08:00",
                    "due_provisional": False,
                    "overdue": False,
                    "overdue_at": None,
                    "requested_at": "2026-03-10T09:00:00+08:00",
                    "requested_by": "li.na",
                    "answers": [],
                    "closed_at": None,
                    "closed_by": None,
                    "withdrawn_because": None,
                }
            ]
        }
    )

    state: FileRequestState
    allowed_actions: list[str] = Field(description="What this caller may do now")
    subject_id: UUID
    subject_name: str
    organisation: str = Field(description="Credit code of the subject")
    division: str
    domains: list[str]
    authority: str = Field(description="Division of the body that asks")
    inspection_id: UUID | None
    purpose: str
    files: list[ReferenceView]
    legal_basis: list[str]
    due_at: datetime = Field(description="The first moment that is too late")
    due_provisional: bool = Field(description="The calendar behind it is not announced yet")
    overdue: bool = Field(description="The deadline has passed without an answer")
    overdue_at: datetime | None = Field(description="When it last became overdue")
    requested_at: datetime
    requested_by: str
    answers: list[AnswerView]
    closed_at: datetime | None
    closed_by: str | None
    withdrawn_because: str | None

    @classmethod
    def of(cls, row: FileRequest, actor: Actor, now: datetime) -> Self:
        shown = {"allowed_actions", "overdue"}
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if name not in shown
        }
        allowed = permissions_towards(actor, row)
        return cls(
            **told,
            overdue=rules.is_overdue(state=row.state, due_at=row.due_at, now=now),
            allowed_actions=rules.LIFECYCLE.allowed_actions(row.state, allowed),
        )
