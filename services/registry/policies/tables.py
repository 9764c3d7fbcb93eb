"""The texts that everything refers to: each with its editions, each of those with its articles."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.policies.rules import (
    Openness,
    PolicyCodeTaken,
    PolicyKind,
    PolicyState,
    Rendering,
)
from shared.db import Versioned, new_id
from shared.search import Searched, search_index


class Policy(Versioned, Base):
    """A legal or policy text (政策法规文件). It belongs to no division: everybody reads it."""

    __tablename__ = "policy"
    __table_args__ = (
        Index("uq_policy_code", "code", unique=True, info={"refusal": PolicyCodeTaken}),
        CheckConstraint(one_of("kind", PolicyKind), name="kind"),
        CheckConstraint(one_of("openness", Openness), name="openness"),
        CheckConstraint(one_of("state", PolicyState), name="state"),
        CheckConstraint("(state = 'repealed') = (repealed_on IS NOT NULL)", name="repealed_on"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    code: Mapped[str]
    kind: Mapped[str]
    issuer: Mapped[str]
    openness: Mapped[str]
    state: Mapped[str]
    repealed_on: Mapped[date | None]
    """The first day without it."""
    reason: Mapped[str | None]
    """Why it was repealed."""
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class PolicyEdition(Searched, Base):
    """The text as it stands from a day to a day; those of a draft may still be rewritten."""

    __tablename__ = "policy_edition"
    __table_args__ = (
        UniqueConstraint("policy_id", "edition"),
        UniqueConstraint("policy_id", "effective_from"),
        search_index("policy_edition"),
        CheckConstraint(one_of("rendering", Rendering), name="rendering"),
        CheckConstraint("effective_to > effective_from", name="period"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    policy_id: Mapped[UUID] = mapped_column(ForeignKey("policy.id"))
    edition: Mapped[int]
    """From 1, in the order in which they take effect."""
    document_no: Mapped[str | None]
    title: Mapped[str]
    addressees: Mapped[list[str]]
    issued_on: Mapped[date | None]
    effective_from: Mapped[date]
    effective_to: Mapped[date | None]
    """The first day on which another edition, or none, holds."""
    rendering: Mapped[str]
    provisional: Mapped[bool]
    """Its number or days were not seen at the source."""
    created_at: Mapped[datetime]

    @property
    def searched(self) -> tuple[str | None, ...]:
        return self.title, self.document_no


class PolicyArticle(Searched, Base):
    """A part of an edition that can be referred to by its number."""

    __tablename__ = "policy_article"
    __table_args__ = (
        UniqueConstraint("edition_id", "number"),
        UniqueConstraint("edition_id", "position"),
        search_index("policy_article"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    edition_id: Mapped[UUID] = mapped_column(ForeignKey("policy_edition.id", ondelete="CASCADE"))
    position: Mapped[int]
    number: Mapped[str]
    heading: Mapped[str | None]
    text: Mapped[str]
    provisional: Mapped[bool]

    @property
    def searched(self) -> tuple[str | None, ...]:
        return self.text, self.heading
