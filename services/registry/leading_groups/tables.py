"""Leading groups, their offices, and who was in them from when until when."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.leading_groups.rules import GroupExists, GroupRole, GroupState
from shared.db import Scoped, Versioned, new_id, scope_indexes


class LeadingGroup(Versioned, Scoped, Base):
    """A leading group (行政执法协调监督领导小组) with its office."""

    __tablename__ = "leading_group"
    __table_args__ = (
        *scope_indexes("leading_group"),
        Index(
            "uq_leading_group_live_division",
            "division",
            unique=True,
            postgresql_where=text("state <> 'dissolved'"),
            info={"refusal": GroupExists},
        ),
        CheckConstraint(one_of("state", GroupState), name="state"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    division: Mapped[str]
    name: Mapped[str]
    duties: Mapped[str | None]
    office: Mapped[str | None]
    """What its office is called."""
    co_located_with: Mapped[str | None]
    """The justice office (司法所) with which the office works (合署办公)."""
    office_duties: Mapped[str | None]
    document_no: Mapped[str | None]
    state: Mapped[str]
    created_by: Mapped[str]
    established_on: Mapped[date | None]
    reason: Mapped[str | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class LeadingGroupMember(Base):
    """Somebody's time in a leading group or its office. Read through the group only."""

    __tablename__ = "leading_group_member"
    __table_args__ = (
        Index("ix_leading_group_member_leading_group_id", "leading_group_id", "id"),
        CheckConstraint(one_of("role", GroupRole), name="role"),
        CheckConstraint("left_on >= joined_on", name="period"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    leading_group_id: Mapped[UUID] = mapped_column(ForeignKey("leading_group.id"))
    role: Mapped[str]
    name: Mapped[str]
    post: Mapped[str]
    duties: Mapped[str | None]
    joined_on: Mapped[date]
    left_on: Mapped[date | None]
    reason: Mapped[str | None]
    created_at: Mapped[datetime]
