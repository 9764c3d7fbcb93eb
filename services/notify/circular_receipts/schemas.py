"""Who has acknowledged a circular, over HTTP."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.notify.circulars.rules import ReceiptState
from services.notify.circulars.tables import Circular, CircularRecipient
from shared.web.paging import Paging
from shared.web.schemas import View


class CircularRecipientQuery(Paging):
    """Which recipients, in the order in which they were addressed."""

    state: ReceiptState | None = None


class CircularRecipientView(View):
    """An office or body, and whether it has read and acknowledged a circular."""

    id: UUID
    role: str
    district: str | None
    township: str | None
    organisation: str | None
    state: ReceiptState
    read_at: datetime | None = Field(description="When somebody there first opened its message")
    acknowledged_at: datetime | None
    acknowledged_by: str | None = Field(description="`sub` of the person")
    acknowledged_name: str | None

    @classmethod
    def of(cls, row: CircularRecipient, read_at: datetime | None) -> Self:
        names = cls.model_fields.keys() - {"state", "read_at"}
        told = {name: getattr(row, name) for name in names}
        return cls.model_validate({**told, "state": row.state, "read_at": read_at})


class CircularShareView(View):
    district: str | None = Field(description="Absent: the city's own")
    recipients: int
    acknowledged: int


class CircularReportView(View):
    """How many of the recipients that the caller oversees have acknowledged a circular."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "circular_id": "0198f3a2-7c11-7d3e-9d0a-2f6a4c1b8e55",
                    "number": "执法监督通报〔2026〕3号",
                    "title": "关于整改逾期情况的通报",
                    "recipients": 2,
                    "acknowledged": 1,
                    "unacknowledged": 1,
                    "overdue": False,
                    "due_at": "2026-07-03T16:00:00Z",
                    "by_district": [{"district": "500106", "recipients": 2, "acknowledged": 1}],
                }
            ]
        }
    )

    circular_id: UUID
    number: str
    title: str
    recipients: int
    acknowledged: int
    unacknowledged: int
    overdue: bool = Field(description="Whether the time is over and somebody has not acknowledged")
    due_at: datetime
    by_district: list[CircularShareView]

    @classmethod
    def of(
        cls, row: Circular, shares: Sequence[tuple[str | None, int, int]], *, now: datetime
    ) -> Self:
        """`shares` are district, recipients and acknowledged of them."""
        assert row.number is not None and row.due_at is not None
        recipients, done = sum(share[1] for share in shares), sum(share[2] for share in shares)
        return cls(
            circular_id=row.id,
            number=row.number,
            title=row.title,
            recipients=recipients,
            acknowledged=done,
            unacknowledged=recipients - done,
            overdue=done < recipients and now >= row.due_at,
            due_at=row.due_at,
            by_district=[
                CircularShareView(district=district, recipients=all_, acknowledged=some)
                for district, all_, some in shares
            ],
        )
