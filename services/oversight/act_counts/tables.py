"""What acts add to the statistics: a log of deltas, and the sums that it is folded into."""

from datetime import date

from sqlalchemy import BigInteger, Identity, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import Base


class ActDelta(Base):
    """What acts added to the statistics: one row a cell and chunk, folded into `act_count` and
    deleted by the worker, so that no row is hot."""

    __tablename__ = "act_delta"

    id: Mapped[int] = mapped_column(BigInteger, Identity(always=True), primary_key=True)
    stage: Mapped[str]
    month: Mapped[date]
    place: Mapped[str]
    organisation: Mapped[str]
    kind: Mapped[str]
    result: Mapped[str]
    domains: Mapped[list[str]]
    acts: Mapped[int]
    fine_fen: Mapped[int] = mapped_column(BigInteger)
    confiscated_fen: Mapped[int] = mapped_column(BigInteger)


class ActCount(Base):
    """How many acts reached a stage in a month, by what they are counted by (`rules.Cell`).

    Equal to a full recount of the acts once the deltas are folded, but for cells that became empty
    and stay with zeros. Not scoped: whoever shows it says which places.
    """

    __tablename__ = "act_count"
    __table_args__ = (
        Index("ix_act_count_place", "place", "month"),
        Index("ix_act_count_organisation", "organisation", "month"),
    )

    stage: Mapped[str] = mapped_column(primary_key=True)
    month: Mapped[date] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True)
    organisation: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    result: Mapped[str] = mapped_column(primary_key=True)
    domains: Mapped[list[str]] = mapped_column(primary_key=True)
    acts: Mapped[int] = mapped_column(BigInteger)
    fine_fen: Mapped[int] = mapped_column(BigInteger)
    confiscated_fen: Mapped[int] = mapped_column(BigInteger)


class ActYear(Base):
    """The same by calendar years, for what is asked of a year: statistics, coverage.

    Folded in the same statement as `act_count`, so the two never differ.
    """

    __tablename__ = "act_year"
    __table_args__ = (Index("ix_act_year_organisation", "organisation", "year"),)

    year: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    stage: Mapped[str] = mapped_column(primary_key=True)
    place: Mapped[str] = mapped_column(primary_key=True)
    organisation: Mapped[str] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(primary_key=True)
    result: Mapped[str] = mapped_column(primary_key=True)
    domains: Mapped[list[str]] = mapped_column(primary_key=True)
    acts: Mapped[int] = mapped_column(BigInteger)
    fine_fen: Mapped[int] = mapped_column(BigInteger)
    confiscated_fen: Mapped[int] = mapped_column(BigInteger)
