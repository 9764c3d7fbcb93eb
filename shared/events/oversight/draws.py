"""Random draws: what is published before and after, so that anybody can draw again."""

from typing import ClassVar
from uuid import UUID

from pydantic import BaseModel, ConfigDict

from shared.events import Audience, Event
from shared.events.oversight import Level


class DrawnSubject(BaseModel):
    """A subject that was drawn, and who inspects it."""

    model_config = ConfigDict(frozen=True)

    subject_id: UUID
    inspectors: list[str]
    """`sub` of each."""


class DrawFact(Event):
    """A draw as it stands. The hashes are hexadecimal SHA-256."""

    subject_field: ClassVar[str] = "draw_id"

    draw_id: UUID
    campaign_id: UUID
    division: str
    """Whole code of the division whose supervisors draw."""
    authority_level: Level
    state: str
    algorithm: str
    seed_hash: str
    lists_hash: str | None
    """Of the fixed lists; none before they are."""


class DrawPrepared(DrawFact):
    """A draw of an unannounced campaign that is not reported yet; `step` is what happened.

    It takes the place of the other facts until then. What was drawn is not in it: the hashes bind
    whoever draws, and `disclosed` reveals the rest.
    """

    type: ClassVar[str] = "oversight.draw.prepared.v1"
    audience: ClassVar[Audience] = "internal"

    step: str


class DrawCommitted(DrawFact):
    """A seed exists, and this is its hash; the lists are not fixed yet."""

    type: ClassVar[str] = "oversight.draw.committed.v1"


class DrawFixed(DrawFact):
    """The lists are fixed, and this is their hash; nothing has been drawn from them yet."""

    type: ClassVar[str] = "oversight.draw.fixed.v1"

    subjects: int
    inspectors: int
    wanted: int


class RevealedDraw(DrawFact):
    """What was drawn, with all that it takes to draw it again from the lists."""

    seed: str
    witness: str
    result: list[DrawnSubject]


class DrawDrawn(RevealedDraw):
    type: ClassVar[str] = "oversight.draw.drawn.v1"


class DrawDisclosed(RevealedDraw):
    """The same of an unannounced campaign, now that its result is reported."""

    type: ClassVar[str] = "oversight.draw.disclosed.v1"


class DrawAssigned(DrawFact):
    """What was drawn has become inspections; `skipped` are subjects that had ended meanwhile."""

    type: ClassVar[str] = "oversight.draw.assigned.v1"

    inspection_ids: list[UUID]
    skipped: list[UUID]


class DrawVoided(DrawFact):
    """Nothing is drawn; the seed is shown, so that all can see what was not."""

    type: ClassVar[str] = "oversight.draw.voided.v1"

    seed: str
