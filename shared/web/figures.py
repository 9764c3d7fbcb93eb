"""`GET /<service>/v1/figures`: the figures of a service, and which there are."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import ConfigDict, Field, create_model

from shared.access.actor import Actor, May
from shared.clock import today
from shared.db import Reading
from shared.figures import (
    Bucket,
    Count,
    Figure,
    Group,
    Interval,
    Measure,
    Period,
    PlaceNotOfMeasure,
    figure,
    interval_of,
)
from shared.law.divisions import DivisionCode
from shared.refusals import Forbidden
from shared.web import router as router_of
from shared.web.schemas import Input, View

Kind = Literal["in_period", "as_of_end"]

DAYS = 30
"""How long the period is when only its end is given, or nothing."""


class DimensionView(View):
    key: str
    labels: dict[str, str] = Field(description="Chinese labels of the keys, where they are fixed")


class MeasureView(View):
    """What can be counted."""

    key: str
    label: str = Field(description="What is counted, in Chinese")
    unit: str
    kind: Kind = Field(
        description="`in_period`: what happened in the period. `as_of_end`: what is, at its end"
    )
    dimensions: list[DimensionView] = Field(description="What it may be grouped `by`")
    behind: str = Field(description="Path of the list that shows what stands behind its numbers")


class FigureQuery(Input):
    """Which figure."""

    # `from` is no name in Python; both names are never accepted.
    model_config = ConfigDict(validate_by_name=False, validate_by_alias=True)

    by: str | None = Field(
        default=None, max_length=50, description="One of the measure's dimensions"
    )
    first: date | None = Field(
        default=None,
        alias="from",
        description=f"First legal day (Asia/Shanghai); {DAYS} days up to `to` if left out",
    )
    last: date | None = Field(default=None, alias="to", description="Last day; today if left out")
    interval: Interval | None = Field(
        default=None, description="Of the trend; one that suits the length if left out"
    )
    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )


class CountView(View):
    """A number and what it is compared with."""

    value: int
    previous: int = Field(
        description="In the period of the same length before; as of the day before the period"
        " for what is counted at its end"
    )
    change: int
    change_ratio: float | None = Field(description="Of the previous; null where that is 0")
    behind: str = Field(description="Path and query of the list of exactly the rows counted")

    @staticmethod
    def told(count: Count) -> dict[str, Any]:
        change = count.value - count.previous
        return {
            "value": count.value,
            "previous": count.previous,
            "change": change,
            "change_ratio": round(change / count.previous, 4) if count.previous else None,
            "behind": count.behind,
        }


class BucketView(View):
    """A part of the period."""

    first: date = Field(alias="from")
    last: date = Field(alias="to")
    value: int
    behind: str

    @classmethod
    def of(cls, bucket: Bucket) -> "BucketView":
        return cls.model_validate(
            {
                "from": bucket.period.first,
                "to": bucket.period.last,
                "value": bucket.value,
                "behind": bucket.behind,
            }
        )


class GroupView(CountView):
    key: str
    label: str = Field(description="Chinese, where there is one")

    @classmethod
    def of(cls, group: Group) -> "GroupView":
        return cls(key=group.key, label=group.label, **cls.told(group.counted))


class FigureView(CountView):
    """A measure in a period."""

    measure: str
    label: str
    unit: str
    kind: Kind
    first: date = Field(alias="from")
    last: date = Field(alias="to")
    interval: Interval
    trend: list[BucketView] = Field(description="The period in order, without gaps")
    by: str | None
    groups: list[GroupView] = Field(
        description="The largest first; what has no value for the dimension is in none"
    )

    @classmethod
    def of(
        cls, measure: Measure, period: Period, interval: Interval, by: str | None, figure: Figure
    ) -> "FigureView":
        return cls.model_validate(
            {
                **cls.told(figure.total),
                "measure": measure.key,
                "label": measure.label,
                "unit": measure.unit,
                "kind": _kind(measure),
                "from": period.first,
                "to": period.last,
                "interval": interval,
                "trend": [BucketView.of(bucket) for bucket in figure.trend],
                "by": by,
                "groups": [GroupView.of(group) for group in figure.groups],
            }
        )


def routes(service: str, measures: Sequence[Measure]) -> APIRouter:
    """The router of a service's figures."""
    api = router_of(f"/{service}/v1/figures", "figures")
    table = {measure.key: measure for measure in measures}
    # Listed in the document, as every other enumeration is.
    keys: Any = Literal[tuple(table)]
    asked = create_model(
        "FigureQuery",
        __base__=FigureQuery,
        measure=(keys, Field(description="What is counted")),
    )

    @api.get("/measures")
    async def list_measures(actor: Annotated[Actor, May("figure:read")]) -> list[MeasureView]:
        """What can be counted (统计指标), as far as the caller may read the rows behind it."""
        return [_view(m) for m in measures if actor.may(m.permission)]

    async def read_figure(
        session: Reading,
        actor: Annotated[Actor, May("figure:read")],
        query: Any,
    ) -> FigureView:
        """A figure (统计数据): total, the period before, a trend, and groups.

        Of what the caller may see, and nothing else. Each number names in `behind` the list of
        exactly the rows that were counted.
        """
        chosen = table[query.measure]
        if not actor.may(chosen.permission):
            raise Forbidden(permission=chosen.permission)
        if query.division is not None and not chosen.placed:
            raise PlaceNotOfMeasure(measure=chosen.key)
        by = None if query.by is None else chosen.dimension(query.by)
        last = query.last or today(session)
        first = query.first or min(last, last - timedelta(DAYS - 1))
        period = Period(first, last)
        interval = interval_of(period, query.interval)
        found = await figure(
            session, actor, chosen, period, interval=interval, by=by, division=query.division
        )
        return FigureView.of(chosen, period, interval, query.by, found)

    read_figure.__annotations__["query"] = Annotated[asked, Query()]
    api.get("")(read_figure)
    return api


def _kind(measure: Measure) -> Kind:
    return "as_of_end" if measure.as_of_end else "in_period"


def _view(measure: Measure) -> MeasureView:
    return MeasureView(
        key=measure.key,
        label=measure.label,
        unit=measure.unit,
        kind=_kind(measure),
        dimensions=[
            DimensionView(
                key=one.key,
                labels={term.value: term.label for term in one.terms} if one.terms else {},
            )
            for one in measure.by
        ],
        behind=measure.path,
    )
