"""Pilot programmes and focus tasks over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from services.registry.programmes.rules import (
    PROGRAMME,
    ParticipantKind,
    ProgrammeState,
)
from services.registry.programmes.tables import Programme, ProgrammeParticipant
from shared.access.actor import Actor
from shared.access.visibility import sees_scope
from shared.law.divisions import DivisionCode
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View

_PARTICIPANT: JsonDict = {
    "division": "500106",
    "kind": "pilot",
    "tasks": ["“专业化+网格化”行政执法监督员制度", "行政执法监督处理"],
}

Titles = Annotated[
    list[Line], Field(max_length=50, description="Focus tasks (重点任务), one title each")
]


class ParticipantRequest(Input):
    """A district that takes part, and what it concentrates on."""

    model_config = ConfigDict(json_schema_extra={"examples": [_PARTICIPANT]})

    division: DivisionCode
    kind: ParticipantKind = ParticipantKind.VOLUNTARY
    tasks: Titles = Field(default_factory=list)


class ProgrammeRequest(Input):
    """A programme by a notice. One that is over already is filed as closed history."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "2027-pilot",
                    "title": "关于开展行政执法协调监督工作体系建设第二批试点工作的通知",
                    "document_no": "渝府办发〔2027〕10号",
                    "issuer": "重庆市人民政府办公厅",
                    "issued_on": "2027-01-15",
                    "starts_on": "2027-02-01",
                    "ends_on": "2028-01-31",
                    "participants": [_PARTICIPANT],
                }
            ]
        }
    )

    code: Annotated[
        str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{1,39}$"), Field(examples=["2027-pilot"])
    ]
    title: Line
    document_no: Line
    issuer: Line
    issued_on: date
    starts_on: date
    ends_on: date = Field(description="The last day")
    participants: list[ParticipantRequest] = Field(default_factory=list, max_length=50)


class LeaveRequest(Input):
    """Who leaves, and why."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"division": "500116", "reason": "机构改革,力量不足"}]}
    )

    division: DivisionCode
    reason: Prose


class ParticipantView(View):
    """A division that takes part."""

    division: str = Field(description="By its code when it joined; it may have ended since")
    kind: ParticipantKind
    joined_on: date
    left_on: date | None
    left_reason: str | None


class ProgrammeView(ResourceView):
    """A programme and who takes part."""

    code: str
    title: str
    document_no: str
    issuer: str
    issued_on: date
    starts_on: date
    ends_on: date
    state: ProgrammeState
    closed_on: date | None = Field(description="Its last day indeed, once it is closed")
    participants: list[ParticipantView] = Field(description="Who takes part now")
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this"
    )

    @classmethod
    def of(
        cls, programme: Programme, participants: list[ProgrammeParticipant], actor: Actor
    ) -> Self:
        """The view of `programme` for `actor`."""
        told: dict[str, Any] = {
            name: getattr(programme, name)
            for name in cls.model_fields
            if name not in {"participants", "allowed_actions"}
        }
        actions = PROGRAMME.allowed_actions(programme.state, actor.permissions)
        if any(one.division == actor.division for one in participants):
            # A district joins for itself, and once.
            actions = [action for action in actions if action != "participants"]
        if not any(
            one.kind == ParticipantKind.VOLUNTARY and sees_scope(actor, one.division, None)
            for one in participants
        ):
            actions = [action for action in actions if action != "leave"]
        return cls.model_validate(
            {**told, "participants": participants, "allowed_actions": actions}
        )


class ProgrammeQuery(Paging):
    """Which programmes, in which order."""

    sort: Literal["id", "-id", "starts_on", "-starts_on"] = "-starts_on"
    state: ProgrammeState | None = None
    division: DivisionCode | None = Field(default=None, description="In which this takes part")
    q: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = Field(
        default=None, description="Part of the title or of the document's number"
    )


class ParticipantQuery(Paging):
    """Which participants, those that have left among them; in the order in which they joined."""

    sort: Literal["id", "-id"] = "id"
    kind: ParticipantKind | None = None
    left: bool | None = Field(default=None, description="Only those that left, or that did not")
