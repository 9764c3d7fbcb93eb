"""Appraisals over HTTP."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.oversight.appraisal_schemes.rules import Appraised
from services.oversight.appraisals import rules
from services.oversight.appraisals.rules import AppraisalGrade, AppraisalPurpose, AppraisalState
from services.oversight.appraisals.tables import Appraisal
from services.oversight.permissions import permissions_towards
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.points import Points
from shared.web.schemas import Input, Line, Prose, ResourceView, View


class AppraisalRequest(Input):
    """A subject, or the government of a division below, to be appraised by a scheme."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "scheme_id": "01932b70-1c00-7000-8000-000000000021",
                    "subject_id": "01932b6e-8f00-7000-8000-000000000001",
                },
                {"scheme_id": "01932b70-1c00-7000-8000-000000000022", "division": "500106"},
            ]
        }
    )

    scheme_id: UUID = Field(description="An adopted edition")
    subject_id: UUID | None = Field(None, description="A subject of the scheme's division")
    division: DivisionCode | None = Field(
        None, description="A division below the scheme's, whose government is appraised"
    )

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.subject_id is None) == (self.division is None):
            raise PydanticCustomError(
                "appraised-not-one",
                "a subject is named or a division, one of both",
                {"zh": "考核对象须为一个执法主体或者一个下级区划,二者择一"},
            )
        return self


class ScoreRequest(Input):
    """Points on an indicator."""

    code: Line
    points: Points
    reason: Prose | None = Field(None, description="Needed where a reviewer takes points away")


def _once(items: list[Any]) -> list[Any]:
    if len({item.code for item in items}) < len(items):
        raise PydanticCustomError(
            "code-given-twice", "a code is given twice", {"zh": "代码不得重复"}
        )
    return items


Scores = Annotated[list[ScoreRequest], Field(max_length=100), AfterValidator(_once)]


class SelfScoreRequest(Input):
    """What the appraised gives itself, on each indicator that is not automatic."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "scores": [{"code": "organisation", "points": "38.00"}],
                    "statement": "岗位职责清单已全部公开。",
                }
            ]
        }
    )

    scores: Scores
    statement: Prose


class PointReason(Input):
    """An indicator or a veto, and what is said of it."""

    code: Line
    reason: Prose


PointReasons = Annotated[list[PointReason], Field(max_length=100), AfterValidator(_once)]


class AppraisalReviewRequest(Input):
    """The points of the reviewers; what the system has data of is taken from there."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "scores": [
                        {"code": "organisation", "points": "36.00", "reason": "缺少两项岗位职责"}
                    ]
                }
            ]
        }
    )

    scores: Scores
    vetoes: PointReasons = Field(
        default_factory=list, description="Vetoes without a measure that it falls under, and why"
    )


class ObjectionRequest(Input):
    """What the appraised objects to."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"points": [{"code": "organisation", "reason": "两项岗位职责已于年初撤并"}]}
            ]
        }
    )

    points: Annotated[PointReasons, Field(min_length=1)]


class HearingRequest(Input):
    """What came of the hearing: points changed with a reason, vetoes lifted."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "heard_on": "2026-11-20",
                    "opinion": "异议成立",
                    "scores": [
                        {"code": "organisation", "points": "38.00", "reason": "经核实已撤并"}
                    ],
                }
            ]
        }
    )

    heard_on: date = Field(description="The day on which the appraised was heard")
    opinion: Prose
    scores: Scores = Field(default_factory=list)
    lifted: PointReasons = Field(default_factory=list)

    @model_validator(mode="after")
    def _reasoned(self) -> Self:
        if any(score.reason is None for score in self.scores):
            raise PydanticCustomError(
                "reason-missing", "a changed score has a reason", {"zh": "调整得分须说明理由"}
            )
        return self


class UseRequest(Input):
    """What the result was used for."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"purposes": ["appointment"], "note": "作为年度干部考核依据"}]
        }
    )

    purposes: Annotated[list[AppraisalPurpose], Field(min_length=1, max_length=5)]
    note: Prose


class AppraisalDropRequest(Input):
    """Why it is dropped."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "该单位已撤销"}]})

    reason: Prose


class AppraisalQuery(Paging):
    """Which appraisals, in which order."""

    sort: Literal["id", "-id", "updated_at", "-updated_at"] = "-id"
    state: AppraisalState | None = None
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    scheme_id: UUID | None = None
    subject_id: UUID | None = None
    year: int | None = Field(None, ge=2000, le=2100)
    appraised: Appraised | None = None
    grade: AppraisalGrade | None = None
    published_from: date | None = Field(None, description="Published on this day or later")
    published_to: date | None = Field(None, description="Published up to this day")


