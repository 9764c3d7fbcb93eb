"""What everything has that one body hands to another: two sides, and what is due next."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.clocks.tables import Clocked
from services.escalation.ladder.rules import HOLDERS, level_of_division
from services.escalation.matters.rules import Side
from services.escalation.permissions import BODIES
from shared.access.actor import Actor
from shared.db import Scoped, Versioned, new_id


class Stepped(Versioned, Scoped, Clocked):
    """A row of which one step at a time is due (`matters.actions.Term`)."""

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    due_step: Mapped[str | None]
    """What is due; None: nothing is."""


class Matter(Stepped):
    """A case or a request on its way from a sender to a receiver."""

    number: Mapped[str]
    title: Mapped[str]
    division: Mapped[str]
    """Where the sender is."""
    sender: Mapped[str | None]
    """Credit code of the sender; None: the office of the division."""
    sender_name: Mapped[str]
    receiver: Mapped[str | None]
    """Credit code of the receiver; None: it does not use the system."""
    receiver_name: Mapped[str]
    state: Mapped[str]
    created_at: Mapped[datetime]
    created_by: Mapped[str]
    history: Mapped[list[dict[str, Any]]] = mapped_column(default=list, server_default="[]")
    """What was done with it, a line a step: at, by, by_name, action, text, document_no, late."""

    @property
    def outside(self) -> frozenset[Side]:
        """The sides that do not use the system: what they answer the sender records."""
        return frozenset({Side.RECEIVER} if self.receiver is None else ())

    @property
    def office(self) -> str | None:
        """Whose office the sender is, where it is no body."""
        return self.division


def acts_for(actor: Actor, body: str | None, division: str | None) -> bool:
    """Whether `actor` acts for a body, or without one for the office of a division."""
    if body is not None:
        return body == actor.organisation and bool(BODIES & actor.roles)
    if division is None or division != actor.division:
        return False
    return HOLDERS[level_of_division(division)] in actor.roles
