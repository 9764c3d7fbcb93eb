"""Enforcement subjects over HTTP."""

from collections.abc import Hashable
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self, TypeVar
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict
from pydantic_core import PydanticCustomError

from services.registry.permissions import in_charge
from services.registry.subjects.rules import (
    Domain,
    SubjectKind,
    SubjectState,
    allowed_actions,
    is_supported,
)
from services.registry.subjects.tables import Subject
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode, Level
from shared.law.identifiers import CreditCode
from shared.law.places import Direct
from shared.past import AsOf, Since
from shared.web.exports import Exported, ExportQuery
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, ResourceView, View

T = TypeVar("T", bound=Hashable)


def _each_once(items: list[T]) -> list[T]:
    return list(dict.fromkeys(items))


def _different(items: list[T]) -> list[T]:
    if len(set(items)) < len(items):
        raise PydanticCustomError("named-twice", "each is named once", {"zh": "不得重复"})
    return items


Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True),
    Field(description="Shown to the body and kept", examples=["法定代表人材料不全"]),
]
Domains = Annotated[
    list[Domain], Field(min_length=1, max_length=len(Domain)), AfterValidator(_each_once)
]
LegalBasis = Annotated[
    list[Line],
    Field(max_length=50, description="Articles that give the body its powers"),
    AfterValidator(_each_once),
]

_EXAMPLE: JsonDict = {
    "name": "重庆市沙坪坝区青木关镇人民政府",
    "uscc": "11500106009290825T",
    "kind": "statutory",
    "level": "township",
    "division": "500106104",
    "domains": ["comprehensive"],
    "legal_basis": ["《中华人民共和国行政处罚法》第二十四条"],
    "head": "王某",
    "monitor_unit": "沙坪坝区青木关司法所",
}


class SubjectRequest(Input):
    """A body to be filed as an enforcement subject (行政执法主体)."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    name: Line
    uscc: CreditCode
    kind: SubjectKind
    level: Level = Field(description="That of the division")
    division: DivisionCode
    domains: Domains
    legal_basis: LegalBasis = Field(default_factory=list)
    parent_id: UUID | None = Field(
        default=None, description="Of a dispatched body (派出): the subject that dispatched it"
    )
    delegator_id: UUID | None = Field(
        default=None, description="Of an entrusted body (受委托): the subject that entrusts it"
    )
    head: Line | None = Field(default=None, description="Who answers for the body")
    monitor_unit: Line | None = Field(default=None, description="Its internal monitor")
    since: Since = None


class SubjectPatch(Input):
    """Fields to change; what is left out stays. Code, level and division never change."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"head": "李某", "domains": ["comprehensive", "health"]}]}
    )

    # The factories only make the fields optional: what was not sent is never looked at.
    name: Line = Field(default_factory=str)
    kind: SubjectKind = Field(default_factory=lambda: SubjectKind.STATUTORY)
    domains: Domains = Field(default_factory=list)
    legal_basis: LegalBasis = Field(default_factory=list)
    parent_id: UUID | None = Field(default_factory=lambda: None)
    delegator_id: UUID | None = Field(default_factory=lambda: None)
    head: Line | None = Field(default_factory=lambda: None)
    monitor_unit: Line | None = Field(default_factory=lambda: None)


class ReasonRequest(Input):
    """Why."""

    reason: Reason


class MergeRequest(Input):
    """Who takes over, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"successor_id": "019ab3a0-0000-7000-8000-000000000001", "reason": "机构改革"}
            ]
        }
    )

    successor_id: UUID
    reason: Reason


class SplitRequest(Input):
    """Who takes over, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "successor_ids": [
                        "019ab3a0-0000-7000-8000-000000000001",
                        "019ab3a0-0000-7000-8000-000000000002",
                    ],
                    "reason": "机构改革",
                }
            ]
        }
    )

    successor_ids: Annotated[
        list[UUID], Field(min_length=2, max_length=20), AfterValidator(_different)
    ] = Field(description="Two or more")
    reason: Reason


