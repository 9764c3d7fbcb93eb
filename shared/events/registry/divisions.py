"""Facts of divisions."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events import Event
from shared.law.divisions import DivisionRecord


class DivisionsLoaded(Event):
    """Records of divisions as they stand now, whole; one fact a chunk of a load.

    Also how a founding or an end is told: the new record, or the old one with its `valid_to` and
    `successor`. A move of a township that happens while the system runs is a `DivisionMoved`.
    """

    type: ClassVar[str] = "registry.division.loaded.v1"
    subject_field: ClassVar[str] = "load_id"

    load_id: UUID
    chunk: int = Field(ge=0, description="Position in the load, from 0")
    chunks: int = Field(ge=1)
    records: list[DivisionRecord] = Field(max_length=500)


class DivisionMoved(Event):
    """A township belongs to another district from a day on; published on that day or later."""

    type: ClassVar[str] = "registry.division.moved.v1"
    subject_field: ClassVar[str] = "code"

    code: str
    name: str
    alias: str | None = None
    former_parent: str
    parent: str
    moved_on: date
