"""Supervision officers over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints

from services.registry.permissions import in_charge
from services.registry.supervision_officers.rules import (
    Criterion,
    Degree,
    Points,
    SupervisionOfficerState,
    allowed_actions,
)
from services.registry.supervision_officers.tables import SupervisionOfficer
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode, Level
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, ResourceView, View

Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True),
    Field(description="Kept with the row", examples=["调任区信访办"]),
]
Code = Annotated[
    str,
    StringConstraints(
        min_length=4,
        max_length=40,
        strip_whitespace=True,
        pattern=r"^[0-9A-Za-z\u4e00-\u9fff〔〕()-]+$",
    ),
]
Years = Annotated[
    int,
    Field(ge=0, le=60, description="Whole years of work in law, enforcement or its supervision"),
]


class SupervisionOfficerRequest(Input):
    """Somebody to be nominated as a supervision officer."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "name": "周某",
                    "office": "沙坪坝区司法局",
                    "division": "500106",
                    "post": "行政执法监督科科员",
                    "degree": "bachelor",
                    "experience_years": 6,
                    "legal_qualification": True,
                    "legal_qualification_no": "A20155001060001",
                    "legal_qualification_since": "2015-12-01",
                }
            ]
        }
    )

    name: Line
    office: Line = Field(description="The legal office (司法局, 司法所) that they belong to")
    division: DivisionCode = Field(description="Whose enforcement they are to supervise")
    post: Line
    degree: Degree
    experience_years: Years
    legal_qualification: bool = Field(
        description="Whether they hold the legal professional qualification (法律职业资格)"
    )
    legal_qualification_no: Code | None = None
    legal_qualification_since: date | None = None


class SupervisionOfficerPatch(Input):
    """Fields to change; what is left out stays. The division never changes: see `transfer`."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"experience_years": 7}]})

    # The factories only make the fields optional: what was not sent is never looked at.
    name: Line = Field(default_factory=str)
    office: Line = Field(default_factory=str)
    post: Line = Field(default_factory=str)
    degree: Degree = Field(default_factory=lambda: Degree.OTHER)
    experience_years: Years = Field(default_factory=int)
    legal_qualification: bool = Field(default_factory=bool)
    legal_qualification_no: Code | None = Field(default_factory=lambda: None)
    legal_qualification_since: date | None = Field(default_factory=lambda: None)


class AppointRequest(Input):
    """An appointment; with a reason where a qualified candidate waits and this one is not."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "从事执法监督工作十年"}]})

    reason: Reason | None = None


class CardRequest(Input):
    """A supervision card (行政执法监督证件) that was given or renewed."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"card_no": "渝监500106001", "valid_to": "2031-06-30"}]}
    )

    card_no: Code
    valid_to: date = Field(description="The last day on which it is good")


class ReasonRequest(Input):
    """Why."""

    reason: Reason


class SupervisionOfficerView(ResourceView):
    """A supervision officer, or a candidate."""

    name: str
    office: str
    division: str
    level: Level = Field(description="That of the division")
    post: str
    degree: Degree
    experience_years: int
    legal_qualification: bool
    legal_qualification_no: str | None = Field(
        description="Shown to the legal office in charge only"
    )
    legal_qualification_since: date | None
    card_no: str | None
    card_valid_to: date | None
    card_good: bool = Field(description="Whether a supervision card is held that is good today")
    state: SupervisionOfficerState
    appointed_on: date | None
    reason: str | None = Field(
        description="Why one without the qualification came first, or why somebody left"
    )
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this, `change` is PATCH"
    )

    @classmethod
    def of(cls, officer: SupervisionOfficer, actor: Actor, today: date) -> Self:
        """The view of `officer` for `actor`."""
        return cls.model_validate(told_of(officer, actor, today, cls.model_fields))


class PointsView(View):
    """What one criterion gives a candidate."""

    criterion: Criterion
    value: int = Field(description="What was counted: 1 or 0 for held or not, years, hours")
    points: int


class CandidateView(SupervisionOfficerView):
    """A candidate in the order of preference, with the reasons."""

    rank: int = Field(description="1 is the first; who has the same points shares a rank")
    total: int = Field(description="The sum of the points")
    points: list[PointsView] = Field(
        description="By rule `supervision_officer.ranking` as in force today"
    )

    @classmethod
    def ranked(
        cls,
        officer: SupervisionOfficer,
        points: list[Points],
        rank: int,
        actor: Actor,
        today: date,
    ) -> Self:
        """The view of a candidate and of the place that the points give."""
        told = told_of(officer, actor, today, SupervisionOfficerView.model_fields)
        explained = [PointsView.model_validate(p, from_attributes=True) for p in points]
        total = sum(p.points for p in points)
        return cls.model_validate({**told, "rank": rank, "total": total, "points": explained})


class CandidatesView(View):
    """The candidates of a division, best first."""

    rule: str = Field(description="Legal basis of the ranking")
    provisional: bool = Field(description="Whether the ranking awaits a text that settles it")
    items: list[CandidateView]


class QualificationView(View):
    """How many of a division's supervision officers in office hold the legal qualification."""

    division: str
    appointed: int
    qualified: int
    ratio: float = Field(description="qualified / appointed, four decimals")


class QualificationsView(View):
    """The ratio of qualified supervision officers, division by division."""

    items: list[QualificationView]


def told_of(officer: SupervisionOfficer, actor: Actor, today: date, names: Any) -> dict[str, Any]:
    """The fields of a view of `officer` for `actor`."""
    computed = {"allowed_actions", "card_good"}
    told: dict[str, Any] = {name: getattr(officer, name) for name in names if name not in computed}
    told["card_good"] = officer.card_valid_to is not None and officer.card_valid_to >= today
    told["allowed_actions"] = []
    if in_charge(actor, district=officer.district, township=officer.township, organisation=""):
        told["allowed_actions"] = allowed_actions(
            state=officer.state,
            permissions=actor.permissions,
            caller=actor.sub,
            nominated_by=officer.nominated_by,
        )
    else:
        told["legal_qualification_no"] = None
    return told


class SupervisionOfficerQuery(Paging):
    """Which supervision officers, in which order."""

    sort: Literal["id", "-id", "name", "-name", "updated_at", "-updated_at"] = "-id"
    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )
    direct: Direct = False
    appointed_from: date | None = Field(default=None, description="Appointed on this day or later")
    appointed_to: date | None = Field(default=None, description="Appointed up to this day")
    state: SupervisionOfficerState | None = None
    legal_qualification: bool | None = None
    card_valid_before: date | None = Field(
        default=None, description="Card good until a day before this one"
    )
    q: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = Field(
        default=None, description="Part of the name or of the card number, or pinyin initials"
    )


class DivisionQuery(Input):
    """Of which division."""

    division: DivisionCode
