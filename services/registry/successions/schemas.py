"""What a split subject left behind, over HTTP."""

from typing import Annotated
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from shared.web.schemas import Input, View


class SuccessionRequest(Input):
    """Which of the powers left come to which subject, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "successor_id": "019ab3a0-0000-7000-8000-000000000001",
                    "power_ids": ["019ab3a0-0000-7000-8000-000000000002"],
                    "reason": "按三定方案承接",
                }
            ]
        }
    )

    successor_id: UUID = Field(description="A published one; of a split subject, a successor")
    power_ids: list[UUID] = Field(min_length=1, max_length=200)
    reason: Annotated[str, StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True)]


class SuccessionView(View):
    """How far the powers of a subject that has ended are assigned."""

    subject_id: UUID
    assigned: int = Field(description="How many were assigned now")
    unassigned: int = Field(description="How many are left: `GET /powers?unassigned=true`")
