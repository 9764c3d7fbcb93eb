"""Frozen figures over HTTP."""

from datetime import date, datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.registry.coverage.rules import CoverageKind
from services.registry.figures import MEASURES
from services.registry.frozen_figures.tables import FrozenFigure
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode, Level
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, View


class FreezeRequest(Input):
    """Of which period, which is over."""

    # `from` is no name in Python; both names are never accepted.
    model_config = ConfigDict(
        validate_by_name=False,
        validate_by_alias=True,
        json_schema_extra={"examples": [{"from": "2022-06-17", "to": "2022-10-31"}]},
    )

    first: date = Field(alias="from", description="First legal day (Asia/Shanghai)")
    last: date = Field(alias="to", description="Last day of it")


class FrozenView(View):
    """What was frozen."""

    first: date = Field(alias="from")
    last: date = Field(alias="to")
    divisions: int = Field(description="How many divisions there were, one row each")
    city_id: UUID = Field(description="The row of the whole city")


class FrozenMeasureView(View):
    """A number as it stood."""

    measure: str
    label: str = Field(description="What is counted, in Chinese")
    unit: str
    value: int
    previous: int = Field(description="As of `figures` when it was frozen")


class FrozenCoverageView(View):
    """A coverage as it stood on the last day."""

    kind: CoverageKind
    label: str
    numerator: int
    denominator: int


class FrozenFigureView(View):
    """What was counted for a division in a period, as far as the caller may read the rows."""

    id: UUID
    division: str
    level: Level
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    figures: list[FrozenMeasureView]
    coverages: list[FrozenCoverageView] = Field(description="五个全覆盖, on the last day")
    frozen_at: datetime
    frozen_by: str

    @classmethod
    def of(cls, row: FrozenFigure, actor: Actor) -> Self:
        figures = [
            FrozenMeasureView(
                measure=one.key, label=one.label, unit=one.unit, **row.figures[one.key]
            )
            for one in MEASURES
            # What is counted since was not when this was frozen.
            if one.key in row.figures and actor.may(one.permission)
        ]
        kinds = [kind for kind in CoverageKind if actor.may("coverage:read")]
        coverages = [
            FrozenCoverageView(kind=kind, label=kind.label, **row.coverages[kind])
            for kind in kinds
            if kind in row.coverages
        ]
        return cls.model_validate(
            {
                "id": row.id,
                "division": row.division,
                "level": row.level,
                "from": row.first_day,
                "to": row.last_day,
                "figures": figures,
                "coverages": coverages,
                "frozen_at": row.frozen_at,
                "frozen_by": row.frozen_by,
            }
        )


class FrozenFigureQuery(Paging):
    """Which frozen figures, in which order."""

    sort: Literal["id", "-id"] = "-id"
    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )
    direct: Direct = False
    level: Level | None = None
    last_day_from: date | None = Field(
        default=None, description="Of periods that end on this day or later"
    )
    last_day_to: date | None = Field(default=None, description="Of periods that end up to this day")
