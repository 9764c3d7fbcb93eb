"""Batches: what a source sent, and how far it is."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.act_batches.rules import BatchState
from services.oversight.act_sources.rules import Channel
from services.oversight.db import Base, one_of
from shared.db import Scoped, Versioned, new_id, scope_indexes
from shared.sealing import sealed_as


class ActBatch(Scoped, Versioned, Base):
    """Records that a source sent together. It lies where its source lies."""

    __tablename__ = "act_batch"
    __table_args__ = (
        *scope_indexes("act_batch"),
        Index("ix_act_batch_organisation", "organisation", "id"),
        Index("ix_act_batch_source_id", "source_id", "id"),
        Index("ix_act_batch_digest", "source_id", "digest"),
        Index(
            "uq_act_batch_idempotency_key",
            "source_id",
            "idempotency_key",
            unique=True,
            postgresql_where=text("idempotency_key IS NOT NULL"),
        ),
        CheckConstraint(one_of("state", BatchState), name="state"),
        CheckConstraint(one_of("channel", Channel), name="channel"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    source_id: Mapped[UUID] = mapped_column(ForeignKey("act_source.id"))
    source_code: Mapped[str]
    organisation: Mapped[str]
    """Credit code of the body that runs the source."""
    channel: Mapped[str]
    file_type: Mapped[str | None]
    """`csv` or `xlsx`; None for records as lines."""
    state: Mapped[str]
    dry_run: Mapped[bool]
    backfill: Mapped[bool]
    idempotency_key: Mapped[str | None]
    digest: Mapped[str | None]
    """SHA-256 of what was sent, in hexadecimal; None until all of it is here."""
    edition: Mapped[int]
    """Of the mapping by which it was read; set when work begins."""
    records: Mapped[int]
    chunks: Mapped[int]
    worked: Mapped[int]
    """Chunks that are dealt with."""
    accepted: Mapped[int]
    updated: Mapped[int]
    unchanged: Mapped[int]
    refused: Mapped[int]
    problem: Mapped[dict[str, Any] | None]
    """Why a file was not read: code, zh and en."""
    sent_by: Mapped[str]
    received_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]


class ActBatchContent(Base):
    """What is still to be worked: at most 500 records a row, sealed, for they name parties; a file
    is number 0 until it was read. Gone when it is dealt with."""

    __tablename__ = "act_batch_content"

    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    first_line: Mapped[int]
    content: Mapped[bytes] = mapped_column(LargeBinary, info=sealed_as("act_batch_content.content"))
