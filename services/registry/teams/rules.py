"""Decisions about a township's one team: values in, `Refused` out."""

from collections.abc import Collection, Mapping
from datetime import date

from shared.law.divisions import Level
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class TeamState(Term):
    PLANNED = "planned", "筹建"
    FORMED = "formed", "已组建"
    REORGANISED = "reorganised", "已调整"
    DISSOLVED = "dissolved", "已撤销"


_S = TeamState
LIVE = (_S.FORMED, _S.REORGANISED)
_REASON = "a reason"

LIFECYCLE = Lifecycle(
    _S.PLANNED,
    [
        Transition("change", _S.PLANNED, None, "team:plan"),
        Transition(
            "form",
            _S.PLANNED,
            _S.FORMED,
            "team:form",
            needs="a leader, a unit that is merged, a published subject, another person than who"
            " planned it",
        ),
        Transition("reorganise", LIVE, _S.REORGANISED, "team:form", needs=_REASON),
        Transition(
            "assign", LIVE, None, "team:assign", needs="an officer on post who is in no team"
        ),
        Transition("recall", LIVE, None, "team:assign", needs=_REASON),
        Transition(
            "return",
            LIVE,
            None,
            needs="the last day of an assignment over, or the officer off post",
        ),
        Transition("dissolve", (_S.PLANNED, *LIVE), _S.DISSOLVED, "team:dissolve", needs=_REASON),
    ],
    terminal=(_S.DISSOLVED,),
)


class TeamNotInTownship(Refused):
    """One team is what a township has."""

    code = "team-not-in-township"
    status = 422
    zh = "“一支队伍管执法”以乡镇(街道)为单位，该执法主体的层级为 {level}。"
    en = "One-team enforcement is that of a township; the subject's level is {level}."
    basis = "渝府办发〔2022〕70号四(三)"


class TeamExists(Refused):
    """There is one team already, or a plan for one."""

    code = "team-exists"
    zh = "该乡镇(街道)已有一支队伍，或者正在筹建。"
    en = "The township has its one team already, or a plan for it."


class TeamIncomplete(Refused):
    """Something is missing that a team consists of."""

    code = "team-incomplete"
    status = 422
    zh = "组建队伍前须补齐：{missing}。"
    en = "Before the team is formed it needs: {missing}."


class TeamSubjectNotPublished(Refused):
    """A team enforces in the name of a subject that may."""

    code = "team-subject-not-published"
    status = 422
    zh = "队伍所属执法主体未公示或已暂停。"
    en = "The subject in whose name the team enforces is not published."
    basis = "《重庆市行政执法监督条例》第七条"


class FormedByPlanner(Refused):
    """Who plans does not decide."""

    code = "team-formed-by-planner"
    zh = "拟定人不得批准组建自己拟定的队伍。"
    en = "Who planned the team cannot form it."


class OfficerInTeam(Refused):
    """An officer is in one team at a time."""

    code = "officer-in-team"
    zh = "该人员已编入一支队伍，须先调回。"
    en = "The officer is in a team; they are recalled from it first."


class OfficerOffPost(Refused):
    """Only who is on post is sent down."""

    code = "officer-off-post"
    status = 422
    zh = "该人员不在岗。"
    en = "The officer is not on post."


class OfficerNotInTeam(Refused):
    """Nobody can be recalled who is not there."""

    code = "officer-not-in-team"
    status = 404
    zh = "该队伍中没有该人员。"
    en = "The officer is not in this team."


class AssignmentOver(Refused):
    """The last day is to come, or today."""

    code = "team-assignment-over"
    status = 422
    zh = "截止日期 {to_on} 不得早于今天。"
    en = "The last day {to_on} must not be before today."


def may_plan(*, level: str) -> None:
    """四(三)推进“一支队伍管执法”: of a township."""
    if level != Level.TOWNSHIP:
        raise TeamNotInTownship(level=level)


def may_form(
    *,
    caller: str,
    planned_by: str,
    filled: Mapping[str, object],
    subject_state: str,
) -> None:
    """`filled` has what a team consists of by name."""
    if caller == planned_by:
        raise FormedByPlanner
    if missing := [name for name, value in filled.items() if not value]:
        raise TeamIncomplete(missing=missing)
    if subject_state != "published":
        raise TeamSubjectNotPublished


def may_be_assigned(*, officer_state: str, to_on: date | None, today: date) -> None:
    """On post, and not until a day that is over."""
    if officer_state != "on_post":
        raise OfficerOffPost
    if to_on is not None and to_on < today:
        raise AssignmentOver(to_on=to_on.isoformat())


def allowed_actions(
    *, state: str, permissions: Collection[str], caller: str, planned_by: str, officers: int
) -> list[str]:
    """What somebody in charge may do now; `officers` is how many serve in the team."""
    actions = LIFECYCLE.allowed_actions(state, permissions)
    cannot = {"form": caller == planned_by, "recall": not officers}
    return [action for action in actions if not cannot.get(action, False)]
