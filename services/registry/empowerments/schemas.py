"""Empowerments over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from services.registry.empowerments.rules import (
    EmpowermentResult,
    EmpowermentState,
    Side,
    allowed_actions,
)
from services.registry.empowerments.tables import Empowerment
from services.registry.subjects.rules import Domain
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.past import AsOf
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View


def _each_once(items: list[Any]) -> list[Any]:
    return list(dict.fromkeys(items))


Reason = Annotated[
    str,
    StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True),
    Field(description="Kept, and shown to both sides", examples=["承接后办案量不足"]),
]
Basis = Annotated[
    list[Line],
    Field(min_length=1, max_length=50, description="Articles that it rests on"),
    AfterValidator(_each_once),
]
DoneOn = Annotated[date | None, Field(description="Today if left out")]


class DecisionRequest(Input):
    """The provincial decision (赋权决定), which is public."""

    decision_no: Line = Field(examples=["渝府令〔2026〕1号"])
    decided_by: Line = Field(
        description="The government at provincial level, or whom it let decide",
        examples=["重庆市人民政府"],
    )
    decided_on: date
    published_on: date
    published_in: Line


class EmpowermentRequest(Input):
    """A power to be handed down to a township."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "power_id": "019ab3a0-0000-7000-8000-000000000002",
                    "subject_id": "019ab3a0-0000-7000-8000-000000000001",
                    "decision": {
                        "decision_no": "渝府令〔2026〕1号",
                        "decided_by": "重庆市人民政府",
                        "decided_on": "2026-05-20",
                        "published_on": "2026-06-01",
                        "published_in": "重庆市人民政府公报",
                    },
                    "basis": ["《中华人民共和国行政处罚法》第二十四条"],
                    "effective_on": "2027-01-01",
                }
            ]
        }
    )

    power_id: UUID = Field(description="Of a district's body, in force, and allowed to townships")
    subject_id: UUID = Field(description="The published subject of the township")
    decision: DecisionRequest
    basis: Basis
    effective_on: date = Field(description="The first day; never before the decision is public")


def _not_sent() -> DecisionRequest:
    never = date.min
    return DecisionRequest.model_construct(
        decision_no="",
        decided_by="",
        decided_on=never,
        published_on=never,
        published_in="",
    )


class EmpowermentPatch(Input):
    """Fields of a proposal to change; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"effective_on": "2027-03-01"}]})

    # The factories only make the fields optional: what was not sent is never looked at.
    decision: DecisionRequest = Field(default_factory=_not_sent)
    basis: Basis = Field(default_factory=list)
    effective_on: date = Field(default_factory=lambda: date.min)


class CapacityRequest(Input):
    """What the legal office found in the township; the certified officers are counted here."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"equipment": True, "premises": True, "opinion": "能够有效承接"}]
        }
    )

    equipment: bool
    premises: bool
    opinion: Prose


class TrainRequest(Input):
    """The training that the township's officers had for the power."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"topic": "占道经营案件办理", "hours": 16, "participants": 6}]
        }
    )

    topic: Line
    hours: int = Field(ge=1, le=10_000)
    participants: int = Field(ge=1, le=100_000)
    held_on: DoneOn = None


class CasesRequest(Input):
    """Running cases (在办案件) that change hands: how many, and where they are listed."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"cases": 3, "list_ref": "移交清单〔2026〕2号"}]}
    )

    cases: int = Field(ge=0, le=1_000_000)
    list_ref: Line | None = Field(default=None, description="Needed where there are any")
    on: DoneOn = None

    @model_validator(mode="after")
    def _listed(self) -> Self:
        if self.cases and self.list_ref is None:
            raise PydanticCustomError(
                "cases-not-listed",
                "running cases are handed over by a list: give its reference",
                {"zh": "移交在办案件须附清单编号"},
            )
        return self


class TakeOverRequest(Input):
    """The township confirms."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})

    on: DoneOn = None


class EmpowermentEvaluateRequest(Input):
    """What the yearly evaluation came to."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"result": "keep", "report": "全年办案32件,无撤销"}]}
    )

    result: EmpowermentResult
    report: Prose
    measures: Prose | None = Field(default=None, description="What is adjusted; needed for that")

    @model_validator(mode="after")
    def _told(self) -> Self:
        if self.result is EmpowermentResult.ADJUST and self.measures is None:
            raise PydanticCustomError(
                "measures-missing",
                "an adjustment says what is adjusted",
                {"zh": "评估结果为调整的,须说明调整措施"},
            )
        return self


