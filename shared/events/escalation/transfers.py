"""Facts of transfers between administrative and criminal law (两法衔接), for our own services."""

from datetime import datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event
from shared.events.escalation import Level


class TransferFact(Event):
    """A transfer as it stands; what it is about stays with those who may read the row."""

    subject_field: ClassVar[str] = "transfer_id"
    audience: ClassVar[Audience] = "internal"

    transfer_id: UUID
    number: str
    division: str
    level: Level
    """Of the division."""
    organisation: str
    """Credit code of the body that transfers it."""
    sender_name: str
    receiver: str | None
    """Credit code of the police authority, if it uses the system."""
    receiver_name: str
    state: str
    due_step: str | None
    due_at: datetime | None
    """The first moment that is too late for what is due now."""


class TransferStepped(TransferFact):
    """Something was done with it."""

    late: bool
    """After the deadline."""


class TransferFound(TransferFact):
    """Officers reported it; the head decides by `due_at`."""

    type: ClassVar[str] = "escalation.transfer.found.v1"


class TransferApproved(TransferStepped):
    type: ClassVar[str] = "escalation.transfer.approved.v1"


class TransferDeclined(TransferStepped):
    """It is not transferred; why is on record."""

    type: ClassVar[str] = "escalation.transfer.declined.v1"


class TransferSent(TransferStepped):
    type: ClassVar[str] = "escalation.transfer.sent.v1"

    package_id: UUID


class TransferReceived(TransferFact):
    """The police have it and decide by `due_at`."""

    type: ClassVar[str] = "escalation.transfer.received.v1"


class TransferForwarded(TransferStepped):
    """It is not theirs; `receiver` is now who it was passed on to."""

    type: ClassVar[str] = "escalation.transfer.forwarded.v1"

    package_id: UUID


class TransferFiled(TransferStepped):
    """The police opened a criminal case."""

    type: ClassVar[str] = "escalation.transfer.filed.v1"

    goods: bool
    """Whether goods are to be handed over by `due_at`."""


class TransferRefused(TransferStepped):
    type: ClassVar[str] = "escalation.transfer.refused.v1"


class TransferReconsiderationRequested(TransferStepped):
    type: ClassVar[str] = "escalation.transfer.reconsideration_requested.v1"

    package_id: UUID


class TransferUpheld(TransferStepped):
    """The refusal stands after reconsideration."""

    type: ClassVar[str] = "escalation.transfer.upheld.v1"


class TransferSupervisionRequested(TransferStepped):
    """The procuratorate is asked to supervise the filing."""

    type: ClassVar[str] = "escalation.transfer.supervision_requested.v1"

    package_id: UUID
    procuratorate: str | None
    procuratorate_name: str


class TransferDismissed(TransferStepped):
    """The procuratorate finds the refusal justified."""

    type: ClassVar[str] = "escalation.transfer.dismissed.v1"


class TransferTakenBack(TransferStepped):
    """The body deals with it itself after the refusal."""

    type: ClassVar[str] = "escalation.transfer.taken_back.v1"


class TransferGoodsHandedOver(TransferStepped):
    type: ClassVar[str] = "escalation.transfer.goods_handed_over.v1"

    package_id: UUID


class TransferConcluded(TransferStepped):
    type: ClassVar[str] = "escalation.transfer.concluded.v1"


class TransferUrged(TransferFact):
    """A supervisor urged whoever is to act."""

    type: ClassVar[str] = "escalation.transfer.urged.v1"


class TransferDueSoon(TransferFact):
    """What is due has to be done soon."""

    type: ClassVar[str] = "escalation.transfer.due_soon.v1"

    step_name: str


class TransferOverdue(TransferFact):
    """A gap: what was due was not done in time."""

    type: ClassVar[str] = "escalation.transfer.overdue.v1"

    step_name: str
    passed_at: datetime
    """When the time was over."""
