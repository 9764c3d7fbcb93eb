"""Guidance links: which department guides a township in what."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.guidance_links.rules import GuidanceLinkState, GuideAssigned
from shared.db import Scoped, Versioned, new_id, scope_indexes


class GuidanceLink(Versioned, Scoped, Base):
    """A guiding department (业务指导部门) of a township, in a domain or for one item."""

    __tablename__ = "guidance_link"
    __table_args__ = (
        *scope_indexes("guidance_link"),
        # Two assignments at once: the second is refused, whoever looked before.
        Index(
            "uq_guidance_link_domain",
            "division",
            "domain",
            unique=True,
            postgresql_where=text("state = 'active'"),
            info={"refusal": GuideAssigned},
        ),
        Index(
            "uq_guidance_link_item",
            "division",
            "item_code",
            unique=True,
            postgresql_where=text("state = 'active'"),
            info={"refusal": GuideAssigned},
        ),
        Index("ix_guidance_link_organisation", "organisation"),
        Index("ix_guidance_link_domains", "domains", postgresql_using="gin"),
        Index("ix_guidance_link_department_id", "department_id", "id"),
        CheckConstraint(one_of("state", GuidanceLinkState), name="state"),
        CheckConstraint("num_nulls(domain, item_code) = 1", name="of"),
        CheckConstraint("ended_on >= assigned_on", name="period"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    division: Mapped[str]
    """The township."""
    domain: Mapped[str | None]
    item_code: Mapped[str | None]
    """Of an item of the township's list; it is guided on when the next list has it again."""
    item_name: Mapped[str | None]
    domains: Mapped[list[str]]
    """The domain, or those of the item."""
    department_id: Mapped[UUID | None] = mapped_column(ForeignKey("subject.id"))
    department: Mapped[str]
    organisation: Mapped[str | None]
    """Credit code of the department, where it is a subject."""
    state: Mapped[str]
    assigned_on: Mapped[date]
    ended_on: Mapped[date | None]
    reason: Mapped[str | None]
    """Why it ended."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
