"""Random draws. The seed is sealed until it is used; hashes of it and of the lists are published
before."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import Base, level_name, one_of
from services.oversight.draws.rules import ALGORITHM, OPEN, DrawOpen, DrawState
from shared.db import Scoped, Versioned, new_id, scope_indexes
from shared.sealing import sealed_as

SEED_CONTEXT = "draw.seed"
"""What a seed is sealed for."""


class Draw(Scoped, Versioned, Base):
    """One draw of subjects and inspectors (双随机) of a campaign."""

    __tablename__ = "draw"
    __table_args__ = (
        *scope_indexes("draw"),
        Index("ix_draw_campaign_id", "campaign_id", "id"),
        Index("ix_draw_domains", "domains", postgresql_using="gin"),
        # Two that begin at once would let somebody choose between two results.
        Index(
            "uq_draw_open",
            "campaign_id",
            unique=True,
            postgresql_where=text(one_of("state", OPEN)),
            info={"refusal": DrawOpen},
        ),
        CheckConstraint(one_of("state", DrawState), name="state"),
        CheckConstraint(
            "NOT concealed OR (township IS NULL AND parties = '{}' AND domains = '{}')",
            name="concealed",
        ),
        # Nothing is shown of the seed before the lists are beyond change.
        CheckConstraint(
            "(seed IS NULL) = (state IN ('committed', 'fixed'))",
            name="seed",
        ),
        CheckConstraint(
            "state NOT IN ('drawn', 'assigned') OR num_nulls(lists, lists_hash, result) = 0",
            name="drawn",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaign.id"))
    authority: Mapped[str]
    """The next five as in the campaign."""
    authority_organisation: Mapped[str | None]
    concealed: Mapped[bool]
    divisions: Mapped[list[str]]
    domains: Mapped[list[str]] = mapped_column(default=list)
    state: Mapped[str]
    sealed_seed: Mapped[bytes] = mapped_column(info=sealed_as(SEED_CONTEXT))
    seed_hash: Mapped[str]
    seed: Mapped[str | None]
    """Hexadecimal, once it is shown."""
    lists: Mapped[dict[str, Any] | None] = mapped_column(JSONB(none_as_null=True))
    """What is drawn from, as `rules.draw` takes it; its keys are ids of subjects and `sub`s."""
    lists_hash: Mapped[str | None]
    names: Mapped[dict[str, Any]] = mapped_column(default=dict)
    """`{"subjects": {id: name}, "inspectors": {sub: {name, organisation}}}`."""
    bars: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """`{inspector, subject_id, reason}` each; only those who hold the draw read the reasons."""
    witness: Mapped[str] = mapped_column(default="")
    result: Mapped[list[Any] | None] = mapped_column(JSONB(none_as_null=True))
    """As `rules.draw` gives it."""
    skipped: Mapped[list[str]] = mapped_column(default=list)
    """Ids of drawn subjects that had ended before they were assigned."""
    committed_at: Mapped[datetime]
    committed_by: Mapped[str]
    fixed_at: Mapped[datetime | None]
    fixed_by: Mapped[str | None]
    drawn_at: Mapped[datetime | None]
    drawn_by: Mapped[str | None]
    assigned_at: Mapped[datetime | None]
    assigned_by: Mapped[str | None]
    voided_at: Mapped[datetime | None]
    voided_by: Mapped[str | None]
    void_reason: Mapped[str | None]

    def told(self) -> dict[str, Any]:
        """What every fact of it says."""
        return {
            "draw_id": self.id,
            "campaign_id": self.campaign_id,
            "division": self.authority,
            "authority_level": level_name(self.authority),
            "state": self.state,
            "algorithm": ALGORITHM,
            "seed_hash": self.seed_hash,
            "lists_hash": self.lists_hash,
        }

    def revealed(self) -> dict[str, Any]:
        """What the facts say that reveal it."""
        drawn = [{"subject_id": id, "inspectors": subs} for id, subs in self.result or []]
        return {"seed": self.seed, "witness": self.witness, "result": drawn}
