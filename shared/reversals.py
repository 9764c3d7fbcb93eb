"""An entry that was a mistake is taken back (更正): it stays where it is, and counts no more.

The same of all that can be reversed: `POST /<things>/{id}/reverse` names an entry of the thing and
says why. Who made the entry, who took it back, when and why stays with it; whoever adds up entries,
or looks for them, says `stands()`; the right one is entered anew.
"""

from datetime import datetime
from typing import Annotated, TypeVar
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints
from sqlalchemy import CheckConstraint, ColumnElement, select
from sqlalchemy.ext.asyncio import AsyncSession
from sqlalchemy.orm import Mapped, mapped_column

from shared.access.actor import Actor
from shared.clock import now
from shared.db import new_id
from shared.refusals import NotFound, Refused
from shared.web.schemas import Input, View

STANDS = "reversed_at IS NULL"
"""Of a partial index: what was reversed may be entered again."""


class EntryReversed(Refused):
    """It counts no more already."""

    code = "entry-reversed"
    zh = "该登记已更正，不再计入。"
    en = "The entry was reversed already and counts no more."


class Reversible:
    """An entry, read through the thing that it belongs to."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    reversed_at: Mapped[datetime | None] = mapped_column()
    reversed_by: Mapped[str | None] = mapped_column()
    reversal_reason: Mapped[str | None] = mapped_column()

    @classmethod
    def stands(cls) -> ColumnElement[bool]:
        """What counts."""
        return cls.reversed_at.is_(None)

    @property
    def reversed(self) -> bool:
        return self.reversed_at is not None


def reversal_check() -> CheckConstraint:
    """For the table: nothing is taken back without a reason, nor by nobody."""
    return CheckConstraint(
        "num_nulls(reversed_at, reversed_by, reversal_reason) IN (0, 3)", name="reversal"
    )


class ReversalRequest(Input):
    """Which entry was a mistake, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"entry_id": "019ab3a0-0000-7000-8000-000000000001", "reason": "登记有误"}]
        }
    )

    entry_id: UUID = Field(description="Of an entry of this, as its list shows it")
    reason: Annotated[str, StringConstraints(min_length=1, max_length=2_000, strip_whitespace=True)]


class EntryView(View):
    """An entry that may have been reversed."""

    reversed_at: datetime | None = Field(
        default=None, description="When it was reversed (更正): it counts no more"
    )
    reversed_by: str | None = Field(default=None, description="`sub` of the person")
    reversal_reason: str | None = None


E = TypeVar("E", bound=Reversible)


async def take_back(
    session: AsyncSession,
    actor: Actor,
    table: type[E],
    request: ReversalRequest,
    *belongs: ColumnElement[bool],
) -> E:
    """The entry, which counts no more from now on; `belongs` says to what, which is locked.

    Refuses with `NotFound` what is no entry of it, and with `EntryReversed` what was reversed.
    """
    found = await session.scalars(
        select(table).where(table.id == request.entry_id, *belongs),
        execution_options={"populate_existing": True},
    )
    entry = found.one_or_none()
    if entry is None:
        raise NotFound
    if entry.reversed:
        raise EntryReversed
    entry.reversed_at, entry.reversed_by = now(session), actor.sub
    entry.reversal_reason = request.reason
    return entry
