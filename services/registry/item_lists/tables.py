"""Township item lists, their items, and what the yearly evaluations found."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.item_lists.rules import (
    PREPARING,
    PUBLIC,
    EvaluationResult,
    ItemListInPreparation,
    ItemListPublished,
    ItemListState,
)
from shared.db import Scoped, Versioned, new_id, scope_indexes


class ItemList(Versioned, Scoped, Base):
    """An item list (镇街事项清单) of a township, from a day to a day.

    Once published neither it nor its items change (a trigger holds the items), so the lists
    themselves are what was true on a day.
    """

    __tablename__ = "item_list"
    __table_args__ = (
        *scope_indexes("item_list"),
        # Whoever checked before: one list in preparation and one in force, a number given once.
        Index(
            "uq_item_list_preparing",
            "division",
            unique=True,
            postgresql_where=text(one_of("state", PREPARING)),
            info={"refusal": ItemListInPreparation},
        ),
        Index(
            "uq_item_list_published",
            "division",
            unique=True,
            postgresql_where=text(f"state = '{ItemListState.PUBLISHED}'"),
            info={"refusal": ItemListPublished},
        ),
        Index(
            "uq_item_list_edition",
            "division",
            "edition",
            unique=True,
            info={"refusal": ItemListPublished},
        ),
        Index("ix_item_list_state", "state", "id"),
        Index("ix_item_list_domains", "domains", postgresql_using="gin"),
        CheckConstraint(one_of("state", ItemListState), name="state"),
        CheckConstraint(
            f"({one_of('state', PUBLIC)}) = (num_nulls(edition, effective_from) = 0)",
            name="published",
        ),
        CheckConstraint("effective_to >= effective_from", name="period"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    division: Mapped[str]
    """The township."""
    domains: Mapped[list[str]]
    """Of all its items."""
    statutory: Mapped[int] = mapped_column(default=0)
    empowered: Mapped[int] = mapped_column(default=0)
    entrusted: Mapped[int] = mapped_column(default=0)
    """How many items it has of each kind."""
    state: Mapped[str]
    edition: Mapped[int | None]
    """Counts the published lists of the township."""
    authors: Mapped[list[str]]
    """Who had a hand in it, and so does not review it."""
    reason: Mapped[str | None]
    """Why it was returned; none once it is submitted again."""
    reviewed_by: Mapped[str | None]
    decision_no: Mapped[str | None]
    decided_on: Mapped[date | None]
    """Of the council's decision."""
    effective_from: Mapped[date | None]
    effective_to: Mapped[date | None]
    """The first day on which another list is in force."""
    evaluated_on: Mapped[date | None]
    due_at: Mapped[datetime | None]
    """Until when the next evaluation is to be done, while it is in force."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def items(self) -> int:
        return self.statutory + self.empowered + self.entrusted


class ItemListEvaluation(Base):
    """A yearly evaluation of a list. Read through its list only, which is scoped."""

    __tablename__ = "item_list_evaluation"
    __table_args__ = (
        Index("ix_item_list_evaluation_item_list_id", "item_list_id", "id"),
        CheckConstraint(one_of("result", EvaluationResult), name="result"),
        UniqueConstraint("item_list_id", "version"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    item_list_id: Mapped[UUID] = mapped_column(ForeignKey("item_list.id"))
    version: Mapped[int]
    """The list's version that came of it."""
    result: Mapped[str]
    note: Mapped[str]
    evaluated_on: Mapped[date]
    evaluated_by: Mapped[str]
