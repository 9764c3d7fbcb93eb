"""Decisions about what outlives a body (承接): values in, answers out."""

from services.registry.subjects.rules import SubjectKind


def keeps_delegating(
    *,
    kind: str,
    organisation: str,
    trustee_code: str,
    within: bool,
    days_left: bool,
    powers_held: bool,
    free: bool,
) -> bool:
    """Whether a delegation goes on in the name of the body that its delegator was merged into.

    Who carries the powers on carries their delegation on (处罚法 art. 20), as far as it could have
    delegated them itself: it is no entrusted body and not the trustee, the place is its own, there
    are days left, it holds all the powers in force (`powers_held`), and it has not delegated them
    to others there already (`free`).
    """
    return (
        kind != SubjectKind.ENTRUSTED
        and organisation != trustee_code
        and within
        and days_left
        and powers_held
        and free
    )
