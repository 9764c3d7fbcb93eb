"""Facts of provisions. Amounts are text: yuan with two decimals."""

from typing import ClassVar
from uuid import UUID

from shared.events import Event


class ProvisionFact(Event):
    """An entry of the ledger of provisions as it stands."""

    subject_field: ClassVar[str] = "provision_id"

    provision_id: UUID
    kind: str
    """`institution`, `staff`, `information_system`, `equipment` or `funds`."""
    division: str
    level: str
    organisation: str | None
    year: int
    name: str
    quantity: int
    delivered_quantity: int | None
    unit: str
    amount: str
    state: str


class ProvisionPlanned(ProvisionFact):
    type: ClassVar[str] = "registry.provision.planned.v1"


class ProvisionChanged(ProvisionFact):
    type: ClassVar[str] = "registry.provision.changed.v1"


class ProvisionApproved(ProvisionFact):
    type: ClassVar[str] = "registry.provision.approved.v1"


class ProvisionDelivered(ProvisionFact):
    type: ClassVar[str] = "registry.provision.delivered.v1"


class ProvisionUsed(ProvisionFact):
    """In use from now on."""

    type: ClassVar[str] = "registry.provision.used.v1"


class ProvisionRetired(ProvisionFact):
    type: ClassVar[str] = "registry.provision.retired.v1"


class ProvisionCancelled(ProvisionFact):
    type: ClassVar[str] = "registry.provision.cancelled.v1"
