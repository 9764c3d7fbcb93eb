"""Schemes of appraisal over HTTP."""

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic.types import JsonValue
from pydantic_core import PydanticCustomError

from services.oversight.appraisal_schemes.rules import (
    OF_FINDINGS,
    SHARES,
    AppraisalMeasure,
    Appraised,
    IndicatorSource,
    SchemeState,
    allowed_actions,
)
from services.oversight.appraisal_schemes.tables import AppraisalScheme
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.web.paging import Paging
from shared.web.points import Points
from shared.web.schemas import Input, Line, Prose, ResourceView, View

_INDICATORS: list[JsonValue] = [
    {
        "code": "organisation",
        "name": "执法责任分解落实",
        "criteria": "岗位职责清单完整、公开,缺一项扣2分",
        "weight": "40.00",
        "source": "self",
    },
    {
        "code": "findings",
        "name": "监督检查认定的问题",
        "criteria": "每认定一个问题扣5分,扣完为止",
        "weight": "40.00",
        "source": "automatic",
        "measure": "findings_confirmed",
        "target": "0",
        "deduct": "5",
    },
    {
        "code": "certified",
        "name": "持证率",
        "criteria": "低于95%的,每低1个百分点扣1分",
        "weight": "20.00",
        "source": "automatic",
        "measure": "officers_certified",
        "target": "95",
        "deduct": "1",
    },
]
_VETOES: list[JsonValue] = [
    {
        "code": "without-certificate",
        "name": "无证执法",
        "measure": "findings_confirmed",
        "at_least": 1,
        "finding_codes": ["officer-without-certificate"],
    },
    {"code": "concealment", "name": "瞒报重大执法问题"},
]

Code = Annotated[
    str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$"), Field(examples=["findings"])
]
FindingCodes = Annotated[
    list[Line],
    Field(max_length=50, description="Only findings of these codes count; all if empty"),
]


class IndicatorRequest(Input):
    """What is looked at, and how many points it can earn or lose.

    An automatic one loses `deduct` points for each unit by which the year's value misses `target`:
    what counts failures is above it, a share in percent is below it.
    """

    code: Code
    name: Line
    criteria: Prose
    weight: Points
    source: IndicatorSource
    measure: AppraisalMeasure | None = None
    target: Points | None = None
    deduct: Points | None = None
    finding_codes: FindingCodes = Field(default_factory=list)

    @model_validator(mode="after")
    def _complete(self) -> Self:
        told = [self.measure is not None, self.target is not None, self.deduct is not None]
        automatic = self.source is IndicatorSource.AUTOMATIC
        if (automatic and not all(told)) or (not automatic and any(told)):
            raise PydanticCustomError(
                "indicator-incomplete",
                "an automatic indicator names measure, target and deduct; no other does",
                {"zh": "系统取数的指标须填写数据项、目标值和扣分标准,其他指标不得填写"},
            )
        if self.finding_codes and self.measure not in OF_FINDINGS:
            raise _no_findings()
        if self.measure in SHARES and self.target is not None and self.target > 100:
            raise PydanticCustomError(
                "share-above-hundred",
                "a share is at most 100 percent",
                {"zh": "占比目标不得超过100%"},
            )
        return self


class VetoRequest(Input):
    """What nobody may do and still pass (一票否决)."""

    code: Code
    name: Line
    measure: AppraisalMeasure | None = Field(
        None, description="A count of failures; without one the reviewer says whether it happened"
    )
    at_least: int = Field(1, ge=1, le=10_000, description="From how many on")
    finding_codes: FindingCodes = Field(default_factory=list)

    @model_validator(mode="after")
    def _counts(self) -> Self:
        if self.measure in SHARES:
            raise PydanticCustomError(
                "veto-by-share",
                "a veto counts failures; a share is none",
                {"zh": "一票否决项须按数量取数,不得使用占比"},
            )
        if self.finding_codes and self.measure not in OF_FINDINGS:
            raise _no_findings()
        return self


