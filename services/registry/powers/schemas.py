"""Powers over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from services.registry.permissions import in_charge
from services.registry.powers.rules import (
    CODE_PATTERN,
    ENDED,
    PowerKind,
    PowerState,
    allowed_actions,
)
from services.registry.powers.tables import Power
from services.registry.subjects.rules import ENDED as SUBJECT_ENDED
from services.registry.subjects.rules import Domain, SubjectState
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode, Level
from shared.law.places import Direct
from shared.past import AsOf, Since
from shared.web.exports import Exported, ExportQuery
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, ResourceView, View


def _each_once(items: list[Any]) -> list[Any]:
    return list(dict.fromkeys(items))


Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True),
    Field(description="Kept, and shown to the body", examples=["《重庆市城市管理条例》已修改"]),
]
PowerCode = Annotated[
    str,
    StringConstraints(pattern=CODE_PATTERN),
    Field(description="The item's code in the list of powers", examples=["330217001000"]),
]
Domains = Annotated[
    list[Domain], Field(min_length=1, max_length=len(Domain)), AfterValidator(_each_once)
]
Basis = Annotated[
    list[Line],
    Field(max_length=50, description="Articles that the power rests on"),
    AfterValidator(_each_once),
]

_EXAMPLE: JsonDict = {
    "subject_id": "019ab3a0-0000-7000-8000-000000000001",
    "code": "330217001000",
    "name": "对在城市道路上擅自摆摊设点行为的处罚",
    "kind": "penalty",
    "domains": ["urban_management"],
    "basis": ["《重庆市市容环境卫生管理条例》第二十一条"],
    "township_allowed": True,
}


class PowerRequest(Input):
    """A power (职权) of a subject."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    subject_id: UUID = Field(description="The body that holds it")
    code: PowerCode
    name: Line
    kind: PowerKind
    domains: Domains
    basis: Basis = Field(default_factory=list)
    township_allowed: bool = Field(
        default=False, description="Whether it may be handed down to a township (可下放乡镇街道)"
    )
    since: Since = None


class PowerPatch(Input):
    """Fields of a draft to change; what is left out stays. The subject never changes."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"basis": ["《重庆市城市管理条例》第十条"]}]}
    )

    # The factories only make the fields optional: what was not sent is never looked at.
    code: PowerCode = Field(default_factory=str)
    name: Line = Field(default_factory=str)
    kind: PowerKind = Field(default_factory=lambda: PowerKind.OTHER)
    domains: Domains = Field(default_factory=list)
    basis: Basis = Field(default_factory=list)
    township_allowed: bool = Field(default_factory=bool)


class ActivateRequest(Input):
    """Since when the power is in force."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})

    since: Since = None


class ProposeRequest(Input):
    """A new edition of a power in force, from a day on; code, kind and subject never change."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "basis": ["《重庆市城市管理条例》第十一条"],
                    "reason": "《重庆市城市管理条例》已修改",
                }
            ]
        }
    )

    name: Line = Field(default_factory=str)
    domains: Domains = Field(default_factory=list)
    basis: Basis = Field(default_factory=list)
    township_allowed: bool = Field(default_factory=bool)
    since: date | None = Field(
        default=None, description="The first day of the new edition; today if left out"
    )
    reason: Reason


class DismissRequest(Input):
    """Why the amendment is not approved."""

    reason: Reason


class RepealRequest(Input):
    """Why the power ends, and since when."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "设定依据已废止"}]})

    reason: Reason
    since: Since = None


