"""What the registry's states mean here."""

from datetime import date

from shared.refusals import Refused

ENDED = frozenset({"revoked", "merged", "split"})
HELD = frozenset({"active", "repealed"})
"""Powers that are, or once were, somebody's: never a draft."""


class SubjectUnknown(Refused):
    """No such subject, or not one that the caller may see: the two look the same."""

    code = "subject-unknown"
    status = 422
    zh = "没有可由您办理的执法主体 {subject_id}。"
    en = "There is no enforcement subject {subject_id} within your reach."


class SubjectEnded(Refused):
    """A subject that was revoked, merged or split enforces nothing any more."""

    code = "inspected-subject-ended"
    status = 409
    zh = "该执法主体已撤销、合并或分立（{state}）。"
    en = "The enforcement subject has ended ({state})."


def may_be_inspected(state: str) -> None:
    """An unpublished or suspended subject can be: enforcing without qualification is a ground.

    重庆市行政执法监督条例 art. 15.
    """
    if state in ENDED:
        raise SubjectEnded(state=state)


def is_certified(
    *,
    subject_state: str | None,
    certificate_state: str | None,
    certificate_valid_to: date | None,
    on: date,
) -> bool:
    """Whether an officer may enforce on a day; a hint, never a refusal.

    That takes a certificate in force, and a body whose standing is not suspended: an officer
    enforces in its name.
    """
    return (
        subject_state == "published"
        and certificate_state == "active"
        and (certificate_valid_to is None or on <= certificate_valid_to)
    )
