"""Complaints (投诉举报) about administrative enforcement."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.complaints.rules import (
    OPEN,
    ComplaintChannel,
    ComplaintKind,
    ComplaintState,
    Standing,
)
from services.escalation.db import Base, one_of
from shared.db import Scoped, Versioned, new_id, scope_indexes
from shared.sealing import sealed_as

COMPLAINANT = "complaint.complainant"
"""What a complainant is sealed for."""

IS_OPEN = f"state in ({', '.join(repr(state.value) for state in OPEN)})"


class Complaint(Versioned, Scoped, Base):
    """What somebody complains of; who it was is sealed and shown for a reason only."""

    __tablename__ = "complaint"
    __table_args__ = (
        *scope_indexes("complaint"),
        CheckConstraint(one_of("state", ComplaintState), name="state"),
        CheckConstraint(one_of("channel", ComplaintChannel), name="channel"),
        CheckConstraint(one_of("kind", ComplaintKind), name="kind"),
        # What a hotline sends twice is one complaint.
        Index("uq_complaint_source_external_id", "source", "external_id", unique=True),
        Index("uq_complaint_number", "number", unique=True),
        Index("ix_complaint_due_at", "due_at", "id", postgresql_where=text(IS_OPEN)),
        Index("ix_complaint_received_at", "received_at"),
        Index("ix_complaint_answered_at", "answered_at"),
        Index("ix_complaint_against", "against", "id"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str]
    """For people: 渝诉〔2026〕17号."""
    channel: Mapped[str]
    source: Mapped[str | None]
    """The system that it was imported from: 12345."""
    external_id: Mapped[str | None]
    """What it is called there."""
    digest: Mapped[bytes | None] = mapped_column(LargeBinary)
    """Keyed hash of the record as it was imported: tells a repetition from a contradiction."""
    kind: Mapped[str]
    title: Mapped[str]
    content: Mapped[str]
    """Both without the complainant's name and contact, which are cut out."""
    division: Mapped[str]
    """Where it happened."""
    level: Mapped[str]
    """Who decides on it."""
    against: Mapped[str | None]
    """Credit code of the body complained of, which does not see it for that."""
    against_name: Mapped[str | None]
    officer_certificate_no: Mapped[str | None]
    act_number: Mapped[str | None]
    """文书号 of the enforcement act complained of."""
    occurred_on: Mapped[date | None]
    complainant: Mapped[bytes | None] = mapped_column(LargeBinary, info=sealed_as(COMPLAINANT))
    """Sealed; None if it is anonymous."""
    received_at: Mapped[datetime]
    """The reply deadline counts from this day."""
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    state: Mapped[str]
    due_at: Mapped[datetime]
    """The first moment that is too late for the answer."""
    due_provisional: Mapped[bool]
    overdue_at: Mapped[datetime | None]
    accepted_at: Mapped[datetime | None]
    accepted_by: Mapped[str | None]
    refusal_ground: Mapped[str | None]
    handler: Mapped[str | None]
    """Credit code of the body that looks into it; it is a party."""
    handler_name: Mapped[str | None]
    instruction: Mapped[str | None]
    assigned_at: Mapped[datetime | None]
    assigned_by: Mapped[str | None]
    result: Mapped[str | None]
    """What the handling body found and did."""
    reported_by: Mapped[str | None]
    reported_at: Mapped[datetime | None]
    extension_reason: Mapped[str | None]
    extension_asked_by: Mapped[str | None]
    extension_decided_by: Mapped[str | None]
    extension_granted: Mapped[bool | None]
    outcome: Mapped[str | None]
    reply: Mapped[str | None]
    reply_method: Mapped[str | None]
    answered_by: Mapped[str | None]
    answered_at: Mapped[datetime | None]
    issue_id: Mapped[UUID | None]
    """The issue that was raised of it."""
    satisfied: Mapped[bool | None]
    """What the complainant said of the answer, if asked (回访)."""
    closed_at: Mapped[datetime | None]

    @property
    def standing(self) -> Standing:
        """What decides who may do what now."""
        return Standing(
            state=self.state,
            level=self.level,
            scope=self.scope,
            handler=self.handler,
            reported_by=self.reported_by,
            extension_asked_by=self.extension_asked_by,
            extension_decided=self.extension_decided_by is not None,
            has_issue=self.issue_id is not None,
            due_at=self.due_at,
        )
