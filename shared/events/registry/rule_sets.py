"""Facts of the dated rules of law."""

from datetime import date
from typing import Any, ClassVar
from uuid import UUID

from shared.events import Event


class RuleSetFact(Event):
    """A rule as it is proposed, or holds."""

    subject_field: ClassVar[str] = "code"

    proposal_id: UUID
    kind: str
    """`new`, or `close` for the end of one."""
    code: str
    effective_from: date
    effective_to: date | None = None
    """The first day on which it does not hold any more."""
    legal_basis: str
    provisional: bool
    value: dict[str, Any]
    policy_id: UUID | None = None
    article: str | None = None


class RuleSetProposed(RuleSetFact):
    """It waits for another person; nothing has changed yet."""

    type: ClassVar[str] = "registry.rule_set.proposed.v1"


class RuleSetWithdrawn(RuleSetFact):
    type: ClassVar[str] = "registry.rule_set.withdrawn.v1"


class RuleSetEnacted(RuleSetFact):
    """The whole rule: every service keeps it (`shared.law.reactions`)."""

    type: ClassVar[str] = "registry.rule_set.enacted.v1"
