"""Annual statistics over HTTP."""

from datetime import date, datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field
from pydantic.config import JsonDict

from services.oversight.annual_statistics.rules import (
    AnnualStatisticsState,
    allowed_actions,
)
from services.oversight.annual_statistics.tables import AnnualStatistics
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Prose, ResourceView, View

_TABLE: JsonDict = {
    "key": "penalty",
    "title": "行政处罚实施情况",
    "columns": [{"key": "fine", "label": "罚款", "under": None, "money": False}],
    "total": {"fine": 120},
    "bodies": [
        {
            "organisation": "11500228709467150P",
            "name": "沙坪坝区小龙坎街道办事处",
            "division": "500106001",
            "values": {"fine": 12},
        }
    ],
}
_EXAMPLE: JsonDict = {
    "id": "01932b7a-0000-7000-8000-000000000061",
    "version": 3,
    "division": "500106",
    "year": 2025,
    "edition": 1,
    "state": "published",
    "allowed_actions": [],
    "digest": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
    "note": None,
    "reason": None,
    "due_on": "2026-01-31",
    "overdue": False,
    "compiled_by": "zhao",
    "compiled_at": "2026-01-12T09:00:00+08:00",
    "confirmed_by": "qian",
    "confirmed_at": "2026-01-14T09:00:00+08:00",
    "published_by": "qian",
    "published_on": "2026-01-15",
}


class CompileRequest(Input):
    """Of which division and year."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"division": "500106", "year": 2025}]}
    )

    division: DivisionCode
    year: int = Field(ge=1970, le=2099)
    note: Prose | None = Field(None, description="What it corrects, once the year was published")


class ReturnStatisticsRequest(Input):
    """Why."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"reason": "罚没金额与财政口径不符"}]}
    )

    reason: Prose


class AnnualStatisticsQuery(Paging):
    """Which."""

    state: AnnualStatisticsState | None = None
    year: int | None = Field(None, ge=1970, le=2099)
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    sort: Literal["id", "-id"] = "-id"


class PublicStatisticsQuery(Paging):
    """Which."""

    year: int | None = Field(None, ge=1970, le=2099)
    division: DivisionCode | None = Field(None, description="Of this division itself")
    sort: Literal["id", "-id"] = "-id"


class AnnualStatisticsSummary(ResourceView):
    """Annual statistics and how far they are."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    division: str
    year: int
    edition: int
    state: AnnualStatisticsState
    allowed_actions: list[str] = Field(description="What this caller may do now")
    digest: str = Field(description="SHA-256 of what they say")
    note: str | None
    reason: str | None
    due_on: date
    overdue: bool = Field(description="Not published, and the last day is over")
    compiled_by: str
    compiled_at: datetime
    confirmed_by: str | None
    confirmed_at: datetime | None
    published_by: str | None
    published_on: date | None

    @classmethod
    def of(cls, row: AnnualStatistics, actor: Actor, *, in_charge: bool, today: date) -> Self:
        return cls(**cls._given(row, actor, in_charge=in_charge, today=today))

    @classmethod
    def _given(
        cls, row: AnnualStatistics, actor: Actor, *, in_charge: bool, today: date
    ) -> dict[str, Any]:
        permissions = actor.permissions if in_charge else frozenset[str]()
        made = {
            "allowed_actions": allowed_actions(
                row.state, permissions, sub=actor.sub, compiled_by=row.compiled_by
            ),
            "overdue": row.published_on is None and today > row.due_on,
        }
        given = {name: getattr(row, name) for name in cls.model_fields if name not in made}
        return {**given, **made}


class AnnualStatisticsView(AnnualStatisticsSummary):
    """The same with the tables."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{**_EXAMPLE, "content": {"tables": [_TABLE]}}]}
    )

    content: dict[str, Any] = Field(
        description="As it was compiled: `tables` with `columns`, `total` and `bodies`; a value is"
        " a number, money (yuan) or per cent as text, or null for 无相关职责"
    )


class PublicStatisticsView(View):
    """Statistics that were published."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01932b7a-0000-7000-8000-000000000061",
                    "division": "500106",
                    "division_name": "沙坪坝区",
                    "year": 2025,
                    "edition": 1,
                    "digest": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
                    "note": None,
                    "published_on": "2026-01-15",
                    "content": {"tables": [_TABLE]},
                }
            ]
        }
    )

    id: UUID
    division: str
    division_name: str
    year: int
    edition: int
    digest: str
    note: str | None
    published_on: date
    content: dict[str, Any] = Field(description="`tables` with `columns`, `total` and `bodies`")

    @classmethod
    def of(cls, row: AnnualStatistics) -> Self:
        given = {name: getattr(row, name) for name in cls.model_fields if name != "division_name"}
        return cls(**given, division_name=row.content["division_name"])
