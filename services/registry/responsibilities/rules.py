"""Decisions about who answers for what in a subject: values in, `Refused` out."""

from collections import Counter
from collections.abc import Collection, Iterable

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class ResponsibilityState(Term):
    DRAFTED = "drafted", "拟定"
    APPROVED = "approved", "已批准"
    IN_FORCE = "in_force", "施行"
    REPLACED = "replaced", "已更新"
    WITHDRAWN = "withdrawn", "已撤回"


_S = ResponsibilityState

LIFECYCLE = Lifecycle(
    _S.DRAFTED,
    [
        Transition("change", _S.DRAFTED, None, "responsibility:draft"),
        Transition(
            "approve",
            _S.DRAFTED,
            _S.APPROVED,
            "responsibility:approve",
            needs="another person than who drafted it, somebody who answers for every post, and a"
            " basis",
        ),
        Transition("return", _S.APPROVED, _S.DRAFTED, "responsibility:approve", needs="a reason"),
        Transition("withdraw", _S.DRAFTED, _S.WITHDRAWN, "responsibility:draft", needs="a reason"),
        Transition("enforce", _S.APPROVED, _S.IN_FORCE, "responsibility:approve"),
        Transition("replace", _S.IN_FORCE, _S.REPLACED, needs="the next version in force"),
    ],
    terminal=(_S.REPLACED, _S.WITHDRAWN),
)


class DraftExists(Refused):
    """The next version is one at a time."""

    code = "responsibility-draft-exists"
    zh = "该执法主体已有拟定中的岗位职责分解。"
    en = "The subject has the next version of its responsibilities in hand already."


class OneInForce(Refused):
    """One version is in force at a time."""

    code = "responsibility-one-in-force"
    zh = "该执法主体的岗位职责分解只能有一版施行。"
    en = "Only one version of a subject's responsibilities is in force."


class ApprovedByDrafter(Refused):
    """Who drafts does not decide."""

    code = "responsibility-approved-by-drafter"
    zh = "拟定人不得批准自己拟定的岗位职责分解。"
    en = "Who drafted the responsibilities cannot approve them."


class ResponsibilityIncomplete(Refused):
    """A post without somebody who answers for it, or without a basis, is none."""

    code = "responsibility-incomplete"
    status = 422
    zh = "批准前须为下列岗位明确责任人和追责依据：{posts}。"
    en = "Before approval, say who answers on what basis for: {posts}."


class OfficerOfAnother(Refused):
    """A post is held by somebody of the subject's own."""

    code = "responsibility-officer-of-another"
    status = 422
    zh = "岗位责任人须为本执法主体的在岗人员。"
    en = "A post is held by an officer on post of the subject itself."


class PostTwice(Refused):
    """A post is described once."""

    code = "responsibility-post-twice"
    status = 422
    zh = "岗位重复：{posts}。"
    en = "These posts are named twice: {posts}."


def may_name(posts: Iterable[str]) -> None:
    """Each post once."""
    twice = [post for post, number in Counter(posts).items() if number > 1]
    if twice:
        raise PostTwice(posts=twice)


def may_hold(*, of_subject: bool, on_post: bool) -> None:
    """分解执法职权到岗到人: to the subject's own people."""
    if not of_subject or not on_post:
        raise OfficerOfAnother


def may_approve(*, caller: str, drafted_by: str, unanswered: Collection[str]) -> None:
    """`unanswered` are the posts without somebody who answers, or without a basis."""
    if caller == drafted_by:
        raise ApprovedByDrafter
    if unanswered:
        raise ResponsibilityIncomplete(posts=list(unanswered))


def allowed_actions(
    *, state: str, permissions: Collection[str], caller: str, drafted_by: str
) -> list[str]:
    """What somebody in charge may do now."""
    actions = LIFECYCLE.allowed_actions(state, permissions)
    return [action for action in actions if action != "approve" or caller != drafted_by]
