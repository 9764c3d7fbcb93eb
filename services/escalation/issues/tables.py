"""Issues (上报问题)."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

from sqlalchemy import (
    CheckConstraint,
    ColumnElement,
    Computed,
    Index,
    LargeBinary,
    SmallInteger,
    and_,
    literal_column,
    not_,
    or_,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.db import Base, one_of
from services.escalation.issues.rules import (
    EDITIONS,
    OVER,
    UNFINISHED,
    IssueOfRectificationExists,
    IssueState,
)
from services.escalation.ladder.rules import IssueLevel
from shared.access.actor import Actor
from shared.access.visibility import visible
from shared.db import Scoped, Versioned, new_id, scope_indexes
from shared.events.escalation.issues import (
    CONFIDENTIAL_KIND,
    CONFIDENTIAL_SOURCES,
    REPORT_SOURCES,
)
from shared.sealing import sealed_as

CONTACT = "issue.contact"
"""What a contact is sealed for."""

IS_UNFINISHED = f"issue.state in ({', '.join(repr(state.value) for state in UNFINISHED)})"
"""Written out, not bound: only so the planner sees that the partial indexes fit."""

IS_LIVE = f"state NOT IN ({', '.join(repr(state.value) for state in OVER)})"
"""The same of what is not at its end."""

# Orders what has no running deadline behind everything that has one, so that it can be paged.
NO_DEADLINE = "timestamptz '9999-12-31 00:00:00+00'"


class Issue(Versioned, Scoped, Base):
    """Something that the level which has it must reply to in time, or the next one gets it."""

    __tablename__ = "issue"
    __table_args__ = (
        CheckConstraint(one_of("level", IssueLevel), name="level"),
        CheckConstraint(one_of("state", IssueState), name="state"),
        *scope_indexes("issue"),
        Index("ix_issue_created_at", "created_at"),
        Index("ix_issue_due_at", "due_at", postgresql_where=text("due_at IS NOT NULL")),
        Index("ix_issue_closed_at", "closed_at", postgresql_where=text("closed_at IS NOT NULL")),
        Index("uq_issue_number", "number", unique=True),
        # Two facts about one rectification at once raise one issue.
        Index(
            "uq_issue_source_id",
            "source_id",
            unique=True,
            postgresql_where=text(f"source_id IS NOT NULL AND {IS_LIVE}"),
            info={"refusal": IssueOfRectificationExists},
        ),
        # Lists, newest first.
        Index("ix_issue_level_state", "level", "state", "id"),
        Index("ix_issue_district_state", "district", "state", "id"),
        Index("ix_issue_created_by", "created_by", "id"),
        Index(
            "ix_issue_organisation",
            "organisation",
            "id",
            postgresql_where=text("organisation IS NOT NULL"),
        ),
        Index("ix_issue_domains", "domains", postgresql_using="gin"),
        Index("ix_issue_parent_id", "parent_id", postgresql_where=text("parent_id IS NOT NULL")),
        Index(
            "ix_issue_merged_into",
            "merged_into",
            postgresql_where=text("merged_into IS NOT NULL"),
        ),
        # Most urgent first: everything, and inboxes.
        Index("ix_issue_urgency", "urgency", "id"),
        Index(
            "ix_issue_level_urgency", "level", "urgency", "id", postgresql_where=text(IS_UNFINISHED)
        ),
        Index(
            "ix_issue_district_urgency",
            "district",
            "level",
            "urgency",
            "id",
            postgresql_where=text(IS_UNFINISHED),
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    number: Mapped[str]
    """For people: 渝协〔2026〕17号. Not gapless."""
    title: Mapped[str]
    description: Mapped[str]
    kind: Mapped[str]
    severity: Mapped[str | None]
    major: Mapped[bool]
    source: Mapped[str]
    source_id: Mapped[UUID | None]
    """What raised it: the rectification."""
    reference: Mapped[str | None]
    division: Mapped[str]
    """Where it arose. Its level is the lowest that the issue can be at."""
    domains: Mapped[list[str]] = mapped_column(default=list)
    occurred_on: Mapped[date | None]
    place: Mapped[str | None]
    contact: Mapped[bytes | None] = mapped_column(LargeBinary, info=sealed_as(CONTACT))
    """Sealed: who can be asked, and how."""
    legal_basis: Mapped[list[str]] = mapped_column(default=list)
    subject_id: Mapped[UUID | None]
    organisation: Mapped[str | None]
    """Credit code of the body that it concerns."""
    level: Mapped[str]
    state: Mapped[str]
    arrived_at: Mapped[datetime]
    """Since when the level has it; its deadline is that of the rule in force on that day."""
    due_at: Mapped[datetime | None]
    """The first moment that is too late; None while paused or done."""
    due_provisional: Mapped[bool]
    """The deadline counts days whose calendar is not announced, or rests on a provisional rule."""
    urgency: Mapped[datetime] = mapped_column(
        Computed(f"coalesce(due_at, {NO_DEADLINE})", persisted=True)
    )
    counted_from: Mapped[datetime | None]
    """From where `counted` was counted; None of what began before this was kept."""
    counted: Mapped[dict[str, Any] | None]
    """What the running deadline is (`law.calendar.Remaining`), for when the calendar changes."""
    extended: Mapped[bool] = mapped_column(default=False, server_default="false")
    """Whether the level that has it was given more time."""
    urges: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    """How often those above have urged it."""
    edition: Mapped[int] = mapped_column(SmallInteger, default=EDITIONS.current, server_default="1")
    """Of the lifecycle that it began under."""
    proposed_by: Mapped[str | None]
    """While it waits for approval: who wants it to go up."""
    proposed_reason: Mapped[str | None]
    proposed_direct: Mapped[bool | None]
    routed_by: Mapped[str | None]
    """The rule that sent it to another level than that of its division."""
    parent_id: Mapped[UUID | None]
    """The issue that it is a part of."""
    merged_into: Mapped[UUID | None]
    remaining: Mapped[dict[str, Any] | None]
    """While paused: what was left of the deadline (`law.calendar.Remaining`)."""
    decision: Mapped[str | None]
    measures: Mapped[list[str]] = mapped_column(default=list)
    decided_level: Mapped[str | None]
    decided_at: Mapped[datetime | None]
    feedback: Mapped[str | None]
    closed_at: Mapped[datetime | None]
    created_by: Mapped[str]
    created_at: Mapped[datetime]


def issues_seen_by(table: Any, actor: Actor) -> ColumnElement[bool]:
    """The issues that `actor` may see."""
    return and_(visible(table, actor), open_to(table, actor))


def open_to(table: Any, actor: Actor) -> ColumnElement[bool]:
    """Those of the visible ones whose words `actor` may read.

    What carries a complainant's words or those of a report from the field is for the levels; of
    others it is for who raised it, and for a body that has something to do for it.
    """
    if actor.may("issue:triage"):
        return literal_column("true")
    confidential = or_(
        table.kind == CONFIDENTIAL_KIND,
        table.source.in_(sorted(CONFIDENTIAL_SOURCES)),
        and_(table.source.in_(sorted(REPORT_SOURCES)), table.source_id.is_not(None)),
    )
    ways = [not_(confidential), table.created_by == actor.sub]
    if actor.organisation:
        ways.append(table.parties.contains([actor.organisation]))
    return or_(*ways)
