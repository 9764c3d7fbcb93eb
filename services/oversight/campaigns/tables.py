"""Campaigns. An unannounced one that is not reported yet has the scope of the body that holds it:
no party and no domain is in its row, so nothing shows it to those who are to be visited."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.campaigns.rules import CampaignState, Ground, Recurrence
from services.oversight.db import Base, one_of
from services.oversight.inspections.rules import InspectionKind, InspectionMode
from shared.db import Scoped, Versioned, new_id, scope_indexes


class Campaign(Scoped, Versioned, Base):
    """A campaign of supervision (专项, 重点, 日常监督) of a supervising body."""

    __tablename__ = "campaign"
    __table_args__ = (
        *scope_indexes("campaign"),
        Index("ix_campaign_domains", "domains", postgresql_using="gin"),
        Index("ix_campaign_starts_on", "starts_on", "id"),
        # One campaign is prepared from another, however many timers run.
        Index("uq_campaign_follows_id", "follows_id", unique=True),
        CheckConstraint(one_of("kind", InspectionKind), name="kind"),
        CheckConstraint(one_of("mode", InspectionMode), name="mode"),
        CheckConstraint(one_of("state", CampaignState), name="state"),
        CheckConstraint(one_of("ground", Ground), name="ground"),
        CheckConstraint(one_of("recurrence", Recurrence), name="recurrence"),
        CheckConstraint("ends_on >= starts_on", name="period"),
        CheckConstraint("cardinality(divisions) > 0", name="divisions"),
        CheckConstraint(
            "mode <> 'unannounced' OR NOT concealed OR"
            " (township IS NULL AND parties = '{}' AND domains = '{}')",
            name="concealed",
        ),
        CheckConstraint(
            "mode <> 'unannounced' OR concealed OR reported_at IS NOT NULL",
            name="disclosed",
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    authority: Mapped[str]
    """Whole code of the division whose supervisors hold it."""
    authority_organisation: Mapped[str | None]
    """Credit code of the planner's body: its own people are not those to be visited."""
    kind: Mapped[str]
    mode: Mapped[str]
    concealed: Mapped[bool]
    theme: Mapped[str]
    target_domains: Mapped[list[str]]
    """Domains of enforcement that it is about; none are all."""
    domains: Mapped[list[str]] = mapped_column(default=list)
    """The same once line departments may see it."""
    divisions: Mapped[list[str]]
    """Whole codes of the divisions whose subjects may be inspected."""
    starts_on: Mapped[date]
    ends_on: Mapped[date]
    plan: Mapped[str]
    target: Mapped[int | None]
    """How many inspections are meant to be held."""
    ground: Mapped[str]
    ground_reference: Mapped[str | None]
    recurrence: Mapped[str | None]
    recurs_until: Mapped[date | None]
    follows_id: Mapped[UUID | None] = mapped_column(ForeignKey("campaign.id"))
    """The one that it was prepared from."""
    state: Mapped[str]
    approver: Mapped[str | None]
    """`sub` of whoever is asked to approve; any other supervisor in charge may too."""
    planned_at: Mapped[datetime]
    planned_by: Mapped[str]
    changed_at: Mapped[datetime | None]
    """When the plan was changed last."""
    authors: Mapped[list[str]]
    """`sub` of each who wrote or changed the plan."""
    return_reason: Mapped[str | None]
    """Of the last return, of the plan or the report."""
    approved_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]
    started_at: Mapped[datetime | None]
    report_due_at: Mapped[datetime | None]
    report: Mapped[dict[str, Any] | None]
    """The result as it was last reported."""
    reported_at: Mapped[datetime | None]
    reported_by: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    closed_by: Mapped[str | None]
    cancelled_at: Mapped[datetime | None]
    cancelled_by: Mapped[str | None]
    cancel_reason: Mapped[str | None]
