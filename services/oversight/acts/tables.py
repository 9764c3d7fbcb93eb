"""Acts by month, and what was changed in them."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.acts.rules import ActKind, ActState
from services.oversight.db import Base, one_of
from shared.db import Scoped, Versioned, scope_indexes
from shared.sealing import sealed_as


class Act(Scoped, Versioned, Base):
    """An enforcement act (执法行为) as its source tells of it.

    Partitioned by month through its id, a UUIDv7 of the moment at which the act began as it was
    first told: so one id finds one partition, and a month that need not be kept is dropped whole.
    No foreign keys: what is written by COPY is looked up before, under the lock of its source.
    """

    __tablename__ = "act"
    __table_args__ = (
        *scope_indexes("act"),
        Index("ix_act_organisation", "organisation", "id"),
        Index("ix_act_source_id", "source_id", "id"),
        Index("ix_act_source_id_began_at", "source_id", "began_at"),
        Index("ix_act_subject_id", "subject_id", "id"),
        Index("ix_act_item_code", "item_code", "id"),
        Index("ix_act_certificate_nos", "certificate_nos", postgresql_using="gin"),
        Index("ix_act_domains", "domains", postgresql_using="gin"),
        Index(
            "ix_act_awaiting",
            "awaiting",
            postgresql_using="gin",
            postgresql_where=text("awaiting <> '{}'"),
        ),
        Index(
            "ix_act_party_key",
            "party_key",
            "id",
            postgresql_where=text("kind = 'check' AND party_key IS NOT NULL"),
        ),
        CheckConstraint(one_of("kind", ActKind), name="kind"),
        CheckConstraint(one_of("state", ActState), name="state"),
        {"postgresql_partition_by": "RANGE (id)"},
    )

    id: Mapped[UUID] = mapped_column(primary_key=True)
    source_id: Mapped[UUID]
    external_id: Mapped[str]
    batch_id: Mapped[UUID | None]
    """The batch that told of it last."""
    backfill: Mapped[bool]
    """First told as history: it raises no warning."""
    received_at: Mapped[datetime]
    changed_at: Mapped[datetime]

    # What it is.
    kind: Mapped[str]
    state: Mapped[str]
    procedure: Mapped[str | None]
    title: Mapped[str | None]
    """The cause (案由), without personal data."""
    organisation: Mapped[str]
    """Credit code of the enforcement subject, as told."""
    subject_id: Mapped[UUID | None]
    domains: Mapped[list[str]] = mapped_column(default=list)
    """Those of the power, else of the subject."""
    item_code: Mapped[str | None]
    power_id: Mapped[UUID | None]
    """The subject's power of that code."""
    delegation_no: Mapped[str | None]
    """Number of the deed by which it was done."""
    delegation_id: Mapped[UUID | None]
    certificate_nos: Mapped[list[str]] = mapped_column(default=list)
    """Certificates of the officers who did it."""
    performed_by: Mapped[list[str]] = mapped_column(default=list)
    """Credit codes of the bodies whose people did it, where they are not the subject's own."""
    awaiting: Mapped[list[str]] = mapped_column(default=list)
    """References that oversight does not know yet: `subject:…`, `certificate:…`, `item:…`,
    `delegation:…`. No violation: they are looked at again when they become known."""

    # Towards whom.
    party_kind: Mapped[str | None]
    party_masked: Mapped[str | None]
    party_key: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Blind index of the party's credit code or identity number: the same party, unread."""
    party_sealed: Mapped[bytes | None] = mapped_column(
        LargeBinary, info=sealed_as("act.party_sealed")
    )
    party_digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    check_no: Mapped[str | None]
    """Number under which a check of an enterprise was announced (扫码入企)."""

    # Its stages.
    began_at: Mapped[datetime]
    """The first of them."""
    filed_at: Mapped[datetime | None]
    investigated_at: Mapped[datetime | None]
    legal_review_at: Mapped[datetime | None]
    decided_at: Mapped[datetime | None]
    served_at: Mapped[datetime | None]
    published_at: Mapped[datetime | None]
    executed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    documents: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """By stage the number of its document."""
    excluded_periods: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """`{kind, from, to}` each: days that do not count in the term; `to` is the last, or None."""
    extended_to: Mapped[date | None]
    """The last day of a term that was extended by approval."""

    # What was done in it.
    legal_review: Mapped[dict[str, Any] | None]
    """`{required, conclusion, certificate_no}`."""
    recording_ref: Mapped[str | None]
    """Where the record of the process is kept."""
    penalties: Mapped[list[str]] = mapped_column(default=list)
    outcome: Mapped[str | None]
    result: Mapped[str | None]
    """The heaviest penalty, else the outcome: what it is counted as."""
    fine_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    confiscated_fen: Mapped[int] = mapped_column(BigInteger, default=0)
    """Money in fen, a hundredth of a yuan."""
    publication_url: Mapped[str | None]
    criminal_suspected: Mapped[bool]
    """The agency itself says that a crime may have been committed."""
    transfer_no: Mapped[str | None]
    """Number under which it was handed to the police."""
    withdrawn: Mapped[bool]

    told: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """By edition of the source the fields that it told last."""


class ActKey(Base):
    """Which act a source's own number is: unique over all months."""

    __tablename__ = "act_key"

    source_id: Mapped[UUID] = mapped_column(primary_key=True)
    external_id: Mapped[str] = mapped_column(primary_key=True)
    act_id: Mapped[UUID]


class ActChange(Base):
    """What a record changed in an act that was there: the values before, by field.

    Of the same months as the acts. Read through the act only, which is scoped.
    """

    __tablename__ = "act_change"
    __table_args__ = ({"postgresql_partition_by": "RANGE (act_id)"},)

    act_id: Mapped[UUID] = mapped_column(primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    """Of the act, after the change."""
    batch_id: Mapped[UUID | None]
    """None: a reference became known."""
    changed_at: Mapped[datetime]
    reason: Mapped[str | None]
    before: Mapped[dict[str, Any]]
    after: Mapped[dict[str, Any]]
