"""Enforcement acts and those who supply them. No fact names a party to an act."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, Field

from shared.events import Event


class ActSourceFact(Event):
    """A source of acts as it stands."""

    subject_field: ClassVar[str] = "source_id"

    source_id: UUID
    code: str
    name: str
    organisation: str
    """Credit code of the body that runs it."""
    division: str
    channel: str
    state: str
    edition: int
    """Of the mapping of its codes."""


class ActSourceRegistered(ActSourceFact):
    type: ClassVar[str] = "oversight.act_source.registered.v1"


class ActSourceChanged(ActSourceFact):
    type: ClassVar[str] = "oversight.act_source.changed.v1"


class ActSourceMapped(ActSourceFact):
    """Its codes are read by a new mapping."""

    type: ClassVar[str] = "oversight.act_source.mapped.v1"


class ActSourceSuspended(ActSourceFact):
    type: ClassVar[str] = "oversight.act_source.suspended.v1"

    reason: str


class ActSourceResumed(ActSourceFact):
    type: ClassVar[str] = "oversight.act_source.resumed.v1"


class ActSourceClosed(ActSourceFact):
    type: ClassVar[str] = "oversight.act_source.closed.v1"

    reason: str


class ActBatchFact(Event):
    """A batch of acts as it stands."""

    subject_field: ClassVar[str] = "batch_id"

    batch_id: UUID
    source_id: UUID
    source_code: str
    organisation: str
    """Credit code of the body that runs the source."""
    channel: str
    state: str
    dry_run: bool
    backfill: bool
    records: int
    accepted: int
    updated: int
    unchanged: int
    refused: int
    digest: str | None
    received_at: datetime


class ActBatchReceived(ActBatchFact):
    """All of it is kept: it will be worked."""

    type: ClassVar[str] = "oversight.act_batch.received.v1"


class ActBatchFinished(ActBatchFact):
    type: ClassVar[str] = "oversight.act_batch.finished.v1"


class ActBatchFailed(ActBatchFact):
    """A file that could not be read; nothing of it was taken over."""

    type: ClassVar[str] = "oversight.act_batch.failed.v1"


class ActBatchAbandoned(ActBatchFact):
    """It never arrived whole; nothing of it was taken over."""

    type: ClassVar[str] = "oversight.act_batch.abandoned.v1"


class IngestedAct(BaseModel):
    """An act that is new or different."""

    act_id: UUID
    state: str
    outcome: str
    """`accepted` or `updated`."""


class ActsIngested(Event):
    """What a chunk of a batch brought: one fact for at most 500 records."""

    type: ClassVar[str] = "oversight.act.ingested.v1"
    subject_field: ClassVar[str] = "batch_id"

    batch_id: UUID
    source_id: UUID
    source_code: str
    organisation: str
    """Credit code of the body that runs the source."""
    chunk: int = Field(ge=1, description="Position in the batch, from 1")
    chunks: int
    records: list[IngestedAct] = Field(max_length=500)
    accepted: int
    updated: int
    unchanged: int
    refused: int
    digest: str
    """SHA-256 of `<act_id> <state> <outcome>` of the records, with commas between."""


class ActReconciliationFact(Event):
    """A day of a source: what it has, and what is here."""

    subject_field: ClassVar[str] = "reconciliation_id"

    reconciliation_id: UUID
    source_id: UUID
    source_code: str
    organisation: str
    """Credit code of the body that runs the source."""
    day: date
    """Acts that began on it."""
    state: str
    told: int
    """How many the source has."""
    here: int
    missing: int
    surplus: int
    due_at: datetime | None
    """Until when the source answers for what differs."""
    level: str | None = None
    """Where the source lies: `city`, or `district` for a district and what is below it."""


class ActReconciliationAgreed(ActReconciliationFact):
    type: ClassVar[str] = "oversight.act_reconciliation.agreed.v1"


class ActReconciliationDiffered(ActReconciliationFact):
    """The source is asked for what is missing."""

    type: ClassVar[str] = "oversight.act_reconciliation.differed.v1"


class ActReconciliationExplained(ActReconciliationFact):
    type: ClassVar[str] = "oversight.act_reconciliation.explained.v1"


class ActReconciliationOverdue(ActReconciliationFact):
    """The term has passed, and the two sides still differ."""

    type: ClassVar[str] = "oversight.act_reconciliation.overdue.v1"


class SharingFact(Event):
    """An entry of the sharing catalogue as it stands."""

    subject_field: ClassVar[str] = "entry_id"

    entry_id: UUID
    organisation: str
    organisation_name: str
    division: str
    direction: str
    """`supplies` or `receives`."""
    data: str
    basis: str
    every_days: int
    source_id: UUID | None
    state: str


class SharingEntered(SharingFact):
    type: ClassVar[str] = "oversight.sharing.entered.v1"


class SharingEnded(SharingFact):
    type: ClassVar[str] = "oversight.sharing.ended.v1"
