"""That a service gave up work in the background: what each of them says of it."""

from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event


class DeadLetterFact(Event):
    """Work that failed for good and waits for an operator; what it was about is not told."""

    subject_field: ClassVar[str] = "dead_letter_id"
    audience: ClassVar[Audience] = "internal"

    dead_letter_id: UUID
    service: str
    """Whose work it was."""
    work: str
    """`reaction` to a fact, `timer` or `intake`."""
    source: str
    fact_type: str
    """Type of the fact or kind of the timer."""
    attempts: int
