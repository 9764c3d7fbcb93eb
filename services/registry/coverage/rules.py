"""What is covered: values in, answers out."""

from typing import NamedTuple

from shared.vocabulary import Term


class CoverageKind(Term):
    """The registry's share of the five full coverages (五个全覆盖); acts (行为) are oversight's."""

    POWERS = "powers", "职权"
    DOMAINS = "domains", "领域"
    SUBJECTS = "subjects", "主体"
    OFFICERS = "officers", "人员"


class Presence(NamedTuple):
    """What there is for a domain somewhere."""

    powers: int = 0
    """In force."""
    subjects: int = 0
    """Publicised."""
    officers: int = 0
    """Who may enforce."""


def is_covered(there: Presence) -> bool:
    """A domain is covered by somebody who may enforce something in the name of some body."""
    return all(there)
