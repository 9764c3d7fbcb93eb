"""Lay monitors, what they did, and the grid cells that they are assigned to."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    LargeBinary,
    and_,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, synonym

from services.registry.db import Base, one_of
from services.registry.lay_monitors.rules import (
    ENDED,
    AccountTaken,
    ActivityKind,
    AlreadyMonitor,
    GridCodeTaken,
    MonitorSource,
    MonitorState,
)
from shared.db import Scoped, Versioned, new_id, scope_indexes
from shared.reversals import STANDS, Reversible, reversal_check
from shared.search import Searched, search_index

_LIVE = f"NOT ({one_of('state', ENDED)})"


class Grid(Versioned, Scoped, Base):
    """A grid cell (网格) of a division."""

    __tablename__ = "grid"
    __table_args__ = (
        *scope_indexes("grid"),
        Index(
            "uq_grid_division_code",
            "division",
            "code",
            unique=True,
            info={"refusal": GridCodeTaken},
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    division: Mapped[str]
    code: Mapped[str]
    name: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class LayMonitor(Searched, Versioned, Scoped, Base):
    """Somebody from outside who watches enforcement (行政执法监督员)."""

    __tablename__ = "lay_monitor"
    __table_args__ = (
        *scope_indexes("lay_monitor"),
        search_index("lay_monitor"),
        Index(
            "uq_lay_monitor_live_identity",
            "identity_index",
            unique=True,
            postgresql_where=text(_LIVE),
            info={"refusal": AlreadyMonitor},
        ),
        Index(
            "uq_lay_monitor_live_account",
            "account",
            unique=True,
            postgresql_where=text(_LIVE),
            info={"refusal": AccountTaken},
        ),
        Index("ix_lay_monitor_account", "account"),
        CheckConstraint(one_of("source", MonitorSource), name="source"),
        CheckConstraint(one_of("state", MonitorState), name="state"),
        CheckConstraint(
            "state NOT IN ('appointed', 'on_leave') OR num_nulls(term_from, term_to) = 0",
            name="term",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    source: Mapped[str]
    affiliation: Mapped[str | None]
    specialities: Mapped[list[str]]
    """Domains of enforcement that they know (专业化)."""
    division: Mapped[str]
    account: Mapped[str | None]
    """`sub` of the monitor, once they have an account."""
    created_by = synonym("account")
    """What `visible` shows a lay monitor: the record that is about them."""
    identity_index: Mapped[bytes | None] = mapped_column(LargeBinary)
    """The keyed hash by which officers are found too; the number itself is not kept."""
    state: Mapped[str]
    nominated_by: Mapped[str]
    vetted_by: Mapped[str | None]
    checks: Mapped[list[dict[str, Any]]]
    """What was looked into when they were vetted."""
    term_from: Mapped[date | None]
    term_to: Mapped[date | None]
    """The last day of the term."""
    ended_on: Mapped[date | None]
    reason: Mapped[str | None]
    """Why they are on leave, resigned, were dismissed or refused."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def searched(self) -> tuple[str | None, ...]:
        return self.name, self.affiliation


class LayMonitorGrid(Reversible, Base):
    """That a lay monitor is, or was, assigned to a grid cell."""

    __tablename__ = "lay_monitor_grid"
    __table_args__ = (
        Index("ix_lay_monitor_grid_grid_id", "grid_id"),
        Index("ix_lay_monitor_grid_lay_monitor_id", "lay_monitor_id", "id"),
        Index(
            "uq_lay_monitor_grid_once",
            "lay_monitor_id",
            "grid_id",
            unique=True,
            postgresql_where=text(f"ended_at IS NULL AND {STANDS}"),
        ),
        reversal_check(),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    lay_monitor_id: Mapped[UUID] = mapped_column(ForeignKey("lay_monitor.id"))
    grid_id: Mapped[UUID] = mapped_column(ForeignKey("grid.id"))
    assigned_by: Mapped[str | None]
    """Nobody is known of those that were made before it was kept, nor when."""
    assigned_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    """When the monitor was assigned elsewhere instead."""

    @classmethod
    def goes_on(cls) -> ColumnElement[bool]:
        """Neither ended nor reversed."""
        return and_(cls.ended_at.is_(None), cls.stands())


class LayMonitorActivity(Base):
    """What a lay monitor did. Read through the monitor only, who is scoped."""

    __tablename__ = "lay_monitor_activity"
    __table_args__ = (
        Index("ix_lay_monitor_activity_lay_monitor_id", "lay_monitor_id", "id"),
        CheckConstraint(one_of("kind", ActivityKind), name="kind"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    lay_monitor_id: Mapped[UUID] = mapped_column(ForeignKey("lay_monitor.id"))
    kind: Mapped[str]
    done_on: Mapped[date]
    summary: Mapped[str]
    reference: Mapped[str | None]
    """Of the lead, inspection or file that it was about, where that is kept."""
    logged_by: Mapped[str]
    created_at: Mapped[datetime]
