"""Those invited to an inspection: read through it, which is scoped, or by themselves."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import Base, one_of
from services.oversight.participants.rules import (
    ParticipantKind,
    ParticipantState,
    ParticipantTwice,
)
from shared.db import Versioned, new_id

_OUT = (ParticipantState.DECLINED, ParticipantState.WITHDRAWN)


class Participant(Versioned, Base):
    """A person invited to an inspection (受邀参加人员): a delegate, an expert, a journalist."""

    __tablename__ = "participant"
    __table_args__ = (
        Index("ix_participant_inspection_id", "inspection_id", "id"),
        Index("ix_participant_account", "account", "id"),
        Index(
            "uq_participant_name",
            "inspection_id",
            "kind",
            "name",
            unique=True,
            postgresql_where=text(f"NOT {one_of('state', _OUT)}"),
            info={"refusal": ParticipantTwice},
        ),
        CheckConstraint(one_of("kind", ParticipantKind), name="kind"),
        CheckConstraint(one_of("state", ParticipantState), name="state"),
        CheckConstraint("rating BETWEEN 1 AND 5", name="rating"),
        CheckConstraint("state <> 'accepted' OR declaration IS NOT NULL", name="declared"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    inspection_id: Mapped[UUID] = mapped_column(ForeignKey("inspection.id"))
    kind: Mapped[str]
    name: Mapped[str]
    affiliation: Mapped[str | None]
    organisation: Mapped[str | None]
    """Credit code of the body they work for, where it has one."""
    account: Mapped[str | None]
    """`sub` of a lay monitor, who answers for themselves."""
    purpose: Mapped[str | None]
    state: Mapped[str]
    invited_at: Mapped[datetime]
    invited_by: Mapped[str]
    declaration: Mapped[str | None]
    """That they have no interest in the matter, in their words."""
    answered_at: Mapped[datetime | None]
    answered_by: Mapped[str | None]
    """Who wrote the answer down: they themselves or a supervisor."""
    reason: Mapped[str | None]
    """Why they declined, recused themselves or are not wanted any more."""
    opinion: Mapped[str | None]
    rating: Mapped[int | None]
    opined_at: Mapped[datetime | None]
    opined_by: Mapped[str | None]
