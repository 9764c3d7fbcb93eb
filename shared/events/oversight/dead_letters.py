"""Work in the background that oversight gave up."""

from typing import ClassVar

from shared.events.dead_letters import DeadLetterFact


class DeadLetterBuried(DeadLetterFact):
    """It failed as often as it is tried; an operator has it tried again."""

    type: ClassVar[str] = "oversight.dead_letter.buried.v1"
