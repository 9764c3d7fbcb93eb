"""Sources of acts over HTTP."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from services.oversight.act_sources.rules import LIFECYCLE, Channel, MappedField, SourceState
from services.oversight.act_sources.tables import ActMapping, ActSource
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.identifiers import CreditCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View

SourceCode = Annotated[
    str, StringConstraints(min_length=2, max_length=64, pattern=r"^[a-z0-9]+(-[a-z0-9]+)*$")
]
Account = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[!-~]+$")]
TheirCode = Annotated[str, StringConstraints(min_length=1, max_length=100)]

_EXAMPLE: JsonDict = {
    "code": "cq-spb-cg",
    "name": "沙坪坝区城市管理执法办案系统",
    "organisation": "11500228709467150P",
    "division": "500106",
    "organisations": ["11500228709467150P"],
    "divisions": [],
    "accounts": ["system:cq-spb-cg"],
    "channel": "rest",
    "contact": "科技信息科 023-65368888",
    "basis": "重庆市行政执法监督条例第十条",
    "every_days": 1,
}


class SourcePatch(Input):
    """What changes; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"contact": "科技信息科 65368889"}]})

    # The factories only make the fields optional: what was not sent is never looked at.
    name: Line = Field(default_factory=str)
    organisation: CreditCode = Field(default_factory=str)
    organisations: list[CreditCode] = Field(default_factory=list, max_length=500)
    divisions: list[DivisionCode] = Field(default_factory=list, max_length=100)
    accounts: list[Account] = Field(default_factory=list, max_length=20)
    channel: Channel = Field(default_factory=lambda: Channel.REST)
    contact: Line = Field(default_factory=str)
    basis: Line = Field(default_factory=str)
    every_days: int = Field(default_factory=lambda: 1, ge=1, le=366)


class SourceRequest(Input):
    """A system that is to supply acts."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    code: SourceCode
    name: Line
    organisation: CreditCode = Field(description="Credit code of the body that runs the system")
    organisations: list[CreditCode] = Field(
        [], max_length=500, description="Bodies that it reports for"
    )
    divisions: list[DivisionCode] = Field(
        [], max_length=100, description="Divisions for all of whose bodies it reports"
    )
    accounts: list[Account] = Field(
        [], max_length=20, description="`sub` of system accounts that may send"
    )
    channel: Channel
    contact: Line = Field(description="Whom to ask when something is missing")
    basis: Line = Field(description="On what the body supplies the data")
    every_days: int = Field(1, ge=1, le=366, description="It sends at least once in so many days")
    division: DivisionCode = Field(description="Where the body that runs it lies")


class MappingRequest(Input):
    """How the source's codes read here, whole: what is left out is read as it is sent."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "codes": {"kind": {"01": "penalty"}, "stage": {"LA": "filed"}},
                    "note": "随系统 3.2 版启用",
                }
            ]
        }
    )

    codes: dict[MappedField, Annotated[dict[TheirCode, TheirCode], Field(max_length=5_000)]]
    note: Line | None = None


class SourceReasonRequest(Input):
    """Why."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "系统停机升级"}]})

    reason: Prose


class SourceFilters(Paging):
    """Which sources."""

    state: SourceState | None = None
    channel: Channel | None = None
    organisation: str | None = Field(None, max_length=18, description="Who runs it")
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    q: Line | None = Field(None, description="Part of the name or of the code")
    sort: Literal["id", "-id", "code", "-code"] = "code"


class MappingFilters(Paging):
    """Which editions, newest first."""

    sort: Literal["edition", "-edition"] = "-edition"


class ActSourceView(ResourceView):
    """A system that supplies acts (数据源)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01932b7a-0000-7000-8000-000000000019",
                    "version": 1,
                    "state": "active",
                    "allowed_actions": ["change", "map", "suspend", "close"],
                    **_EXAMPLE,
                    "edition": 0,
                    "reason": None,
                    "registered_at": "2026-03-10T09:00:00+08:00",
                    "registered_by": "li.na",
                }
            ]
        }
    )

    state: SourceState
    allowed_actions: list[str] = Field(description="What this caller may do now")
    code: str
    name: str
    organisation: str = Field(description="Credit code of the body that runs the system")
    division: str
    organisations: list[str]
    divisions: list[str]
    accounts: list[str]
    channel: Channel
    contact: str
    basis: str
    every_days: int
    edition: int = Field(description="Of the mapping in force; 0 while its codes are ours")
    reason: str | None = Field(description="Why it was suspended or closed")
    registered_at: datetime
    registered_by: str

    @classmethod
    def of(cls, row: ActSource, actor: Actor, *, in_charge: bool) -> Self:
        allowed = actor.permissions if in_charge else frozenset()
        given = {name: getattr(row, name) for name in cls.model_fields if name != "allowed_actions"}
        return cls(**given, allowed_actions=LIFECYCLE.allowed_actions(row.state, allowed))


class MappingView(View):
    """An edition of a mapping."""

    source_id: UUID
    edition: int
    codes: dict[MappedField, dict[str, str]]
    note: str | None
    made_at: datetime
    made_by: str

    @classmethod
    def of(cls, row: ActMapping) -> Self:
        return cls.model_validate(row)
