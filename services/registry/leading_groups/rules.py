"""Decisions about leading groups and their offices: values in, `Refused` out."""

from collections.abc import Collection, Mapping, Sequence

from shared.law.divisions import Level, level_of
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class GroupState(Term):
    PROPOSED = "proposed", "拟设"
    ESTABLISHED = "established", "已设立"
    DISSOLVED = "dissolved", "已撤销"


class GroupRole(Term):
    """What somebody is in a leading group, or in its office."""

    HEAD = "head", "组长"
    DEPUTY = "deputy", "副组长"
    MEMBER = "member", "成员"
    OFFICE_DIRECTOR = "office_director", "办公室主任"
    OFFICE_STAFF = "office_staff", "办公室工作人员"


SINGLE = (GroupRole.HEAD, GroupRole.OFFICE_DIRECTOR)
"""Held by one person: who is named takes the place of who held it."""
IN_OFFICE = (GroupRole.OFFICE_DIRECTOR, GroupRole.OFFICE_STAFF)

_S = GroupState
_LIVE = (_S.PROPOSED, _S.ESTABLISHED)
_REASON = "a reason"

LIFECYCLE = Lifecycle(
    _S.PROPOSED,
    [
        Transition("change", _LIVE, None, "leading_group:propose"),
        Transition("members", _LIVE, None, "leading_group:propose"),
        Transition("release", _LIVE, None, "leading_group:propose", needs=_REASON),
        Transition(
            "establish",
            _S.PROPOSED,
            _S.ESTABLISHED,
            "leading_group:establish",
            needs="another person than who proposed it, and what rule"
            " leading_group.establishment asks for",
        ),
        Transition("dissolve", _LIVE, _S.DISSOLVED, "leading_group:dissolve", needs=_REASON),
    ],
    terminal=(_S.DISSOLVED,),
)


class GroupPlace(Refused):
    """A leading group is that of a district or a township."""

    code = "leading-group-not-local"
    status = 422
    zh = "领导小组设在区县或者乡镇(街道)，不设在全市（{division}）。"
    en = "A leading group is that of a district or a township, not of the city ({division})."
    basis = "渝府办发〔2022〕70号四(一)"


class GroupExists(Refused):
    """A division has one leading group."""

    code = "leading-group-exists"
    zh = "该区划已有领导小组，或者正在筹设。"
    en = "The division has a leading group already, or one is proposed."


class GroupIncomplete(Refused):
    """Something is missing that a leading group consists of."""

    code = "leading-group-incomplete"
    status = 422
    zh = "设立前须补齐：{missing}。"
    en = "Before it is established it needs: {missing}."


class EstablishedByProposer(Refused):
    """Who proposes does not decide."""

    code = "leading-group-established-by-proposer"
    zh = "提出设立的人员不得批准设立。"
    en = "Who proposed the leading group cannot establish it."


class NotAMember(Refused):
    """Nobody can be released who is not in it."""

    code = "leading-group-no-such-member"
    status = 404
    zh = "领导小组中没有该成员。"
    en = "There is no such member of the group now."


class GroupNeeds(Refused):
    """What an established group cannot be without is replaced, not taken away."""

    code = "leading-group-cannot-be-without"
    zh = "已设立的领导小组不得缺少：{missing}。"
    en = "An established group cannot be without: {missing}."


def may_be_at(division: str) -> None:
    """四(一)试点乡镇(街道)可以设立领导小组."""
    if level_of(division) is Level.CITY:
        raise GroupPlace(division=division)


def may_establish(
    *, caller: str, proposed_by: str, requires: Sequence[str], filled: Mapping[str, object]
) -> None:
    """`requires` by the rule `leading_group.establishment` in force."""
    if caller == proposed_by:
        raise EstablishedByProposer
    if missing := missing_of(requires, filled):
        raise GroupIncomplete(missing=missing)


def may_stay(*, state: str, requires: Sequence[str], filled: Mapping[str, object]) -> None:
    """What was needed to establish the group stays there as long as it stands."""
    if state == GroupState.ESTABLISHED and (missing := missing_of(requires, filled)):
        raise GroupNeeds(missing=missing)


def missing_of(requires: Sequence[str], filled: Mapping[str, object]) -> list[str]:
    return [name for name in requires if not filled.get(name)]


def allowed_actions(
    *, state: str, permissions: Collection[str], caller: str, proposed_by: str, members: int
) -> list[str]:
    """What somebody in charge may do now; `members` is how many are in the group."""
    actions = LIFECYCLE.allowed_actions(state, permissions)
    cannot = {"establish": caller == proposed_by, "release": not members}
    return [action for action in actions if not cannot.get(action, False)]
