"""Warnings that acts raise, and the rules that raise them. No fact names a party to an act."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event
from shared.events.oversight import Level


class WarningRuleFact(Event):
    """An edition of a warning rule as it stands; the same for the whole city."""

    subject_field: ClassVar[str] = "rule_id"

    rule_id: UUID
    code: str
    edition: int
    name: str
    state: str
    effective_from: date
    effective_to: date | None
    provisional: bool


class WarningRuleDrafted(WarningRuleFact):
    type: ClassVar[str] = "oversight.warning_rule.drafted.v1"


class WarningRuleChanged(WarningRuleFact):
    type: ClassVar[str] = "oversight.warning_rule.changed.v1"


class WarningRuleTried(WarningRuleFact):
    """A trial on history is done: what it would have raised."""

    type: ClassVar[str] = "oversight.warning_rule.tried.v1"

    examined: int
    yellow: int
    red: int


class WarningRuleActivated(WarningRuleFact):
    type: ClassVar[str] = "oversight.warning_rule.activated.v1"


class WarningRuleDiscarded(WarningRuleFact):
    type: ClassVar[str] = "oversight.warning_rule.discarded.v1"


class WarningRuleRetired(WarningRuleFact):
    type: ClassVar[str] = "oversight.warning_rule.retired.v1"


class WarningFact(Event):
    """A warning as it stands."""

    subject_field: ClassVar[str] = "warning_id"

    warning_id: UUID
    rule_code: str
    rule_edition: int
    rule_name: str
    act_id: UUID
    act_kind: str
    subject_id: UUID
    organisation: str
    subject_name: str
    division: str
    warning_level: str
    state: str
    due_at: datetime | None
    """The first moment that is too late, where the rule is of a term."""
    authority_level: Level
    """Whose body handles it."""


class WarningRaised(WarningFact):
    """For the first time, or again after it was cleared."""

    type: ClassVar[str] = "oversight.warning.raised.v1"


class WarningTurnedRed(WarningFact):
    """The limit that was near is passed."""

    type: ClassVar[str] = "oversight.warning.turned_red.v1"


class WarningAnswered(WarningFact):
    """The body that is warned of answered."""

    type: ClassVar[str] = "oversight.warning.answered.v1"


class WarningConfirmed(WarningFact):
    """It was looked into, and it is so."""

    type: ClassVar[str] = "oversight.warning.confirmed.v1"

    follow_up: str
    """`finding`, `issue` or `none`."""
    finding_id: UUID | None


class WarningDismissed(WarningFact):
    """It was looked into, and it is nothing."""

    type: ClassVar[str] = "oversight.warning.dismissed.v1"


class WarningCleared(WarningFact):
    """What was told since takes its ground away."""

    type: ClassVar[str] = "oversight.warning.cleared.v1"


class OutsourcingSuspected(WarningFact):
    """Somebody enforced who may not (执法外包): told beside the warning."""

    type: ClassVar[str] = "oversight.outsourcing.suspected.v1"

    performed_by: list[str]
    """Credit codes of those whose people did it."""
