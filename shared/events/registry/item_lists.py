"""Facts of township item lists."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from shared.events import Event


class ItemListFact(Event):
    """A township's item list as it stands, without its items."""

    subject_field: ClassVar[str] = "item_list_id"

    item_list_id: UUID
    division: str
    """The township."""
    state: str
    edition: int | None
    """Counts the published lists of the township; none before publication."""
    domains: list[str]
    statutory: int
    empowered: int
    entrusted: int
    """How many items it has of each kind."""
    effective_from: date | None
    effective_to: date | None
    """The first day on which another list is in force."""


class ItemListDrafted(ItemListFact):
    type: ClassVar[str] = "registry.item_list.drafted.v1"


class ItemListChanged(ItemListFact):
    """Items of the draft were added, removed or replaced."""

    type: ClassVar[str] = "registry.item_list.changed.v1"


class ItemListSubmitted(ItemListFact):
    type: ClassVar[str] = "registry.item_list.submitted.v1"


class ItemListReviewed(ItemListFact):
    """Legal review passed it on (`council`) or sent it back (`draft`)."""

    type: ClassVar[str] = "registry.item_list.reviewed.v1"


class ItemListDecided(ItemListFact):
    """The council's decision was recorded."""

    type: ClassVar[str] = "registry.item_list.decided.v1"

    decision_no: str
    decided_on: date


class ListedItem(BaseModel):
    """An item that the township may exercise."""

    code: str
    kind: str
    """`statutory`, `empowered` or `entrusted`."""
    power_kind: str
    power_id: UUID | None
    delegation_id: UUID | None = None
    """By which an entrusted item is exercised."""


class ItemListPublished(ItemListFact):
    """From `effective_from` on the township exercises these items and no others.

    A long list comes as several facts, which together name all items.
    """

    type: ClassVar[str] = "registry.item_list.published.v1"

    chunk: int = Field(ge=0, description="Position, from 0")
    chunks: int = Field(ge=1)
    items: list[ListedItem] = Field(max_length=500)


class ItemListSuperseded(ItemListFact):
    type: ClassVar[str] = "registry.item_list.superseded.v1"

    successor_id: UUID


class ItemListWithdrawn(ItemListFact):
    type: ClassVar[str] = "registry.item_list.withdrawn.v1"


class ItemListPowerEnded(ItemListFact):
    """A power that the list names was repealed: those items rest on nothing any more."""

    type: ClassVar[str] = "registry.item_list.power_ended.v1"

    power_id: UUID
    power_code: str
    ended_on: date
    """The day since which the power is not in force."""
    item_codes: list[str]


class ItemListEvaluated(ItemListFact):
    type: ClassVar[str] = "registry.item_list.evaluated.v1"

    result: str
    """`keep` or `adjust`."""
    evaluated_on: date


class ItemListEvaluationDue(ItemListFact):
    """The yearly evaluation is to be done now, until `due_at`."""

    type: ClassVar[str] = "registry.item_list.evaluation_due.v1"

    due_at: datetime
