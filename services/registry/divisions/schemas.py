"""Divisions over HTTP."""

from datetime import date
from typing import Annotated, Literal

from pydantic import ConfigDict, Field, StringConstraints

from shared.law.divisions import DivisionCode, Level
from shared.past import AsOf, AsOfQuery
from shared.web.paging import Paging
from shared.web.schemas import Input, View

OldAsOf = Annotated[date | None, Field(description="Older name of `as_of`")]


class DivisionView(View):
    """What a division was called and belonged to, from a day to a day."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "code": "500112",
                    "name": "渝北区",
                    "level": "district",
                    "parent": "50",
                    "valid_from": "1997-06-18",
                    "valid_to": "2025-11-06",
                    "successor": "500157",
                    "alias": None,
                }
            ]
        }
    )

    code: str
    name: str
    level: Level
    parent: str | None = Field(description="In this period; never a prefix of the code")
    valid_from: date
    valid_to: date | None = Field(description="The first day on which this is no longer true")
    successor: str | None = Field(description="Who took over, where the division itself ended")
    alias: str | None


class DivisionMoveRequest(Input):
    """Where the township goes, and from which day on."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"parent": "500109", "on": "2026-03-01"}]}
    )

    parent: DivisionCode
    on: date


class DivisionQuery(Paging):
    """Which divisions, in which order."""

    sort: Literal["code", "-code", "name", "-name"] = "code"
    level: Level | None = None
    parent: DivisionCode | None = None
    as_of: AsOf = None
    on: OldAsOf = None
    q: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = Field(
        default=None, description="Part of the name, or the beginning of the code"
    )


class DivisionDayQuery(AsOfQuery):
    """As of which day."""

    on: OldAsOf = None
