"""What goes out about duties over HTTP, and how a list of them is asked for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import AwareDatetime, ConfigDict, Field

from services.notify.duties.tables import Duty
from services.notify.messages.rules import Kind, Reach, Urgency
from shared.access.actor import Role
from shared.web.paging import Paging
from shared.web.schemas import View

EXAMPLE: dict[str, Any] = {
    "id": "0198f3a2-7c11-7d3e-9d0a-2f6a4c1b8e55",
    "name": "rectification",
    "kind": "rectification",
    "urgency": "important",
    "title": "待整改:某镇人民政府 停止无证执法",
    "link": "/oversight/v1/rectifications/0198f39f-10aa-7b1c-8f43-5b1d9f0e7a21",
    "event": "oversight.rectification.ordered.v1",
    "caused_by": "0198f3a2-7b02-70aa-b0a4-0f2a77c01d42",
    "opened_at": "2022-07-01T09:30:00Z",
    "due_at": "2022-07-31T16:00:00Z",
    "overdue": False,
    "reach": "township",
    "role": "township_enforcement",
    "district": "500112",
    "township": "500112001",
    "organisation": None,
    "done_at": None,
    "closing_event": None,
}


class DutyQuery(Paging):
    """Which duties; what is due first stands first, what has no date last."""

    kind: Kind | None = None
    urgency: Urgency | None = None
    overdue: bool | None = None
    due_before: AwareDatetime | None = Field(
        default=None, description="Due earlier than this", examples=["2022-08-01T00:00:00+08:00"]
    )
    done: bool = Field(default=False, description="What is done, instead of what is to be done")


class DutyView(View):
    """What somebody has to do (待办)."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: UUID
    name: str = Field(description="Which duty it is, the same for all things of a sort")
    kind: Kind
    urgency: Urgency
    title: str
    link: str = Field(description="Where it is done, behind the same gateway")
    event: str = Field(description="Type of the fact that opened it")
    caused_by: UUID = Field(description="Id of that fact")
    opened_at: datetime
    due_at: datetime | None
    overdue: bool
    reach: Reach
    role: Role | None = Field(description="Whose it is; absent: one person's")
    district: str | None
    township: str | None
    organisation: str | None = Field(description="Credit code, where it is one body's")
    done_at: datetime | None
    closing_event: str | None = Field(description="Type of the fact by which it was done")

    @classmethod
    def of(cls, row: Duty, *, now: datetime) -> Self:
        overdue = row.done_at is None and row.due_at is not None and row.due_at <= now
        told = {name: getattr(row, name, None) for name in cls.model_fields}
        return cls.model_validate({**told, "overdue": overdue})


class DutyCountView(View):
    total: int
    overdue: int = Field(description="Of these")


class DutyCountsView(View):
    """How much there is to be done."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "total": 3,
                    "overdue": 1,
                    "by_kind": {
                        "issue": {"total": 2, "overdue": 1},
                        "rectification": {"total": 1, "overdue": 0},
                    },
                }
            ]
        }
    )

    total: int
    overdue: int
    by_kind: dict[Kind, DutyCountView] = Field(description="The kinds that have any")

    @classmethod
    def of(cls, counts: Mapping[Kind, tuple[int, int]]) -> Self:
        """`counts` are how many are open and how many of them overdue, by kind."""
        return cls(
            total=sum(count[0] for count in counts.values()),
            overdue=sum(count[1] for count in counts.values()),
            by_kind={
                kind: DutyCountView(total=all_, overdue=late)
                for kind, (all_, late) in sorted(counts.items())
            },
        )
