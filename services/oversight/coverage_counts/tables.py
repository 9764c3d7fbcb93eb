"""How far things are covered, day by day, and what is missing."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, CheckConstraint, Identity, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.coverage_counts.rules import CoverageKind, GapReason
from services.oversight.db import Base, one_of
from shared.db import Scoped, new_id, scope_indexes


class CoverageShare(Scoped, Base):
    """What a body (of domains: a division) has covered, from a day to a day.

    As of a day is the row that held at its end, so that every day's numbers stay what they were.
    """

    __tablename__ = "coverage_share"
    __table_args__ = (
        Index("ix_coverage_share_district", "district"),
        Index("ix_coverage_share_township", "township"),
        Index("ix_coverage_share_parties", "parties", postgresql_using="gin"),
        Index("ix_coverage_share_organisation", "organisation"),
        Index("ix_coverage_share_until", "until"),
        Index(
            "uq_coverage_share_current",
            "unit",
            "kind",
            unique=True,
            postgresql_where=text("until IS NULL"),
        ),
        CheckConstraint(one_of("kind", CoverageKind), name="kind"),
        CheckConstraint("until > since", name="period"),
        CheckConstraint("covered BETWEEN 0 AND in_order", name="covered"),
        CheckConstraint("in_order <= total", name="in_order"),
    )

    kind: Mapped[str] = mapped_column(primary_key=True)
    unit: Mapped[str] = mapped_column(primary_key=True)
    """Credit code of a body; of domains the code of a division."""
    since: Mapped[date] = mapped_column(primary_key=True)
    until: Mapped[date | None]
    """The first day at whose end it held no longer."""
    organisation: Mapped[str | None]
    """The body."""
    domains: Mapped[list[str]]
    """Those of the body; of domains those that are needed."""
    covered: Mapped[int]
    in_order: Mapped[int]
    """What is right in itself, whatever its body's state: powers approved, officers certified."""
    total: Mapped[int]


class CoverageGap(Scoped, Base):
    """Something that is not covered, from when it was found until it was closed."""

    __tablename__ = "coverage_gap"
    __table_args__ = (
        *scope_indexes("coverage_gap"),
        Index("ix_coverage_gap_organisation", "organisation", "id"),
        Index("ix_coverage_gap_unit", "unit", "kind"),
        Index(
            "uq_coverage_gap_open",
            "kind",
            "unit",
            "ref",
            unique=True,
            postgresql_where=text("closed_at IS NULL"),
        ),
        CheckConstraint(one_of("kind", CoverageKind), name="kind"),
        CheckConstraint(one_of("reason", GapReason), name="reason"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    unit: Mapped[str]
    ref: Mapped[str]
    """Id of the power, body or officer; the domain; of an act its source and number."""
    name: Mapped[str]
    reason: Mapped[str]
    organisation: Mapped[str | None]
    subject_id: Mapped[UUID | None]
    domains: Mapped[list[str]]
    found_at: Mapped[datetime]
    closed_at: Mapped[datetime | None]


class CoverageChange(Base):
    """Something that coverage is to be counted anew for: one row a telling, so that none is hot."""

    __tablename__ = "coverage_change"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    unit: Mapped[str]
    """Credit code of a body, or code of a division."""
    acts: Mapped[bool]
    """Only its acts changed."""
    backfill: Mapped[bool]
    """History: what is found missing is no news."""