class AssignRequest(Input):
    """Which subject takes the power over, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "subject_id": "019ab3a0-0000-7000-8000-000000000001",
                    "reason": "机构改革后由该局承接",
                }
            ]
        }
    )

    subject_id: UUID = Field(description="A published one; of a split subject, a successor")
    reason: Reason


class Proposal(View):
    """An amendment that waits for approval."""

    changes: dict[str, Any] = Field(description="Field → what it is to be")
    since: date
    reason: str
    proposed_by: str = Field(description="`sub` of the person")
    proposed_at: datetime


class PowerView(ResourceView):
    """A power."""

    subject_id: UUID
    organisation: str = Field(description="Credit code of the subject")
    division: str = Field(description="Where its holder belongs")
    code: str
    name: str
    kind: PowerKind
    level: Level
    domains: list[Domain]
    basis: list[str]
    township_allowed: bool
    edition: int = Field(description="1 as activated, one more with each amendment")
    state: PowerState
    since: date = Field(description="The day from which this is true as it stands")
    unassigned: bool | None = Field(
        description="Whether its subject has ended and none has taken it over: nobody exercises"
        " it; null where it is shown as of a day"
    )
    proposal: Proposal | None
    reason: str | None = Field(description="Why it was amended last, or repealed")
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this, `change` is PATCH"
    )

    @classmethod
    def of(
        cls,
        power: Power,
        actor: Actor,
        *,
        today: date,
        subject_state: str | None = None,
        past: bool = False,
    ) -> Self:
        """The view of `power` for `actor`; nothing can be done to what is past.

        `subject_state` is needed where `power` has not ended.
        """
        live = power.state not in ENDED
        unassigned = live and subject_state in SUBJECT_ENDED
        told: dict[str, Any] = {
            name: getattr(power, name)
            for name in cls.model_fields
            if name not in {"allowed_actions", "division", "unassigned"}
        }
        actions: list[str] = []
        if past:
            told["proposal"] = None
        elif in_charge(
            actor,
            district=power.district,
            township=power.township,
            organisation=power.organisation,
        ):
            actions = allowed_actions(
                state=power.state,
                permissions=actor.permissions,
                caller=actor.sub,
                authors=power.authors,
                complete=bool(power.basis) and subject_state == SubjectState.PUBLISHED,
                unassigned=unassigned,
                proposed_by=power.proposed_by,
                proposed_since=power.proposed_since,
                today=today,
            )
        return cls.model_validate(
            {
                **told,
                "unassigned": None if past else unassigned,
                "division": power.township or power.district or power.scope.city,
                "allowed_actions": actions,
            }
        )


class PowerEditionView(View):
    """What a power said from a day to a day."""

    edition: int
    state: PowerState
    code: str
    name: str
    kind: PowerKind
    domains: list[Domain]
    basis: list[str]
    township_allowed: bool
    reason: str | None
    since: date
    until: date | None = Field(description="The first day on which it was no longer true")


PowerSort = Literal["id", "-id", "code", "-code", "name", "-name", "updated_at", "-updated_at"]


class PowerFilters(Input):
    """Which powers, in which order."""

    sort: PowerSort = "-id"
    state: PowerState | None = None
    in_force: bool | None = Field(
        default=None,
        description="Of the powers that have not ended: approved and of a publicised body, or not",
    )
    kind: PowerKind | None = None
    domain: Domain | None = None
    level: Level | None = None
    subject_id: UUID | None = None
    unassigned: bool | None = Field(
        default=None,
        description="Of the powers that have not ended: whether their subject has, and none has"
        " taken them over",
    )
    township_allowed: bool | None = None
    proposed: bool | None = Field(
        default=None, description="Whether an amendment waits for approval"
    )
    as_of: AsOf = None
    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )
    direct: Direct = False
    drafted_from: date | None = Field(default=None, description="Drafted on this day or later")
    drafted_to: date | None = Field(default=None, description="Drafted up to this day")
    q: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = Field(
        default=None, description="Part of the name or of the code, or pinyin initials"
    )


class PowerQuery(PowerFilters, Paging):
    """The same, a page of them."""


class PowerExport(PowerFilters, ExportQuery):
    """The same, as a file."""


EXPORTED = (
    Exported("职权编码", "code"),
    Exported("职权名称", "name"),
    Exported("职权类型", "kind"),
    Exported("所属主体统一社会信用代码", "organisation"),
    Exported("层级", "level"),
    Exported("区划代码", "division"),
    Exported("执法领域", "domains"),
    Exported("法律依据", "basis"),
    Exported("可由镇街行使", "township_allowed"),
    Exported("版次", "edition"),
    Exported("状态", "state"),
    Exported("起始日期", "since"),
    Exported("编号", "id"),
)


class EditionQuery(Paging):
    """Which part of what a power said; newest first unless said otherwise."""

    sort: Literal["since", "-since"] = "-since"
