"""Inspections. Until the inspectors are on site, an unannounced one belongs to nobody but the
inspecting body: its scope is that body's and no column names the subject to `visible`."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import AboutSubject, Base
from shared.db import Versioned, new_id, scope_indexes


class Inspection(AboutSubject, Versioned, Base):
    """A supervision inspection of an enforcement subject (执法监督检查)."""

    __tablename__ = "inspection"
    __table_args__ = (
        *scope_indexes("inspection"),
        Index("ix_inspection_closed_at", "closed_at"),
        Index("ix_inspection_campaign_id", "campaign_id", "id"),
        Index("ix_inspection_follows_id", "follows_id", "id"),
        Index("ix_inspection_subject_id", "subject_id", "id"),
        Index("ix_inspection_organisation", "organisation"),
        Index("ix_inspection_domains", "domains", postgresql_using="gin"),
        Index("ix_inspection_planned_on", "planned_on", "id"),
        Index("ix_inspection_inspectors", "inspectors", postgresql_using="gin"),
        # What the subject must not see coming has nothing that would show it to them.
        CheckConstraint(
            "mode <> 'unannounced' OR started_at IS NOT NULL OR"
            " (township IS NULL AND organisation IS NULL AND domains = '{}')",
            name="concealed",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    campaign_id: Mapped[UUID | None] = mapped_column(ForeignKey("campaign.id"))
    draw_id: Mapped[UUID | None] = mapped_column(ForeignKey("draw.id"))
    """The draw that it came out of."""
    follows_id: Mapped[UUID | None]
    """The rectification that it looks back on; the foreign key is that of `rectification`."""
    uscc: Mapped[str]
    """Credit code of the subject."""
    organisation: Mapped[str | None]
    """The same once the subject may see it; it is what `visible` compares."""
    kind: Mapped[str]
    mode: Mapped[str]
    theme: Mapped[str]
    basis: Mapped[str]
    planned_on: Mapped[date]
    state: Mapped[str]
    inspectors: Mapped[list[dict[str, Any]]]
    """`{sub, name, organisation}` each."""
    recusals: Mapped[list[dict[str, Any]]] = mapped_column(default=list)
    """`{inspector, reason, replacement, recused_at, recorded_by}` each, in order."""
    recusal_requests: Mapped[list[dict[str, Any]]] = mapped_column(
        default=list, server_default=text("'[]'")
    )
    """`{inspector, reason, asked_at, asked_by, due_at, granted, decision, decided_at, decided_by}`
    each, in order; `granted` is null until somebody else decides."""
    findings: Mapped[int] = mapped_column(default=0)
    undecided: Mapped[int] = mapped_column(default=0)
    """Findings that are neither confirmed nor withdrawn."""
    assigned_at: Mapped[datetime]
    assigned_by: Mapped[str]
    accepted_at: Mapped[datetime | None]
    notified_at: Mapped[datetime | None]
    started_at: Mapped[datetime | None]
    sealed_at: Mapped[datetime | None]
    evidence_seal_id: Mapped[UUID | None] = mapped_column(ForeignKey("evidence_seal.id"))
    """The set of its evidence; the next one with each late file."""
    signed_at: Mapped[datetime | None]
    closed_at: Mapped[datetime | None]
    cancelled_at: Mapped[datetime | None]
    cancel_reason: Mapped[str | None]

    @property
    def credit_code(self) -> str:
        return self.uscc

    def recused(self, sub: str) -> bool:
        """Whether this person was taken off it, or is challenged and it is not decided yet."""
        return sub in self.challenged or any(
            past["inspector"]["sub"] == sub for past in self.recusals
        )

    @property
    def open_requests(self) -> list[dict[str, Any]]:
        """Requests for a recusal that nobody has decided."""
        return [one for one in self.recusal_requests or [] if one["granted"] is None]

    @property
    def challenged(self) -> list[str]:
        """`sub` of those inspectors whose recusal is asked for."""
        return [one["inspector"]["sub"] for one in self.open_requests]

    @property
    def concealed(self) -> bool:
        """Whether the subject must not learn of it (yet)."""
        return self.organisation is None
