"""Reviews of case files over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from services.oversight.case_reviews import rules
from services.oversight.case_reviews.rules import CaseReviewState, ErrorClass
from services.oversight.case_reviews.tables import CaseReview
from services.oversight.permissions import permissions_towards, supervises
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.identifiers import CreditCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.points import Points
from shared.web.schemas import Input, Line, Prose, ResourceView, View

_FILE = "01932b70-1c00-7000-8000-000000000031"


def _once(items: list[Any]) -> list[Any]:
    keys = [getattr(item, "case_file_id", item) for item in items]
    if len(set(keys)) < len(keys):
        raise PydanticCustomError("given-twice", "one is given twice", {"zh": "存在重复项"})
    return items


class CaseReviewRequest(Input):
    """The files that the body keeps, and how many of them are drawn."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "inspection_id": "01932b70-1c00-7000-8000-000000000002",
                    "title": "2026年行政处罚案卷评查",
                    "files": ["沙综执罚〔2026〕1号", "沙综执罚〔2026〕2号", "沙综执罚〔2026〕3号"],
                    "sample_size": 2,
                }
            ]
        }
    )

    inspection_id: UUID = Field(description="An inspection of files that is going on")
    title: Line
    files: Annotated[
        list[Line],
        Field(min_length=1, max_length=2_000, description="Numbers of all files, of which some"),
        AfterValidator(_once),
    ]
    sample_size: int = Field(ge=1, le=100)


class ScorerRequest(Input):
    """A person who scores."""

    sub: Line
    name: Line
    organisation: CreditCode | None = None


class CaseAssignRequest(Input):
    """Two reviewers who do not see each other's sheets, and who settles where they differ."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "reviewers": [{"sub": "li.na", "name": "李娜"}, {"sub": "wu", "name": "吴敏"}],
                    "arbiter": {"sub": "zhou", "name": "周强"},
                }
            ]
        }
    )

    reviewers: Annotated[list[ScorerRequest], Field(min_length=2, max_length=2)]
    arbiter: ScorerRequest


class FileReason(Input):
    """A file, and what is said of its score."""

    case_file_id: UUID
    reason: Prose


class CaseObjectRequest(Input):
    """What the body objects to."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"files": [{"case_file_id": _FILE, "reason": "听证告知书在副卷,已补交。"}]}
            ]
        }
    )

    files: Annotated[list[FileReason], Field(min_length=1, max_length=100), AfterValidator(_once)]


class FileAdjustment(FileReason):
    """A score that changes."""

    score: Points


class CaseDecideRequest(Input):
    """What came of the objection; scores that are not named stay."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "opinion": "异议成立",
                    "files": [
                        {"case_file_id": _FILE, "score": "100.00", "reason": "副卷有听证告知书"}
                    ],
                }
            ]
        }
    )

    opinion: Prose
    files: Annotated[list[FileAdjustment], Field(max_length=100), AfterValidator(_once)] = Field(
        default_factory=list
    )


class CaseCancelRequest(Input):
    """Why it is cancelled."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "检查任务取消"}]})

    reason: Prose


class CaseReviewQuery(Paging):
    """Which reviews, in which order."""

    sort: Literal["id", "-id", "updated_at", "-updated_at"] = "-id"
    state: CaseReviewState | None = None
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    subject_id: UUID | None = None
    inspection_id: UUID | None = None
    created_from: date | None = Field(None, description="Sampled on this day or later")
    created_to: date | None = Field(None, description="Sampled up to this day")


class ScorerView(View):
    sub: str
    name: str


class AdjustedView(View):
    """A score that the decision changed."""

    case_file_id: UUID
    before: Points
    after: Points
    reason: str


class CaseDecisionView(View):
    opinion: str
    adjusted: list[AdjustedView]


class FileReasonView(View):
    case_file_id: UUID
    reason: str


class CaseReviewView(ResourceView):
    """A review of case files (案卷评查)."""

    state: CaseReviewState
    allowed_actions: list[str] = Field(description="What this caller may do now")
    inspection_id: UUID
    subject_id: UUID
    subject_name: str
    organisation: str
    division: str
    authority: str = Field(description="Division of the reviewing body")
    title: str
    listed: int = Field(description="How many files the sample was drawn from")
    digest: str = Field(description="SHA-256 of their numbers, sorted, a line break between")
    seed: str
    sample_size: int
    weights: dict[ErrorClass, int]
    gap: int = Field(description="By how much two reviewers may differ without an arbiter")
    scorers: list[ScorerView] | None = Field(
        description="Two reviewers, then the arbiter; for the supervisors alone"
    )
    score: Points | None = Field(description="The mean of the files")
    objection: list[FileReasonView] | None
    decision: CaseDecisionView | None
    reason: str | None = Field(description="Why it was cancelled")
    due_at: datetime | None = Field(description="First moment too late for an objection")
    announced_at: datetime | None
    concluded_at: datetime | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: CaseReview, actor: Actor, now: datetime, *, recused: bool = False) -> Self:
        """The view for `actor`, who may have been `recused` from the inspection."""
        made = {"allowed_actions", "listed", "scorers", "organisation"}
        told: dict[str, Any] = {n: getattr(row, n) for n in cls.model_fields if n not in made}
        people = [*row.reviewers, *([row.arbiter] if row.arbiter else [])]
        return cls.model_validate(
            {
                **told,
                "organisation": row.uscc,
                "listed": len(row.population),
                "scorers": people if supervises(actor, row) else None,
                "allowed_actions": rules.allowed_actions(
                    state=row.state,
                    due_at=row.due_at,
                    scorers=row.scorers,
                    sub=actor.sub,
                    now=now,
                    permissions=permissions_towards(actor, row, recused=recused),
                ),
            }
        )


class SampleView(View):
    """What anybody needs to draw the sample again."""

    seed: str
    population: list[str]
    digest: str
    sampled: list[str] = Field(
        description="The numbers whose SHA-256 of seed, line break and number is lowest"
    )
