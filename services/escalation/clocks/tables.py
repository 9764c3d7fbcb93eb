"""What a row has while somebody has a term by a rule of law."""

from datetime import UTC, datetime
from typing import Any, ClassVar, NamedTuple

from sqlalchemy import func
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, mapped_column

NEVER = datetime(9999, 12, 31, tzinfo=UTC)
"""Orders what has no running term behind everything that has one."""


class Clock(NamedTuple):
    """The timers of a kind of matter, and the rule that says when its reminder goes out."""

    due: str
    soon: str
    reminder: str
    """Code of a rule with the value `{days}`; a term that is shorter has no reminder."""


class Clocked:
    """A row with at most one running term at a time; nothing runs while `due_at` is None."""

    clock: ClassVar[Clock]

    due_at: Mapped[datetime | None] = mapped_column(default=None)
    """The first moment that is too late."""
    due_provisional: Mapped[bool] = mapped_column(default=False)
    due_rule: Mapped[str | None] = mapped_column(default=None)
    """The rule that says how long, and with `/` behind it which part of it; None where a person
    gave the day."""
    due_from: Mapped[datetime | None] = mapped_column(default=None)
    overdue_at: Mapped[datetime | None] = mapped_column(default=None)
    """When the last term passed with nothing done."""

    @hybrid_property
    def urgency(self) -> datetime:
        """What lists are sorted by: `due_at`, or the end of time."""
        return self.due_at or NEVER

    @urgency.inplace.expression
    @classmethod
    def _urgency(cls) -> Any:
        return func.coalesce(cls.due_at, NEVER)