class SubjectView(ResourceView):
    """An enforcement subject."""

    uscc: str
    name: str
    kind: SubjectKind
    level: Level
    division: str
    domains: list[Domain]
    legal_basis: list[str]
    parent_id: UUID | None = Field(description="The subject that dispatched it")
    delegator_id: UUID | None = Field(description="The subject that entrusts it")
    head: str | None
    monitor_unit: str | None
    state: SubjectState
    since: date = Field(description="The day from which this is true as it stands")
    reason: str | None = Field(
        description="Why it was sent back, suspended, revoked, merged or split, while that lasts"
    )
    publicised_on: date | None
    successor_id: UUID | None = Field(description="Of what was merged")
    successor_ids: list[UUID] = Field(description="Of what was split")
    submitted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this, `change` is PATCH"
    )

    @classmethod
    def of(
        cls, subject: Subject, actor: Actor, *, support_state: str | None, past: bool = False
    ) -> Self:
        """The view of `subject` for `actor`; nothing can be done to what is past.

        `support_state` is that of the body that it rests on, if there is one.
        """
        told: dict[str, Any] = {
            name: getattr(subject, name) for name in cls.model_fields if name != "allowed_actions"
        }
        actions: list[str] = []
        if not past and in_charge(
            actor,
            district=subject.district,
            township=subject.township,
            organisation=subject.organisation,
        ):
            actions = allowed_actions(
                state=subject.state,
                permissions=actor.permissions,
                caller=actor.sub,
                submitted_by=subject.submitted_by,
                supported=is_supported(kind=subject.kind, support_state=support_state),
            )
        return cls.model_validate({**told, "allowed_actions": actions})


class HistoryEntryView(View):
    """What was done to a subject, and by whom."""

    id: UUID
    version: int = Field(description="The subject's version that came of it")
    action: str
    state: SubjectState
    actor: str = Field(description="`sub` of the person")
    at: datetime
    reason: str | None
    changes: dict[str, Any] = Field(description="Field → [before, after]")


SubjectSort = Literal["id", "-id", "name", "-name", "updated_at", "-updated_at"]


class SubjectFilters(Input):
    """Which subjects, in which order."""

    sort: SubjectSort = "-id"
    state: SubjectState | None = None
    kind: SubjectKind | None = None
    domain: Domain | None = None
    level: Level | None = None
    published: bool | None = Field(
        default=None, description="Of the bodies that have not ended: publicised, or not"
    )
    parent_id: UUID | None = Field(default=None, description="What this subject dispatched")
    delegator_id: UUID | None = Field(default=None, description="What this subject entrusts")
    as_of: AsOf = None
    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )
    direct: Direct = False
    registered_from: date | None = Field(
        default=None, description="Registered on this day or later"
    )
    registered_to: date | None = Field(default=None, description="Registered up to this day")
    publicised_from: date | None = Field(
        default=None, description="First publicised on this day or later"
    )
    publicised_to: date | None = Field(default=None, description="First publicised up to this day")
    q: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = Field(
        default=None, description="Part of the name or of the credit code, or pinyin initials"
    )


class SubjectQuery(SubjectFilters, Paging):
    """The same, a page of them."""


class SubjectExport(SubjectFilters, ExportQuery):
    """The same, as a file."""


EXPORTED = (
    Exported("名称", "name"),
    Exported("统一社会信用代码", "uscc"),
    Exported("主体类别", "kind"),
    Exported("层级", "level"),
    Exported("区划代码", "division"),
    Exported("执法领域", "domains"),
    Exported("法律依据", "legal_basis"),
    Exported("负责人", "head"),
    Exported("内部监督机构", "monitor_unit"),
    Exported("状态", "state"),
    Exported("起始日期", "since"),
    Exported("公示日期", "publicised_on"),
    Exported("编号", "id"),
)


class HistoryQuery(Paging):
    """Which part of a history; newest first unless said otherwise."""

    sort: Literal["version", "-version"] = "-version"
