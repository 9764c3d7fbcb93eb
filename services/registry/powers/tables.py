"""Powers: what a subject may do to whom, and on which articles it rests."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.powers.rules import ENDED, PowerCodeTaken, PowerKind, PowerState
from shared.db import Scoped, Versioned, new_id, scope_indexes
from shared.law.divisions import Level
from shared.past import Dated, keep_past
from shared.search import Searched, search_index


class Power(Dated, Searched, Versioned, Scoped, Base):
    """A power (行政职权) of a subject; each edition of it is kept."""

    __tablename__ = "power"
    __table_args__ = (
        *scope_indexes("power"),
        search_index("power"),
        Index("ix_power_created_at", "created_at"),
        # Two drafts of one code at once: the second is refused, whoever checked before.
        Index(
            "uq_power_live_code",
            "subject_id",
            "code",
            unique=True,
            postgresql_where=text(f"NOT ({one_of('state', ENDED)})"),
            info={"refusal": PowerCodeTaken},
        ),
        Index("ix_power_subject_id", "subject_id", "id"),
        Index("ix_power_organisation", "organisation"),
        Index("ix_power_code", "code", "id"),
        Index("ix_power_domains", "domains", postgresql_using="gin"),
        Index("ix_power_state", "state", "id"),
        CheckConstraint(one_of("state", PowerState), name="state"),
        CheckConstraint(one_of("kind", PowerKind), name="kind"),
        CheckConstraint(one_of("level", Level), name="level"),
        CheckConstraint(
            f"NOT ({one_of('state', (PowerState.ACTIVE,))}) OR cardinality(basis) > 0",
            name="basis",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    subject_id: Mapped[UUID] = mapped_column(ForeignKey("subject.id"))
    organisation: Mapped[str]
    """Credit code of the subject."""
    code: Mapped[str]
    name: Mapped[str]
    kind: Mapped[str]
    level: Mapped[str]
    """That of the subject: at which level the power is exercised."""
    domains: Mapped[list[str]]
    basis: Mapped[list[str]]
    township_allowed: Mapped[bool]
    """Whether it may be handed down to a township."""
    edition: Mapped[int] = mapped_column(default=1)
    """Counts what came into force: the power as activated, and each amendment."""
    state: Mapped[str]
    authors: Mapped[list[str]]
    """Who had a hand in the draft, and so does not approve it."""
    proposal: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """An amendment that waits for approval (`schemas.Proposal`)."""
    reason: Mapped[str | None]
    """Why it was amended last, or repealed."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def searched(self) -> tuple[str, ...]:
        return self.name, self.code

    @property
    def proposed_since(self) -> date | None:
        return date.fromisoformat(self.proposal["since"]) if self.proposal else None

    @property
    def proposed_by(self) -> str | None:
        return self.proposal["proposed_by"] if self.proposal else None


# A merger gives a power to another subject.
keep_past(Base, Power, indexed=("subject_id", "organisation"))
