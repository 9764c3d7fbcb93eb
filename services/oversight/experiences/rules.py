"""Decisions about experiences that others can copy (可复制可推广经验): values in, `Refused` out."""

from collections.abc import Collection

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class ExperienceState(Term):
    SUBMITTED = "submitted", "待评审"
    RETURNED = "returned", "退回修改"
    ACCEPTED = "accepted", "已采纳"
    PUBLISHED = "published", "已推广"
    WITHDRAWN = "withdrawn", "已撤回"


_S = ExperienceState

LIFECYCLE = Lifecycle(
    ExperienceState.SUBMITTED,
    [
        Transition(
            "change",
            [_S.SUBMITTED, _S.RETURNED],
            None,
            "experience:submit",
            needs="somebody of the division that submitted it",
        ),
        Transition("resubmit", _S.RETURNED, _S.SUBMITTED, "experience:submit"),
        Transition(
            "accept",
            _S.SUBMITTED,
            _S.ACCEPTED,
            "experience:review",
            needs="another person than its authors",
        ),
        Transition(
            "return",
            _S.SUBMITTED,
            _S.RETURNED,
            "experience:review",
            needs="another person than its authors, a reason",
        ),
        Transition(
            "publish",
            _S.ACCEPTED,
            _S.PUBLISHED,
            "experience:publish",
            needs="another person than its authors and who accepted it",
        ),
        Transition(
            "withdraw",
            [_S.SUBMITTED, _S.RETURNED, _S.ACCEPTED],
            _S.WITHDRAWN,
            "experience:submit",
            needs="a reason",
        ),
        Transition(
            "adopt",
            _S.PUBLISHED,
            None,
            "experience:adopt",
            needs="another division than its own, once",
        ),
        Transition("retract", _S.PUBLISHED, _S.WITHDRAWN, "experience:publish", needs="a reason"),
    ],
    terminal=(_S.WITHDRAWN,),
)

BY_OWNER = frozenset({"change", "resubmit", "withdraw"})
"""What the submitting division does."""
BY_BUREAU = frozenset({"accept", "return", "publish", "retract"})
"""What the Bureau does, for the whole city."""


class ExperienceByAuthor(Refused):
    """Two pairs of eyes."""

    code = "experience-reviewed-by-author"
    status = 403
    zh = "撰写人不得评审或者推广自己的经验做法。"
    en = "Who wrote an experience neither reviews nor publishes it."


class ExperiencePublishedByReviewer(Refused):
    """Two pairs of eyes."""

    code = "experience-published-by-reviewer"
    status = 403
    zh = "评审人不得决定推广自己采纳的经验做法。"
    en = "Who accepted an experience does not publish it."


class OwnExperience(Refused):
    """A division does not adopt what it has."""

    code = "experience-own"
    zh = "不得采用本地区自己的经验做法。"
    en = "A division does not adopt its own experience."


class AlreadyAdopted(Refused):
    """Once a division."""

    code = "experience-already-adopted"
    zh = "本地区已采用该经验做法。"
    en = "The division has adopted this experience already."


def next_state(
    action: str,
    *,
    state: str,
    authors: Collection[str],
    accepted_by: str | None,
    own: bool,
    adopted: bool,
    sub: str,
) -> ExperienceState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, state)
    hindrance = _hindrance(
        action, authors=authors, accepted_by=accepted_by, own=own, adopted=adopted, sub=sub
    )
    if hindrance is not None:
        raise hindrance
    return target


def allowed_actions(
    *,
    state: str,
    authors: Collection[str],
    accepted_by: str | None,
    own: bool,
    adopted: bool,
    in_charge: bool,
    sub: str,
    permissions: Collection[str],
) -> list[str]:
    """What `sub` may do now: `in_charge` of it, or of a division that has `adopted` it or not."""
    return [
        action
        for action in LIFECYCLE.allowed_actions(state, permissions)
        if (in_charge or action not in BY_OWNER)
        and _hindrance(
            action, authors=authors, accepted_by=accepted_by, own=own, adopted=adopted, sub=sub
        )
        is None
    ]


def _hindrance(
    action: str,
    *,
    authors: Collection[str],
    accepted_by: str | None,
    own: bool,
    adopted: bool,
    sub: str,
) -> Refused | None:
    match action:
        case "accept" | "return" | "publish" if sub in authors:
            return ExperienceByAuthor()
        case "publish" if sub == accepted_by:
            return ExperiencePublishedByReviewer()
        case "adopt" if own:
            return OwnExperience()
        case "adopt" if adopted:
            return AlreadyAdopted()
        case _:
            return None
