"""Evaluations over HTTP."""

from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints
from pydantic.types import JsonValue
from pydantic_core import PydanticCustomError

from services.oversight.evaluations.rules import EvaluationGrade, EvaluationState, allowed_actions
from services.oversight.evaluations.tables import Evaluation
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.identifiers import CreditCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.points import Points
from shared.web.schemas import Input, Line, Prose, ResourceView, View

_CRITERIA: list[JsonValue] = [
    {"code": "system", "name": "工作体系", "weight": "60.00"},
    {"code": "results", "name": "监督成效", "weight": "40.00"},
]
_CO: list[JsonValue] = [
    {"organisation": "11500228709467150P", "name": "市委编办", "weight": "20.00"}
]


def _once(items: list[Any]) -> list[Any]:
    keys = [getattr(item, "code", None) or item.organisation for item in items]
    if len(set(keys)) < len(keys):
        raise PydanticCustomError("given-twice", "one is given twice", {"zh": "存在重复项"})
    return items


class CriterionRequest(Input):
    """What is evaluated, and its points."""

    code: Annotated[
        str, StringConstraints(pattern=r"^[a-z][a-z0-9-]{0,39}$"), Field(examples=["system"])
    ]
    name: Line
    weight: Points


class CoEvaluatorRequest(Input):
    """A body that evaluates together with the Bureau (会同有关部门)."""

    organisation: CreditCode = Field(description="Its users give its scores")
    name: Line
    weight: Points


Criteria = Annotated[
    list[CriterionRequest], Field(min_length=1, max_length=50), AfterValidator(_once)
]
CoEvaluators = Annotated[
    list[CoEvaluatorRequest], Field(min_length=1, max_length=20), AfterValidator(_once)
]


class EvaluationRequest(Input):
    """The scheme of an evaluation: criteria, and whose scores weigh how much."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "programme_id": "01932b70-1c00-7000-8000-000000000051",
                    "division": "500106",
                    "title": "沙坪坝区试点工作评估",
                    "criteria": _CRITERIA,
                    "pilot_weight": "20.00",
                    "bureau_weight": "60.00",
                    "co_evaluators": _CO,
                }
            ]
        }
    )

    programme_id: UUID
    division: DivisionCode = Field(description="A pilot, by the code by which it takes part")
    title: Line
    criteria: Criteria
    pilot_weight: Points = Field(description="Of the pilot's own evaluation")
    bureau_weight: Points
    co_evaluators: CoEvaluators


class EvaluationPatch(Input):
    """Fields of a draft to change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"criteria": _CRITERIA}]})

    # The factories only make the fields optional: what was not sent is never looked at.
    title: Line = Field(default_factory=str)
    criteria: Criteria = Field(default_factory=list)


class CriterionPoints(Input):
    code: Line
    points: Points


class EvaluationScoreRequest(Input):
    """The scores and the opinion of the caller's body."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "scores": [
                        {"code": "system", "points": "55.00"},
                        {"code": "results", "points": "36.00"},
                    ],
                    "opinion": "体系健全,成效明显。",
                }
            ]
        }
    )

    scores: Annotated[list[CriterionPoints], Field(max_length=50), AfterValidator(_once)]
    opinion: Prose


class CompleteRequest(Input):
    """What it comes to, in words."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"conclusion": "建议全市推广"}]})

    conclusion: Prose


class EvaluationReason(Input):
    """Why it is cancelled."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "方案调整"}]})

    reason: Prose


class EvaluationQuery(Paging):
    """Which evaluations, in which order."""

    sort: Literal["id", "-id", "updated_at", "-updated_at"] = "-id"
    state: EvaluationState | None = None
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    programme_id: UUID | None = None
    created_from: date | None = Field(None, description="Drafted on this day or later")
    created_to: date | None = Field(None, description="Drafted up to this day")
    completed_from: date | None = Field(None, description="Completed on this day or later")
    completed_to: date | None = Field(None, description="Completed up to this day")


class CriterionView(View):
    code: str
    name: str
    weight: Points
    mean: Points | None = Field(description="By the weights of all, once it is completed")


class EntryView(View):
    """What an evaluator gave."""

    scores: dict[str, Points]
    sum: Points
    opinion: str
    on: date


class EvaluatorView(View):
    """Somebody who gives scores."""

    key: str = Field(description="`pilot`, `bureau`, or a credit code")
    name: str
    weight: Points
    given: bool
    entry: EntryView | None = Field(
        description="One's own, and all once it is completed; the Bureau sees them at once"
    )


class EvaluationView(ResourceView):
    """An evaluation of a pilot (试点评估)."""

    programme_id: UUID
    programme_title: str
    division: str
    title: str
    criteria: list[CriterionView]
    evaluators: list[EvaluatorView]
    state: EvaluationState
    score: Points | None = Field(description="The sums of all by their weights")
    grade: EvaluationGrade | None
    conclusion: str | None
    completed_on: date | None
    reason: str | None = Field(description="Why it was cancelled")
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this, `change` is PATCH"
    )

    @classmethod
    def of(
        cls, row: Evaluation, actor: Actor, *, key: str | None, organiser: bool, total: Decimal
    ) -> Self:
        """The view for `actor`, who speaks for the evaluator `key`, or organises it."""
        made = {"allowed_actions", "criteria", "evaluators"}
        told: dict[str, Any] = {n: getattr(row, n) for n in cls.model_fields if n not in made}
        all_of_it = organiser or row.state == EvaluationState.COMPLETED
        evaluators = [
            {
                **one,
                "given": one["key"] in row.entries,
                "entry": row.entries.get(one["key"]) if all_of_it or one["key"] == key else None,
            }
            for one in row.evaluators
        ]
        means = row.means or {}
        return cls.model_validate(
            {
                **told,
                "criteria": [{**one, "mean": means.get(one["code"])} for one in row.criteria],
                "evaluators": evaluators,
                "allowed_actions": allowed_actions(
                    state=row.state,
                    permissions=actor.permissions,
                    key=key,
                    authors=row.authors,
                    criteria=row.criteria,
                    evaluators=row.evaluators,
                    given=row.entries,
                    total=total,
                    sub=actor.sub,
                ),
            }
        )