class WithdrawRequest(CasesRequest):
    """Why the power is taken back (收回), and the running cases that go back with it."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "承接后办案量不足", "cases": 0}]}
    )

    reason: Reason


class ReasonRequest(Input):
    """Why."""

    reason: Reason


class DecisionView(View):
    """The provincial decision."""

    decision_no: str
    decided_by: str
    decided_on: date
    published_on: date
    published_in: str


class CapacityView(View):
    """What was found in the township."""

    certified_officers: int = Field(description="As counted in the registry that day")
    required: int
    equipment: bool
    premises: bool
    opinion: str
    checked_on: date


class TrainingView(View):
    """The training for the power."""

    topic: str
    hours: int
    participants: int
    held_on: date


class CasesView(View):
    """Running cases that changed hands."""

    cases: int
    list_ref: str | None
    on: date


class EmpowermentEvaluationView(View):
    """The last evaluation."""

    result: EmpowermentResult
    report: str
    measures: str | None
    evaluated_on: date


class EmpowermentView(ResourceView):
    """An empowerment."""

    power_id: UUID
    grantor_id: UUID
    grantor_organisation: str = Field(description="Credit code of the district's body")
    subject_id: UUID = Field(description="The township's subject")
    organisation: str = Field(description="Credit code of the township's subject")
    division: str
    domains: list[Domain]
    decision: DecisionView
    basis: list[str]
    effective_on: date = Field(description="The first day, unless the preparations take longer")
    capacity: CapacityView | None
    training: TrainingView | None
    handover: CasesView | None = Field(description="As the district's body handed them over")
    taken_over_on: date | None = Field(description="When the township confirmed")
    began_on: date | None = Field(description="The first day on which the township had the power")
    evaluation: EmpowermentEvaluationView | None
    handback: CasesView | None = Field(description="What went back as the power was taken back")
    state: EmpowermentState
    since: date = Field(description="The day from which this is true as it stands")
    reason: str | None = Field(description="Why it was taken back or dropped")
    due_at: datetime | None = Field(description="First moment too late for the next evaluation")
    overdue: bool
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this, `change` is PATCH"
    )

    @classmethod
    def of(
        cls,
        row: Empowerment,
        actor: Actor,
        *,
        now: datetime,
        sides: frozenset[Side] = frozenset(),
        capable: bool = False,
        past: bool = False,
    ) -> Self:
        """The view of an empowerment for `actor`, who is in charge of `sides`; nothing can be done
        to what is past.

        `capable` is needed where the capacity is to be checked.
        """
        made = {"decision", "due_at", "overdue", "allowed_actions"}
        told: dict[str, Any] = {n: getattr(row, n) for n in cls.model_fields if n not in made}
        due = None if past else row.evaluation_due_at
        actions: list[str] = []
        if not past:
            actions = allowed_actions(
                state=row.state,
                permissions=actor.permissions,
                caller=actor.sub,
                sides=sides,
                authors=row.authors,
                capable=capable,
                handed_by=row.handed_by,
            )
        return cls.model_validate(
            {
                **told,
                "decision": {
                    "decision_no": row.decision_no,
                    "decided_by": row.decided_by,
                    "decided_on": row.decided_on,
                    "published_on": row.decision_published_on,
                    "published_in": row.decision_published_in,
                },
                "due_at": due,
                "overdue": due is not None and due <= now,
                "allowed_actions": actions,
            }
        )


class EmpowermentQuery(Paging):
    """Which empowerments, in which order."""

    sort: Literal["id", "-id", "effective_on", "-effective_on", "updated_at", "-updated_at"] = "-id"
    state: EmpowermentState | None = None
    power_id: UUID | None = None
    grantor_id: UUID | None = None
    subject_id: UUID | None = Field(default=None, description="A township's subject")
    domain: Domain | None = None
    division: DivisionCode | None = Field(
        default=None, description="Townships of this division, or this one"
    )
    overdue: bool | None = Field(default=None, description="Whether the evaluation is overdue")
    as_of: AsOf = None
