"""The indicator board over HTTP."""

from datetime import date
from decimal import Decimal
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from services.oversight.indicators.rules import Aim, Better, Indicator, Value, is_met
from shared.law.divisions import DivisionCode
from shared.web.schemas import Input, View

Month = Annotated[str, StringConstraints(pattern=r"^(19[7-9]\d|20\d\d)-(0[1-9]|1[0-2])$")]


class BoardQuery(Input):
    """Where, and in which months."""

    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it; else the caller's"
    )
    first: Month | None = Field(
        default=None, description="The first month; January of the last one's year if left out"
    )
    last: Month | None = Field(default=None, description="The last month; else the present one")


class BoardExplainedQuery(BoardQuery):
    """Also by what."""

    by: Literal["district"] | None = Field(
        default=None, description="Also for each district (the city's own under the city)"
    )


class MonthView(View):
    month: str
    value: Decimal | None


class GroupValueView(View):
    key: str = Field(description="Code of the division")
    label: str
    numerator: int
    denominator: int | None
    value: Decimal | None
    met: bool | None


class IndicatorView(View):
    """An indicator and what it came to."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "officers_certified",
                    "aim": "institution",
                    "name": "执法人员持证率",
                    "unit": "%",
                    "numerator_of": ["coverage.officers.in_order"],
                    "denominator_of": ["coverage.officers.total"],
                    "target": "100",
                    "better": "higher",
                    "basis": "行政处罚法第四十二条",
                    "provisional": True,
                    "computable": True,
                    "numerator": 431,
                    "denominator": 446,
                    "value": "96.64",
                    "met": False,
                    "previous": "95.10",
                    "trend": [{"month": "2026-03", "value": "96.64"}],
                    "groups": [],
                }
            ]
        }
    )

    code: str
    aim: Aim
    name: str
    unit: str
    numerator_of: list[str] = Field(description="The terms whose sum the numerator is")
    denominator_of: list[str] = Field(description="Those of the denominator; none: it is a number")
    target: Decimal
    better: Better
    basis: str
    provisional: bool
    computable: bool = Field(description="False where the rule names a term that nobody counts")
    numerator: int | None
    denominator: int | None
    value: Decimal | None = Field(description="null where there is nothing to divide by")
    met: bool | None
    previous: Decimal | None = Field(description="Of as many months before")
    trend: list[MonthView]
    groups: list[GroupValueView]

    @classmethod
    def of(
        cls,
        indicator: Indicator,
        value: Value | None,
        previous: Value | None,
        trend: list[tuple[date, Value]],
        groups: list[tuple[str, str, Value]],
    ) -> "IndicatorView":
        return cls(
            **indicator.model_dump(exclude={"numerator", "denominator"}),
            numerator_of=list(indicator.numerator),
            denominator_of=list(indicator.denominator),
            computable=value is not None,
            numerator=value.numerator if value else None,
            denominator=value.denominator if value else None,
            value=value.value if value else None,
            met=is_met(indicator, value.value) if value else None,
            previous=previous.value if previous else None,
            trend=[MonthView(month=f"{at:%Y-%m}", value=one.value) for at, one in trend],
            groups=[
                GroupValueView(
                    key=key, label=label, **one._asdict(), met=is_met(indicator, one.value)
                )
                for key, label, one in groups
            ],
        )


class BoardView(View):
    """The indicators of the four aims (指标看板)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "division": "500106",
                    "first": "2026-01",
                    "last": "2026-03",
                    "basis": "渝府办发〔2022〕70号",
                    "effective_from": "2022-06-17",
                    "indicators": [],
                }
            ]
        }
    )

    division: str
    first: str
    last: str
    basis: str = Field(description="Of the rule that is in force and defines them")
    effective_from: date
    indicators: list[IndicatorView]
