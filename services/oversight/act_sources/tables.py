"""Agencies' systems that supply acts, and how their codes read here."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.act_sources.rules import Channel, SourceCodeTaken, SourceState
from services.oversight.db import Base, one_of
from shared.db import Scoped, Versioned, new_id, scope_indexes


class ActSource(Scoped, Versioned, Base):
    """A system of an agency that supplies acts (数据源). It lies in the division of who runs it."""

    __tablename__ = "act_source"
    __table_args__ = (
        *scope_indexes("act_source"),
        UniqueConstraint("code", info={"refusal": SourceCodeTaken}),
        Index("ix_act_source_organisation", "organisation"),
        CheckConstraint(one_of("state", SourceState), name="state"),
        CheckConstraint(one_of("channel", Channel), name="channel"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str]
    name: Mapped[str]
    organisation: Mapped[str]
    """Credit code of the body that runs the system."""
    division: Mapped[str]
    organisations: Mapped[list[str]]
    """Credit codes of the bodies that it reports for."""
    divisions: Mapped[list[str]]
    """Divisions for all of whose bodies it reports."""
    accounts: Mapped[list[str]]
    """`sub` of the system accounts that may send, beside the body's own users."""
    channel: Mapped[str]
    contact: Mapped[str]
    state: Mapped[str]
    reason: Mapped[str | None]
    """Why it was suspended or closed."""
    edition: Mapped[int] = mapped_column(default=0)
    """Of the mapping in force; 0 while its codes are ours."""
    basis: Mapped[str]
    """On what the body supplies the data."""
    every_days: Mapped[int]
    """It sends at least once in so many days."""
    registered_at: Mapped[datetime]
    registered_by: Mapped[str]


class ActMapping(Base):
    """An edition of the mapping of a source's codes. Read through its source, which is scoped."""

    __tablename__ = "act_mapping"

    source_id: Mapped[UUID] = mapped_column(ForeignKey("act_source.id"), primary_key=True)
    edition: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    codes: Mapped[dict[str, Any]]
    """By field: theirs → ours."""
    note: Mapped[str | None]
    made_at: Mapped[datetime]
    made_by: Mapped[str]
