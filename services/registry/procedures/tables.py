"""Procedures: who leads and who supports when a township exercises an item."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base
from services.registry.procedures.rules import ProcedureChanged
from shared.db import Scoped, new_id, scope_indexes


class Procedure(Scoped, Base):
    """One edition of the procedure (运行机制) of an item of a township.

    It belongs to the item's code, so it goes on when the next list names the item again. An edition
    never changes; the next one ends it.
    """

    __tablename__ = "procedure"
    __table_args__ = (
        *scope_indexes("procedure"),
        # Two at once: the second is refused, whoever looked before.
        Index(
            "uq_procedure_current",
            "division",
            "code",
            unique=True,
            postgresql_where=text("until IS NULL"),
            info={"refusal": ProcedureChanged},
        ),
        Index(
            "uq_procedure_edition",
            "division",
            "code",
            "edition",
            unique=True,
            info={"refusal": ProcedureChanged},
        ),
        CheckConstraint("until >= since", name="period"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    division: Mapped[str]
    """The township."""
    code: Mapped[str]
    """Of the item."""
    domains: Mapped[list[str]]
    edition: Mapped[int]
    lead: Mapped[dict[str, Any]]
    support: Mapped[list[dict[str, Any]]]
    steps: Mapped[list[dict[str, Any]]]
    time_limit: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    since: Mapped[date]
    until: Mapped[date | None]
    """The first day of the next edition."""
    laid_down_by: Mapped[str]
    created_at: Mapped[datetime]
