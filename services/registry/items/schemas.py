"""The items of township item lists over HTTP."""

from datetime import date
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field, StringConstraints
from pydantic.config import JsonDict

from services.registry.items.rules import MOST_ITEMS, ItemKind
from services.registry.items.tables import Item
from services.registry.powers.rules import PowerKind
from services.registry.subjects.rules import Domain
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, ResourceView, View


def _each_once(items: list[Any]) -> list[Any]:
    return list(dict.fromkeys(items))


ItemCode = Annotated[
    str,
    StringConstraints(pattern=r"^[0-9A-Za-z][0-9A-Za-z.:_-]{1,63}$"),
    Field(description="The item's code in the list of powers", examples=["330217001000"]),
]
Domains = Annotated[list[Domain], Field(max_length=len(Domain)), AfterValidator(_each_once)]
Basis = Annotated[
    list[Line],
    Field(max_length=50, description="Articles that the item rests on"),
    AfterValidator(_each_once),
]
_ITEM: JsonDict = {
    "kind": "empowered",
    "code": "330217001000",
    "name": "对在城市道路上擅自摆摊设点行为的处罚",
    "power_kind": "penalty",
    "domains": ["urban_management"],
    "basis": ["《重庆市市容环境卫生管理条例》第二十一条"],
}


class ItemRequest(Input):
    """An item (事项): by the power that it is, or by all of its own words.

    Of a registered power what is left out is the power's.
    """

    model_config = ConfigDict(json_schema_extra={"examples": [_ITEM]})

    kind: ItemKind
    power_id: UUID | None = Field(
        default=None, description="A power in force of the township, of its district or of the city"
    )
    delegation_id: UUID | None = Field(
        default=None,
        description="Of an entrusted item: the delegation in force by which it is exercised",
    )
    code: ItemCode | None = None
    name: Line | None = None
    power_kind: PowerKind | None = None
    domains: Domains = Field(default_factory=list)
    basis: Basis = Field(default_factory=list)


class ItemsRequest(Input):
    """All items of a list, in their order."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"items": [_ITEM]}]})

    items: list[ItemRequest] = Field(max_length=MOST_ITEMS)


class ItemsView(ResourceView):
    """A list by its id and version, and how many items of each kind it has now."""

    statutory: int
    empowered: int
    entrusted: int


class ItemView(ResourceView):
    """An item of a list."""

    item_list_id: UUID
    division: str = Field(description="The township")
    position: int
    kind: ItemKind
    power_id: UUID | None
    delegation_id: UUID | None
    code: str
    name: str
    power_kind: PowerKind
    domains: list[Domain]
    basis: list[str]
    power_ended_on: date | None = Field(
        description="The day since which the power that it rests on is repealed (职权已废止)"
    )

    @classmethod
    def of(cls, item: Item) -> Self:
        told = {name: getattr(item, name) for name in cls.model_fields if name != "division"}
        return cls.model_validate({**told, "division": item.township})


class ItemChange(View):
    """An item that both lists have, and what differs."""

    code: str
    name: str
    changes: dict[str, list[Any]] = Field(description="Field → [before, after]")


class ItemListDiffView(View):
    """What a list changes against another."""

    id: UUID
    against: UUID | None = Field(description="None: there was no list before")
    added: list[ItemView]
    removed: list[ItemView]
    changed: list[ItemChange]


class DiffQuery(Input):
    """Against which list."""

    against: UUID | None = Field(
        default=None,
        description="The list in force before, if left out; of a draft, the one in force",
    )


class ItemQuery(Paging):
    """Which items of a list, in which order."""

    sort: Literal["position", "-position", "code", "-code"] = "position"
    kind: ItemKind | None = None
    domain: Domain | None = None
    power_ended: bool | None = Field(
        default=None, description="Whether the power that the item rests on is repealed"
    )
    q: Annotated[str, StringConstraints(min_length=1, max_length=100)] | None = Field(
        default=None, description="Part of the name, or the beginning of the code"
    )