def _no_findings() -> PydanticCustomError:
    return PydanticCustomError(
        "measure-without-findings",
        "codes of findings narrow a measure of findings only",
        {"zh": "只有问题类数据项可以限定问题代码"},
    )


def _unique(items: list[Any]) -> list[Any]:
    if len({item.code for item in items}) < len(items):
        raise PydanticCustomError(
            "code-given-twice", "a code is given twice", {"zh": "代码不得重复"}
        )
    return items


Indicators = Annotated[
    list[IndicatorRequest], Field(min_length=1, max_length=100), AfterValidator(_unique)
]
Vetoes = Annotated[list[VetoRequest], Field(max_length=50), AfterValidator(_unique)]
Basis = Annotated[list[Line], Field(min_length=1, max_length=20)]


class SchemeRequest(Input):
    """A scheme to be adopted: the first edition of its year, or one that takes its place."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "division": "500106",
                    "year": 2026,
                    "title": "沙坪坝区2026年度行政执法评议考核方案",
                    "basis": ["《重庆市行政执法责任制条例》第十五条"],
                    "indicators": _INDICATORS,
                    "vetoes": _VETOES,
                }
            ]
        }
    )

    division: DivisionCode = Field(description="A district, or 50 for the city")
    year: int = Field(ge=2000, le=2100)
    appraised: Appraised = Field(
        Appraised.SUBJECTS,
        description="Subjects (执法主体), or the governments (下级政府) of a level below",
    )
    title: Line
    basis: Basis
    indicators: Indicators
    vetoes: Vetoes = Field(default_factory=list)


class SchemePatch(Input):
    """Fields of a draft to change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"indicators": _INDICATORS}]})

    # The factories only make the fields optional: what was not sent is never looked at.
    title: Line = Field(default_factory=str)
    basis: Basis = Field(default_factory=list)
    indicators: Indicators = Field(default_factory=list)
    vetoes: Vetoes = Field(default_factory=list)


class DiscardRequest(Input):
    """Why a draft is discarded."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "按市级新方案重新起草"}]})

    reason: Prose


class IndicatorView(View):
    """An indicator."""

    code: str
    name: str
    criteria: str
    weight: Points
    source: IndicatorSource
    measure: AppraisalMeasure | None
    target: Points | None
    deduct: Points | None
    finding_codes: list[str]


class VetoView(View):
    """A veto."""

    code: str
    name: str
    measure: AppraisalMeasure | None
    at_least: int
    finding_codes: list[str]


class SchemeQuery(Paging):
    """Which schemes, in which order."""

    sort: Literal["id", "-id", "year", "-year"] = "-id"
    state: SchemeState | None = None
    division: DivisionCode | None = Field(None, description="This division and those below it")
    year: int | None = Field(None, ge=2000, le=2100)
    appraised: Appraised | None = None


class SchemeView(ResourceView):
    """An edition of a scheme (评议考核方案)."""

    division: str
    year: int
    appraised: Appraised = Field(description="The kind of those that it is for")
    edition: int = Field(description="Counts the editions of the division, the year and the kind")
    title: str
    basis: list[str]
    indicators: list[IndicatorView]
    vetoes: list[VetoView]
    state: SchemeState
    reason: str | None = Field(description="Why it was discarded")
    adopted_at: datetime | None
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this, `change` is PATCH"
    )

    @classmethod
    def of(cls, row: AppraisalScheme, actor: Actor, *, in_charge: bool, total: Decimal) -> Self:
        """The view for `actor`; `total` is what the weights must make up."""
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if name != "allowed_actions"
        }
        actions = allowed_actions(
            state=row.state,
            permissions=actor.permissions if in_charge else frozenset(),
            caller=actor.sub,
            authors=row.authors,
            weights=row.weights,
            total=total,
        )
        return cls.model_validate({**told, "allowed_actions": actions})


SchemeId = Annotated[UUID, Field(description="An edition that was adopted")]
