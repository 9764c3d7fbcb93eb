"""Reconciliations over HTTP."""

from datetime import date, datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from services.oversight.act_reconciliations.rules import (
    LIFECYCLE,
    MOST_IDS,
    ReconciliationState,
)
from services.oversight.act_reconciliations.tables import ActReconciliation
from shared.web.paging import Paging
from shared.web.schemas import Input, Prose, ResourceView

ExternalId = Annotated[str, StringConstraints(min_length=1, max_length=100)]


class ReconciliationRequest(Input):
    """What a source has of a day: acts that began on it and were not withdrawn."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "source": "cq-spb-cg",
                    "day": "2026-03-02",
                    "count": 2,
                    "external_ids": ["CG-2026-000123", "CG-2026-000124"],
                }
            ]
        }
    )

    source: str = Field(max_length=64, description="Code of the source")
    day: date
    count: int = Field(ge=0, le=10**7)
    digest: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        None, description="SHA-256 of the ids, sorted by bytes, each with a line break behind it"
    )
    external_ids: list[ExternalId] | None = Field(
        None, max_length=MOST_IDS, description="All of them: then what is missing can be named"
    )


class ExplanationRequest(Input):
    """Why the two sides differ, and stay so."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"explanation": "系系统测试数据"}]})

    explanation: Prose


class ReconciliationsQuery(Paging):
    """Which reconciliations."""

    source: str | None = Field(None, max_length=64, description="Code of the source")
    state: ReconciliationState | None = None
    day_from: date | None = None
    day_to: date | None = None
    overdue: bool | None = None
    sort: Literal["day", "-day"] = "-day"


class ReconciliationView(ResourceView):
    """A day of a source (对账): what it has, what is here, what is missing."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01932b7a-0000-7000-8000-000000000030",
                    "version": 1,
                    "state": "differing",
                    "allowed_actions": ["explain"],
                    "source_id": "01932b7a-0000-7000-8000-000000000019",
                    "source": "cq-spb-cg",
                    "organisation": "11500228709467150P",
                    "day": "2026-03-02",
                    "told": 2,
                    "here": 1,
                    "missing": ["CG-2026-000124"],
                    "surplus": [],
                    "due_at": "2026-03-06T00:00:00+08:00",
                    "overdue": False,
                    "explanation": None,
                    "sent_by": "system:cq-spb-cg",
                    "reconciled_at": "2026-03-03T01:00:00+08:00",
                }
            ]
        }
    )

    state: ReconciliationState
    allowed_actions: list[str] = Field(description="What this caller may do now")
    source_id: UUID
    source: str = Field(description="Code of the source")
    organisation: str
    day: date = Field(description="Acts that began on it")
    told: int = Field(description="How many the source says it has")
    here: int = Field(description="How many are here that were not withdrawn")
    missing: list[str] = Field(description="Named where the source told its ids")
    surplus: list[str]
    due_at: datetime | None = Field(description="The first moment that is too late")
    overdue: bool
    explanation: str | None
    sent_by: str
    reconciled_at: datetime

    @classmethod
    def of(cls, row: ActReconciliation, permissions: frozenset[str]) -> Self:
        own = {"allowed_actions", "source", "overdue"}
        return cls(
            **{name: getattr(row, name) for name in cls.model_fields if name not in own},
            source=row.source_code,
            overdue=row.overdue_at is not None and row.state == ReconciliationState.DIFFERING,
            allowed_actions=LIFECYCLE.allowed_actions(row.state, permissions),
        )
