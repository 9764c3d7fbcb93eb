"""What was sent to people, over HTTP."""

from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict, Field

from services.notify.dispatches.rules import DispatchState
from services.notify.gateways.rules import Channel
from shared.web.schemas import View


class DispatchAttemptView(View):
    at: datetime
    duration_ms: int
    status: int | None = Field(description="What SMTP or HTTP answered, if anything did")
    error: str | None


class DispatchView(View):
    """One letter about a message, to one person, and every attempt at it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0198f3a2-7c11-7d3e-9d0a-2f6a4c1b8e55",
                    "sub": "zhao",
                    "name": "赵明",
                    "channel": "email",
                    "address": "z***@example.gov.cn",
                    "state": "sent",
                    "next_attempt_at": None,
                    "created_at": "2026-03-02T01:00:00Z",
                    "over_at": "2026-03-02T01:00:01Z",
                    "tried": [
                        {
                            "at": "2026-03-02T01:00:01Z",
                            "duration_ms": 80,
                            "status": 250,
                            "error": None,
                        }
                    ],
                }
            ]
        }
    )

    id: UUID
    sub: str
    name: str
    channel: Channel
    address: str = Field(description="Masked")
    state: DispatchState
    next_attempt_at: datetime | None = Field(description="Of what is pending")
    created_at: datetime
    over_at: datetime | None
    tried: list[DispatchAttemptView]
