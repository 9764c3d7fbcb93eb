"""The statistics of a year over HTTP."""

from datetime import date
from typing import Literal, Self

from pydantic import ConfigDict, Field

from services.oversight.statistics.rules import Cell, Layout, Row
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
from shared.law.tables import Rule
from shared.web.paging import Paging
from shared.web.schemas import Input, View

FIRST, LAST = 1970, 2099


class StatisticsQuery(Input):
    """Of which year, where, and by what."""

    year: int = Field(ge=FIRST, le=LAST)
    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )
    by: Literal["district", "division"] | None = Field(
        default=None, description="By district (the city's own under the city) or smallest division"
    )


class StatisticsExport(Input):
    """Of which year, and where."""

    year: int = Field(ge=FIRST, le=LAST)
    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )


class BodiesQuery(Paging):
    """Of which year, and which bodies."""

    year: int = Field(ge=FIRST, le=LAST)
    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )
    direct: Direct = False
    organisation: str | None = Field(None, max_length=18, description="Credit code")


class ColumnView(View):
    key: str
    label: str
    under: str | None = Field(description="A heading over this column and those beside it")
    money: bool = Field(description="In yuan here; the published tables show 10,000 yuan (万元)")


class GroupView(View):
    key: str = Field(description="Code of the division")
    label: str
    values: Row


class TableView(View):
    """One table: what stands in its columns."""

    key: str
    title: str
    columns: list[ColumnView]
    total: Row = Field(
        description="By column: a number, money or per cent as text; null where there is no such"
        " duty (无相关职责) or nothing to divide"
    )
    groups: list[GroupView]


class StatisticsView(View):
    """The annual statistics of enforcement (行政执法统计) as they stand."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "year": 2026,
                    "division": "500106",
                    "by": None,
                    "as_of": "2026-12-01",
                    "basis": "国办发〔2018〕118号",
                    "provisional": True,
                    "tables": [
                        {
                            "key": "penalty",
                            "title": "行政处罚实施情况",
                            "columns": [
                                {"key": "fine", "label": "罚款", "under": None, "money": False}
                            ],
                            "total": {"fine": 120},
                            "groups": [],
                        }
                    ],
                }
            ]
        }
    )

    year: int
    division: str | None
    by: str | None
    as_of: date = Field(description="The last day that is counted")
    basis: str = Field(description="What the columns rest on")
    provisional: bool
    tables: list[TableView]

    @classmethod
    def of(
        cls,
        query: StatisticsQuery,
        as_of: date,
        layout: Layout,
        rule: Rule,
        total: dict[str, Row],
        groups: dict[str, dict[str, Row]],
        names: dict[str, str],
    ) -> Self:
        tables = [
            TableView(
                key=table.key,
                title=table.title,
                columns=columns_of(layout, table.key),
                total=total[table.key],
                groups=[
                    GroupView(key=key, label=names.get(key, key), values=tables[table.key])
                    for key, tables in groups.items()
                ],
            )
            for table in layout.tables
        ]
        return cls(
            year=query.year,
            division=query.division,
            by=query.by,
            as_of=as_of,
            basis=rule.legal_basis,
            provisional=rule.provisional,
            tables=tables,
        )


def columns_of(layout: Layout, table: str) -> list[ColumnView]:
    return [
        ColumnView(key=column.key, label=column.label, under=column.under, money=column.is_money)
        for column in layout.of(table)
    ]


class BodyStatisticsView(View):
    """What one body did in a year."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "organisation": "11500228709467150P",
                    "name": "沙坪坝区小龙坎街道办事处",
                    "division": "500106001",
                    "tables": {"penalty": {"fine": 12, "total": 12}, "permit": {"applied": None}},
                }
            ]
        }
    )

    organisation: str
    name: str
    division: str
    tables: dict[str, dict[str, Cell]]
