"""Township item lists over HTTP."""

from datetime import date, datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.registry.item_lists.rules import (
    EvaluationResult,
    ItemListState,
    allowed_actions,
)
from services.registry.item_lists.tables import ItemList
from services.registry.permissions import in_charge_of_place
from services.registry.subjects.rules import Domain
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.past import AsOf
from shared.web.exports import Exported, ExportQuery
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View


class ItemListRequest(Input):
    """A list to be prepared, empty or beginning with the items of another."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"division": "500106104"}]})

    division: DivisionCode = Field(description="The township or subdistrict")
    based_on: UUID | None = Field(
        default=None, description="A list that the caller sees, whose items this one begins with"
    )


class ReturnRequest(Input):
    """Why the list goes back."""

    reason: Prose = Field(examples=["委托事项缺少委托书"])


class DecideRequest(Input):
    """What the council decided."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"decision_no": "青府会纪〔2026〕3号", "decided_on": "2026-02-01"}]
        }
    )

    decision_no: Line = Field(description="Number of the decision or of the minutes")
    decided_on: date


class PublishRequest(Input):
    """From which day the list is in force."""

    model_config = ConfigDict(json_schema_extra={"examples": [{}]})

    effective_from: date | None = Field(
        default=None, description="From the council's decision on; today if left out"
    )


class EvaluateRequest(Input):
    """What a yearly evaluation found."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"result": "keep", "note": "承接能力良好"}]}
    )

    result: EvaluationResult
    note: Prose
    on: date | None = Field(default=None, description="Today if left out")


class ItemListView(ResourceView):
    """A township's item list."""

    division: str
    state: ItemListState
    edition: int | None = Field(description="Counts the published lists of the township")
    domains: list[Domain]
    statutory: int = Field(description="Items that law gives to townships (法定)")
    empowered: int = Field(description="Items handed down by the district (赋权)")
    entrusted: int = Field(description="Items exercised for another body (委托)")
    reason: str | None = Field(description="Why it was returned, while that lasts")
    decision_no: str | None
    decided_on: date | None
    effective_from: date | None
    effective_to: date | None = Field(description="The first day of the list that superseded it")
    evaluated_on: date | None
    due_at: datetime | None = Field(
        description="Until when the next yearly evaluation is to be done"
    )
    overdue: bool
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str] = Field(
        description="What the caller may do now; each is a path below this"
    )

    @classmethod
    def of(
        cls,
        item_list: ItemList,
        actor: Actor,
        *,
        now: datetime,
        unfounded: bool = False,
        past: bool = False,
    ) -> Self:
        """The view of `item_list` for `actor`; with `past` as it was while it was in force.

        `unfounded` says that a power or delegation listed is not in force any more.
        """
        told: dict[str, Any] = {
            name: getattr(item_list, name)
            for name in cls.model_fields
            if name not in {"allowed_actions", "overdue"}
        }
        actions: list[str] = []
        if past:
            told |= {"state": ItemListState.PUBLISHED, "effective_to": None, "due_at": None}
        elif in_charge_of_place(actor, district=item_list.district, township=item_list.township):
            actions = allowed_actions(
                state=item_list.state,
                permissions=actor.permissions,
                caller=actor.sub,
                authors=item_list.authors,
                items=item_list.items,
                decided=item_list.decided_on is not None,
                founded=not unfounded,
            )
        overdue = told["due_at"] is not None and told["due_at"] <= now
        return cls.model_validate({**told, "overdue": overdue, "allowed_actions": actions})


class EvaluationView(View):
    """What a yearly evaluation found."""

    id: UUID
    result: EvaluationResult
    note: str
    evaluated_on: date
    evaluated_by: str = Field(description="`sub` of the person")


class ItemListFilters(Input):
    """Which lists, in which order."""

    sort: Literal["id", "-id", "updated_at", "-updated_at"] = "-id"
    state: ItemListState | None = None
    domain: Domain | None = Field(default=None, description="With an item of this domain")
    overdue: bool | None = Field(default=None, description="Whose evaluation is overdue")
    township: DivisionCode | None = None
    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )
    as_of: AsOf = None


class ItemListQuery(ItemListFilters, Paging):
    """The same, a page of them."""


class ItemListExport(ItemListFilters, ExportQuery):
    """The same, as a file."""


EXPORTED = (
    Exported("镇街区划代码", "division"),
    Exported("状态", "state"),
    Exported("版次", "edition"),
    Exported("执法领域", "domains"),
    Exported("法定事项数", "statutory"),
    Exported("赋权事项数", "empowered"),
    Exported("委托事项数", "entrusted"),
    Exported("决定文号", "decision_no"),
    Exported("决定日期", "decided_on"),
    Exported("施行日期", "effective_from"),
    Exported("失效日期", "effective_to"),
    Exported("评估日期", "evaluated_on"),
    Exported("编号", "id"),
)


class EvaluationQuery(Paging):
    """Which part of the evaluations; newest first unless said otherwise."""

    sort: Literal["id", "-id"] = "-id"