class RankingQuery(Paging):
    """The ranking by which scheme."""

    sort: Literal["-standing"] = "-standing"
    scheme_id: UUID


class IndicatorView(View):
    """An indicator of the scheme."""

    code: str
    name: str
    criteria: str
    weight: Points
    source: str
    measure: str | None


class ScoreView(View):
    """Points that the appraised gave itself."""

    code: str
    points: Points
    reason: str | None


class ResultView(View):
    """What an indicator earned, and why not all."""

    code: str
    name: str
    weight: Points
    points: Points
    lost: Points
    value: str | None = Field(description="The year's value, of what the system has data of")
    why: str | None = Field(description="Why points were lost")


class VetoedView(View):
    """A veto that it fell under."""

    code: str
    name: str
    why: str


class PointView(View):
    code: str
    reason: str


class ChangedView(View):
    """Points that the hearing changed."""

    code: str
    before: Points
    after: Points
    reason: str


class HearingView(View):
    """What came of the hearing."""

    heard_on: date
    opinion: str
    changed: list[ChangedView]
    lifted: list[PointView]


class UseView(View):
    """What the result was used for."""

    purposes: list[AppraisalPurpose]
    note: str
    on: date


class AppraisalView(ResourceView):
    """An appraisal (评议考核) of a subject, or of the government of a division."""

    state: AppraisalState
    allowed_actions: list[str] = Field(description="What this caller may do now")
    scheme_id: UUID
    scheme_title: str
    year: int
    appraised: Appraised
    subject_id: UUID | None = Field(description="None of a government")
    subject_name: str = Field(
        description="Of the subject, or of the division whose government it is"
    )
    organisation: str | None = Field(description="Credit code of the subject")
    division: str
    domains: list[str]
    authority: str = Field(description="Division of the body that appraises")
    indicators: list[IndicatorView]
    self_scores: list[ScoreView] | None
    self_statement: str | None
    self_scored_at: datetime | None
    results: list[ResultView] | None
    vetoed: list[VetoedView] | None
    score: Points | None
    full_score: Points
    grade: AppraisalGrade | None
    reviewed_at: datetime | None
    objection: list[PointView] | None
    hearing: HearingView | None
    published_on: date | None
    use: UseView | None
    reason: str | None = Field(description="Why it was dropped")
    due_at: datetime | None = Field(
        description="First moment too late for the appraised to score itself, or to object"
    )
    overdue: bool = Field(description="The appraised has not scored itself in time")
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: Appraisal, actor: Actor, now: datetime) -> Self:
        """The view for `actor`."""
        made = {"allowed_actions", "self_scores", "results", "objection", "overdue"}
        told: dict[str, Any] = {n: getattr(row, n) for n in cls.model_fields if n not in made}
        scores = row.self_scores
        opened = row.state == AppraisalState.OPENED
        return cls.model_validate(
            {
                **told,
                "self_scores": None
                if scores is None
                else [{"code": code, **one} for code, one in scores.items()],
                "results": row.results and [_with_loss(one) for one in row.results],
                "objection": row.objection and row.objection["points"],
                "overdue": opened and row.due_at is not None and row.due_at <= now,
                "allowed_actions": rules.allowed_actions(
                    **standing_of(row),
                    sub=actor.sub,
                    now=now,
                    permissions=permissions_towards(actor, row),
                ),
            }
        )


class RankView(View):
    """A place in the ranking, with an explanation of each point lost."""

    rank: int = Field(description="1 is the best; the same number for the same points")
    ranked: int = Field(description="How many are ranked")
    id: UUID = Field(description="Of the appraisal")
    subject_id: UUID | None = Field(description="None of a government")
    subject_name: str
    division: str
    score: Points
    full_score: Points
    grade: AppraisalGrade
    vetoed: list[VetoedView]
    lost: list[ResultView] = Field(description="The indicators that lost points")

    @classmethod
    def at(cls, row: Appraisal, rank: int, ranked: int) -> Self:
        names = ("id", "subject_id", "subject_name", "division", "score", "full_score", "grade")
        told: dict[str, Any] = {name: getattr(row, name) for name in names}
        results = [_with_loss(one) for one in row.results or []]
        lost = [one for one in results if one["lost"] > 0]
        return cls.model_validate(
            {**told, "rank": rank, "ranked": ranked, "vetoed": row.vetoed or [], "lost": lost}
        )


def _with_loss(result: dict[str, Any]) -> dict[str, Any]:
    return {**result, "lost": Decimal(result["weight"]) - Decimal(result["points"])}


def standing_of(row: Appraisal) -> dict[str, Any]:
    """What the rules ask of a row to say what may be done to it."""
    names = ("state", "due_at", "self_scored_by", "reviewed_by", "heard_by")
    return {name: getattr(row, name) for name in names}
