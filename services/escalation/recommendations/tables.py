"""Papers on what the pilot showed, at each of the three levels (意见建议)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, ColumnElement, Index, and_, or_
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.db import Base, one_of
from services.escalation.ladder.rules import IssueLevel
from services.escalation.recommendations.rules import RecommendationState
from shared.access.actor import Actor
from shared.access.visibility import visible
from shared.db import Scoped, Versioned, new_id, scope_indexes


class Recommendation(Versioned, Scoped, Base):
    """What a level recommends, and the data and sources that it rests on."""

    __tablename__ = "recommendation"
    __table_args__ = (
        *scope_indexes("recommendation"),
        CheckConstraint(one_of("state", RecommendationState), name="state"),
        CheckConstraint(one_of("level", IssueLevel), name="level"),
        CheckConstraint("(state = 'issued') = (digest IS NOT NULL)", name="digest"),
        Index("uq_recommendation_number", "number", unique=True),
        Index("ix_recommendation_programme_id", "programme_id", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str | None]
    """For people, once it is issued: 渝协建〔2023〕1号."""
    title: Mapped[str]
    programme_id: Mapped[UUID]
    first_day: Mapped[date]
    last_day: Mapped[date]
    """Both legal days are within the programme, and what was compiled."""
    division: Mapped[str]
    level: Mapped[str]
    """Whose paper it is."""
    summary: Mapped[str | None]
    items: Mapped[list[dict[str, Any]]]
    """Each `{text, addressed_to, sources: [{kind, id, label}]}`."""
    compiled: Mapped[dict[str, Any]]
    """What the data said: `actions.gather`."""
    compiled_at: Mapped[datetime]
    state: Mapped[str]
    remarks: Mapped[str | None]
    """Why it was returned or withdrawn."""
    written_by: Mapped[str]
    """Who wrote on it last."""
    submitted_by: Mapped[str | None]
    submitted_at: Mapped[datetime | None]
    approved_by: Mapped[str | None]
    approved_at: Mapped[datetime | None]
    issued_by: Mapped[str | None]
    issued_at: Mapped[datetime | None]
    digest: Mapped[str | None]
    """SHA-256 of what was issued."""
    created_by: Mapped[str]
    created_at: Mapped[datetime]


def papers_seen_by(actor: Actor) -> ColumnElement[bool]:
    """Until it is issued only the division whose paper it is sees it."""
    paper = Recommendation
    issued = paper.state == RecommendationState.ISSUED
    return and_(visible(paper, actor), or_(paper.division == actor.division, issued))
