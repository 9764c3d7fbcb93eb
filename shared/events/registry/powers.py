"""Facts of powers."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from pydantic import Field

from shared.events import Event


class PowerFact(Event):
    """A power as it stands."""

    subject_field: ClassVar[str] = "power_id"

    power_id: UUID
    subject_id: UUID
    organisation: str
    """Credit code of the subject that holds it."""
    code: str
    name: str
    kind: str
    level: str
    domains: list[str]
    basis: list[str]
    township_allowed: bool
    edition: int
    """1 as activated, one more with each amendment."""
    state: str
    since: date
    """The day from which this is true."""


class PowerDrafted(PowerFact):
    type: ClassVar[str] = "registry.power.drafted.v1"


class PowersLoaded(Event):
    """Powers that an import filed, as they stand: all of them at the fact's division."""

    type: ClassVar[str] = "registry.power.loaded.v1"
    subject_field: ClassVar[str] = "load_id"

    load_id: UUID
    records: list[PowerFact] = Field(max_length=500)


class PowerChanged(PowerFact):
    """The draft was changed."""

    type: ClassVar[str] = "registry.power.changed.v1"


class PowerWithdrawn(PowerFact):
    """The draft was dropped: it never was in force."""

    type: ClassVar[str] = "registry.power.withdrawn.v1"


class PowerActivated(PowerFact):
    type: ClassVar[str] = "registry.power.activated.v1"


class PowerAmendmentProposed(PowerFact):
    """The power as it is in force; what it is to become waits for approval."""

    type: ClassVar[str] = "registry.power.amendment_proposed.v1"


class PowerAmendmentDismissed(PowerFact):
    type: ClassVar[str] = "registry.power.amendment_dismissed.v1"

    reason: str


class PowerAmended(PowerFact):
    """The new edition, in force since `since`."""

    type: ClassVar[str] = "registry.power.amended.v1"


class PowerTransferred(PowerFact):
    """Its body has ended: it is that of the one that takes it over."""

    type: ClassVar[str] = "registry.power.transferred.v1"

    former_subject_id: UUID
    reason: str


class PowerRepealed(PowerFact):
    """In force until the day before `since`."""

    type: ClassVar[str] = "registry.power.repealed.v1"

    reason: str
