"""Drawn case files over HTTP."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.oversight.case_files import rules
from services.oversight.case_files.rules import SCORE, CaseFileState, SheetRole
from services.oversight.case_files.tables import CaseFile, CaseSheet
from services.oversight.case_reviews.rules import ErrorClass
from services.oversight.case_reviews.tables import CaseReview
from services.oversight.findings.rules import Severity
from services.oversight.inspections.rules import FOUND_IN
from services.oversight.inspections.tables import Inspection
from services.oversight.permissions import permissions_towards
from shared.access.actor import Actor
from shared.web.paging import Paging
from shared.web.points import Points
from shared.web.schemas import Input, Line, Prose, ResourceView, View


class FileError(Input):
    """An error in a file, and what it costs."""

    error_class: ErrorClass
    points: Points
    description: Prose


class SheetRequest(Input):
    """A sheet (评查表): errors; the score is what the classes weigh less what errors cost."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "errors": [
                        {
                            "error_class": "procedure",
                            "points": "5.00",
                            "description": "未告知听证权利",
                        }
                    ],
                    "opinion": "程序有瑕疵,不影响处理结果。",
                }
            ]
        }
    )

    errors: Annotated[list[FileError], Field(max_length=100)] = Field(default_factory=list)
    opinion: Prose


class RaiseRequest(Input):
    """The finding to be made of a file's errors."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"code": "single-officer", "description": "询问笔录显示仅一名执法人员在场。"}
            ]
        }
    )

    code: Line = Field(description="Of the code book: `GET /oversight/v1/finding-codes`")
    description: Prose
    severity: Severity | None = Field(None, description="The code's own if left out")
    officer_id: UUID | None = Field(None, description="An officer of the subject")


class CaseFileQuery(Paging):
    """Which files."""

    sort: Literal["id", "-id"] = "id"
    state: CaseFileState | None = None
    case_review_id: UUID | None = None


class ErrorView(View):
    error_class: ErrorClass
    points: Points
    description: str


class SheetView(View):
    """A sheet; its author is known by the role alone to whom it is not their own."""

    role: SheetRole
    own: bool
    errors: list[ErrorView]
    score: Points
    opinion: str
    handed_in_at: datetime


class CaseFileView(ResourceView):
    """A file that was drawn."""

    state: CaseFileState
    allowed_actions: list[str] = Field(description="What this caller may do now")
    case_review_id: UUID
    subject_id: UUID
    subject_name: str
    division: str
    number: str
    score: Points | None = Field(description="Once it is settled")
    errors: list[ErrorView] = Field(description="Once it is settled")
    sheets: list[SheetView] = Field(
        description="One's own; the others' once both reviewers have handed theirs in,"
        " and for the supervisors alone"
    )
    finding_id: UUID | None
    created_at: datetime
    updated_at: datetime

    @classmethod
    def of(
        cls,
        row: CaseFile,
        review: CaseReview,
        inspection: Inspection,
        sheets: Sequence[CaseSheet],
        actor: Actor,
    ) -> Self:
        """The view for `actor`; `sheets` are those of the file."""
        made = {"allowed_actions", "case_review_id", "sheets"}
        told: dict[str, Any] = {n: getattr(row, n) for n in cls.model_fields if n not in made}
        recused = inspection.recused(actor.sub)
        allowed = permissions_on(actor, row, review.scorers, recused=recused)
        blind = row.state == CaseFileState.SAMPLED or SCORE not in allowed
        seen = [one for one in sheets if one.scorer == actor.sub or not blind]
        return cls.model_validate(
            {
                **told,
                "case_review_id": row.review_id,
                "sheets": [_sheet(one, actor) for one in seen],
                "allowed_actions": rules.allowed_actions(
                    state=row.state,
                    review=review.state,
                    errors=len(row.errors),
                    reviewers=[one["sub"] for one in review.reviewers],
                    arbiter=review.arbiter["sub"] if review.arbiter else None,
                    handed_in=any(one.scorer == actor.sub for one in sheets),
                    findable=inspection.state in FOUND_IN,
                    sub=actor.sub,
                    permissions=allowed,
                ),
            }
        )


def permissions_on(
    actor: Actor, row: CaseFile, scorers: Collection[str], *, recused: bool
) -> frozenset[str]:
    """What the caller may do to a file; one of its `scorers` scores it from wherever they are.

    `recused` says that the caller was taken off the inspection.
    """
    allowed = permissions_towards(actor, row, recused=recused)
    named = not recused and actor.sub in scorers and actor.organisation != row.credit_code
    return allowed | (actor.permissions & {SCORE}) if named else allowed


def _sheet(sheet: CaseSheet, actor: Actor) -> dict[str, Any]:
    names = ("role", "errors", "score", "opinion", "handed_in_at")
    return {**{n: getattr(sheet, n) for n in names}, "own": sheet.scorer == actor.sub}
