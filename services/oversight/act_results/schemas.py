"""What became of records, over HTTP."""

from typing import Any, Self
from uuid import UUID

from pydantic import Field

from services.oversight.acts.rules import RecordOutcome
from shared.web.paging import Paging
from shared.web.schemas import View


class ResultsQuery(Paging):
    """Which results, by line."""

    outcome: RecordOutcome | None = None


class ProblemOfRecord(View):
    """What is wrong with a record, and where; never the value."""

    code: str
    field: str | None = Field(description="JSON pointer into the record", examples=["/stages/0/at"])
    detail: str


class RecordResultView(View):
    """What became of one record."""

    line: int = Field(description="Its line in what was sent, from 1; in a file its row")
    external_id: str | None
    outcome: RecordOutcome
    act_id: UUID | None
    problems: list[ProblemOfRecord]

    @classmethod
    def of(cls, told: list[Any], language: str) -> Self:
        line, external_id, outcome, act_id, problems = told
        return cls(
            line=line,
            external_id=external_id,
            outcome=outcome,
            act_id=act_id,
            problems=[
                ProblemOfRecord(code=code, field=field, detail=zh if language == "zh" else en)
                for code, field, zh, en in problems
            ],
        )
