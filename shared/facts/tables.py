"""The tables of the event spine; every service's database has them."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, LargeBinary, func
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import EveryService, Scoped


class Outbox(EveryService):
    """Facts of committed transactions that the relay has not sequenced yet; near empty."""

    __tablename__ = "outbox"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    event_id: Mapped[UUID]
    type: Mapped[str]
    audience: Mapped[str]
    nats_subject: Mapped[str]
    district: Mapped[str | None]
    township: Mapped[str | None]
    parties: Mapped[list[str]]
    event: Mapped[bytes] = mapped_column(LargeBinary)


class EventLog(Scoped, EveryService):
    """Every fact of this service in order: outbox history, audit trail, HTTP feed, ledger leaves.

    The application role may insert and read, never change or delete.
    """

    __tablename__ = "event_log"
    __table_args__ = (
        CheckConstraint("audience in ('public', 'internal', 'audit')", name="audience"),
        Index("ix_event_log_district", "district", "log_index"),
        Index("ix_event_log_township", "township", "log_index"),
        Index("ix_event_log_parties", "parties", postgresql_using="gin"),
    )

    log_index: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    """Gapless, from 0: the position in the log and in the ledger's tree."""
    stream_index: Mapped[int | None] = mapped_column(BigInteger, unique=True)
    """Gapless over what is published, from 0; NULL for audit facts."""
    event_id: Mapped[UUID] = mapped_column(unique=True)
    type: Mapped[str]
    audience: Mapped[str]
    nats_subject: Mapped[str]
    event: Mapped[bytes] = mapped_column(LargeBinary)
    """The CloudEvent as JSON, the same bytes everywhere."""
    leaf_hash: Mapped[bytes] = mapped_column(LargeBinary)
    """SHA-256 of 0x00 and the event (RFC 6962)."""
    sequenced_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class RelayCursor(EveryService):
    """One row: where the log ends and how far it is published. Locked by the leading relay."""

    __tablename__ = "relay_cursor"
    __table_args__ = (CheckConstraint("id = 1", name="one_row"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    next_log_index: Mapped[int] = mapped_column(BigInteger, default=0)
    next_stream_index: Mapped[int] = mapped_column(BigInteger, default=0)
    published: Mapped[int] = mapped_column(BigInteger, default=0)
    """Stream indexes below this are in JetStream, as far as was known."""


class Inbox(EveryService):
    """How far the facts of another service have had their effect here: one row a source.

    Facts of a source are applied in order of their gapless stream index, in the transaction that
    moves this row, so each has its effect exactly once.
    """

    __tablename__ = "inbox"

    source: Mapped[str] = mapped_column(primary_key=True)
    stream_index: Mapped[int] = mapped_column(BigInteger, default=-1)
    """The highest index applied; everything below it is applied too."""
    applied_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class DeadLetter(EveryService):
    """Work in the background that failed for good and waits for an operator."""

    __tablename__ = "dead_letter"

    id: Mapped[UUID] = mapped_column(primary_key=True)
    kind: Mapped[str]
    """`reaction` (a fact from elsewhere) or `timer`."""
    source: Mapped[str]
    event_id: Mapped[UUID | None]
    type: Mapped[str]
    body: Mapped[bytes] = mapped_column(LargeBinary)
    error: Mapped[str]
    attempts: Mapped[int]
    failed_at: Mapped[datetime]
    replayed_at: Mapped[datetime | None]
    details: Mapped[dict[str, Any]] = mapped_column(default=dict)
