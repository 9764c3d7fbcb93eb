"""Result reports as they were frozen. A row is written once; a later report of the same campaign
takes its place and leaves it as it was."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import Base
from shared.db import new_id


class CampaignReport(Base):
    """What a campaign came to (结果报告), by the figures of the day on which it was reported.

    Whoever may read it may read its campaign, which is looked at first.
    """

    __tablename__ = "campaign_report"
    __table_args__ = (
        Index("uq_campaign_report_code", "code", unique=True),
        # One report of a campaign holds.
        Index(
            "uq_campaign_report_campaign_id",
            "campaign_id",
            unique=True,
            postgresql_where=text("superseded_at IS NULL"),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    campaign_id: Mapped[UUID] = mapped_column(ForeignKey("campaign.id"))
    issuer: Mapped[str]
    """Name of the body that holds the campaign, as it stands at the head of the page."""
    number: Mapped[str]
    """That of the run of its reports."""
    issued_on: Mapped[date]
    content: Mapped[dict[str, Any]]
    """As `rules.body_of` sets it out."""
    code: Mapped[str]
    """What the public verification asks for; cannot be guessed."""
    digest: Mapped[str]
    frozen_at: Mapped[datetime]
    superseded_at: Mapped[datetime | None]
    """When a later report of the campaign took its place."""

    @property
    def said(self) -> dict[str, Any]:
        """What the digest is made of."""
        return {
            "issuer": self.issuer,
            "number": self.number,
            "issued_on": self.issued_on.isoformat(),
            "content": self.content,
        }
