"""Decisions about powers: values in, `Refused` out."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date
from uuid import UUID

from services.registry.subjects.rules import ENDED as ENDED_SUBJECT
from services.registry.subjects.rules import SubjectEnded, SubjectState
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class PowerKind(Term):
    """What a power lets its holder do: the ten kinds of 行政职权, and others."""

    PENALTY = "penalty", "行政处罚"
    PERMIT = "permit", "行政许可"
    COERCION = "coercion", "行政强制"
    CHECK = "check", "行政检查"
    LEVY = "levy", "行政征收"
    REQUISITION = "requisition", "行政征用"
    ADJUDICATION = "adjudication", "行政裁决"
    BENEFIT = "benefit", "行政给付"
    CONFIRMATION = "confirmation", "行政确认"
    AWARD = "award", "行政奖励"
    OTHER = "other", "其他行政职权"


class PowerState(Term):
    DRAFT = "draft", "草稿"
    ACTIVE = "active", "有效"
    REPEALED = "repealed", "已废止"
    WITHDRAWN = "withdrawn", "已撤回"


CODE_PATTERN = r"^[0-9A-Za-z][0-9A-Za-z.:_-]{1,63}$"

ENDED = (PowerState.REPEALED, PowerState.WITHDRAWN)
_ANOTHER = "another person than who drew it up"

LIFECYCLE = Lifecycle(
    PowerState.DRAFT,
    [
        Transition("change", PowerState.DRAFT, None, "power:draft"),
        Transition(
            "withdraw",
            PowerState.DRAFT,
            PowerState.WITHDRAWN,
            "power:draft",
            needs="nothing, also by the end of its subject",
        ),
        Transition(
            "activate",
            PowerState.DRAFT,
            PowerState.ACTIVE,
            "power:approve",
            needs=f"{_ANOTHER}, a legal basis, and a published subject",
        ),
        Transition("propose", PowerState.ACTIVE, None, "power:draft", needs="something to change"),
        Transition(
            "amend",
            PowerState.ACTIVE,
            None,
            "power:approve",
            needs=f"a proposal whose day has come, and {_ANOTHER}",
        ),
        Transition(
            "dismiss", PowerState.ACTIVE, None, "power:approve", needs="a proposal, and a reason"
        ),
        Transition(
            "follow",
            (PowerState.DRAFT, PowerState.ACTIVE),
            None,
            needs="its subject merged into another",
        ),
        Transition(
            "assign",
            (PowerState.DRAFT, PowerState.ACTIVE),
            None,
            "power:approve",
            needs="a subject that ended without one successor, and a published one that takes over",
        ),
        Transition(
            "repeal",
            PowerState.ACTIVE,
            PowerState.REPEALED,
            "power:repeal",
            needs="a reason, also by the end of its subject",
        ),
    ],
    terminal=ENDED,
)


class PowerCodeTaken(Refused):
    """The subject has a power of this code that has not ended."""

    code = "power-code-taken"
    zh = "该执法主体已有使用此编码的有效职权。"
    en = "The subject has a power under this code that has not ended."


class PowerNotActive(Refused):
    """Only a power in force can be exercised, listed or handed on."""

    code = "power-not-active"
    zh = "该职权（{code}）未生效或已废止（状态：{state}）。"
    en = "The power {code} is not in force; its state is {state}."


class PowerWithoutBasis(Refused):
    """法无授权不可为: a power rests on an article."""

    code = "power-without-basis"
    status = 422
    zh = "职权须载明法律依据的具体条款。"
    en = "A power in force names the articles that it rests on."


class PowerHolderNotPublished(Refused):
    """Who is no enforcement subject exercises no power."""

    code = "power-holder-not-published"
    zh = "所属执法主体未公示或已暂停（状态：{state}），职权不得生效。"
    en = "The subject that holds the power is {state}, not published."
    basis = "《重庆市行政执法监督条例》第七条"


class PowerSelfApproval(Refused):
    """Who drew it up does not approve it."""

    code = "power-self-approval"
    zh = "拟定人不得审核自己拟定的职权或变更。"
    en = "Who drew up a power or an amendment cannot approve it."


class PowerHeld(Refused):
    """A power has one holder; it changes hands when that one has ended."""

    code = "power-held"
    zh = "该职权的所属执法主体仍然存续（状态：{state}），不得划转。"
    en = "The power is held by a subject that has not ended; its state is {state}."


class NotASuccessor(Refused):
    """What a split body had goes to those that took its place."""

    code = "power-not-to-a-successor"
    status = 422
    zh = "分立的执法主体的职权只能划入已公示的承接主体。"
    en = "The powers of a subject that was split go to its successors, and to published ones only."


class AmendmentMissing(Refused):
    """There is no proposal to decide on."""

    code = "power-amendment-missing"
    zh = "没有待审核的职权变更。"
    en = "No amendment has been proposed."


class AmendmentEmpty(Refused):
    """An amendment that changes nothing is none."""

    code = "power-amendment-empty"
    status = 422
    zh = "变更内容与现行职权相同。"
    en = "The proposal says what the power says already."


class AmendmentNotDue(Refused):
    """A new version begins on its day, not before."""

    code = "power-amendment-not-due"
    zh = "职权变更自 {since} 起生效，届时方可办理。"
    en = "The amendment begins on {since}; it can be approved from that day on."


def may_draft(*, subject_state: str) -> None:
    """A power is filed under a body that exists."""
    if subject_state in ENDED_SUBJECT:
        raise SubjectEnded


def may_approve(*, approver: str, authors: Collection[str]) -> None:
    """Approval is the decision of somebody who had no hand in the text."""
    if approver in authors:
        raise PowerSelfApproval


def may_activate(*, basis: Sequence[str], subject_state: str) -> None:
    """A power rests on an article, and its holder is a published subject."""
    if not basis:
        raise PowerWithoutBasis
    if subject_state != SubjectState.PUBLISHED:
        raise PowerHolderNotPublished(state=subject_state)


def may_assign(
    *, holder_state: str, successor_ids: Collection[UUID], to: UUID, to_state: str
) -> None:
    """A power that nobody exercises comes to a published body; of a split one, to a successor."""
    if holder_state not in ENDED_SUBJECT:
        raise PowerHeld(state=str(holder_state))
    if to_state != SubjectState.PUBLISHED:
        raise PowerHolderNotPublished(state=str(to_state))
    if successor_ids and to not in successor_ids:
        raise NotASuccessor


def may_propose(*, changes: Mapping[str, object]) -> None:
    """`changes` is what would be different."""
    if not changes:
        raise AmendmentEmpty
    if not changes.get("basis", True):
        raise PowerWithoutBasis


def may_amend(*, since: date, today: date) -> None:
    """A new version begins on its day."""
    if since > today:
        raise AmendmentNotDue(since=since.isoformat())


def may_be_used(*, code: str, state: str) -> None:
    """What is listed, delegated or handed down is a power in force."""
    if state != PowerState.ACTIVE:
        raise PowerNotActive(code=code, state=str(state))


def allowed_actions(
    *,
    state: str,
    permissions: Collection[str],
    caller: str,
    authors: Collection[str],
    complete: bool,
    unassigned: bool,
    proposed_by: str | None,
    proposed_since: date | None,
    today: date,
) -> list[str]:
    """What somebody in charge may do now.

    `complete` says whether the power has a basis and its subject is published, `unassigned`
    whether the subject has ended.
    """
    actions = LIFECYCLE.allowed_actions(state, permissions)
    barred = set() if unassigned else {"assign"}
    if not complete or caller in authors:
        barred.add("activate")
    if proposed_since is None:
        barred |= {"amend", "dismiss"}
    elif caller == proposed_by or proposed_since > today:
        barred.add("amend")
    return [action for action in actions if action not in barred]
