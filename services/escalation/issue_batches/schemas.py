"""What comes in and goes out over HTTP when several issues are acted on at once."""

from uuid import UUID

from pydantic import ConfigDict, Field

from shared.vocabulary import Term
from shared.web.schemas import Input, Prose, View


class BatchAction(Term):
    TRIAGE = "triage", "受理"
    APPROVE = "approve", "批准上报"
    URGE = "urge", "督办"
    EXTEND = "extend", "延期"
    RETURN = "return", "退回"
    CLOSE = "close", "办结"


class BatchRequest(Input):
    """One action on several issues."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "action": "urge",
                    "issue_ids": ["01932b6e-8f00-7000-8000-000000000001"],
                    "reason": "请于本周内答复",
                }
            ]
        }
    )

    action: BatchAction
    issue_ids: list[UUID] = Field(min_length=1, max_length=100)
    reason: Prose = Field(description="Why; put in the history of each where the action has one")


class BatchResult(View):
    """What became of one issue."""

    issue_id: UUID
    done: bool
    state: str | None = Field(None, description="After it, if it was done")
    code: str | None = Field(None, description="Why not")
    detail: str | None = Field(None, description="The same for people")


class BatchView(View):
    """What became of each, in the order they came in."""

    done: int
    refused: int
    results: list[BatchResult]
