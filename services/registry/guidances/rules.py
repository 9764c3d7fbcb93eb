"""Decisions about guidance sessions: values in, `Refused` out."""

from collections.abc import Collection, Mapping
from datetime import date

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class GuidanceKind(Term):
    """In which way a department guides townships."""

    CASE = "case", "案例指导"
    SHADOW = "shadow", "跟班带教"
    ONLINE = "online", "线上指导"
    ON_SITE = "on_site", "现场指导"
    LECTURE = "lecture", "集中授课"
    MOCK_CASE = "mock_case", "模拟执法"
    OTHER = "other", "其他"


class GuidanceState(Term):
    PLANNED = "planned", "已计划"
    HELD = "held", "已开展"
    REVIEWED = "reviewed", "已评价"
    CANCELLED = "cancelled", "已取消"


LIFECYCLE = Lifecycle(
    GuidanceState.PLANNED,
    [
        Transition("change", GuidanceState.PLANNED, None, "guidance:plan"),
        Transition(
            "hold",
            GuidanceState.PLANNED,
            GuidanceState.HELD,
            "guidance:plan",
            needs="a day that has come",
        ),
        Transition(
            "cancel",
            GuidanceState.PLANNED,
            GuidanceState.CANCELLED,
            "guidance:plan",
            needs="a reason",
        ),
        Transition(
            "review",
            GuidanceState.HELD,
            GuidanceState.REVIEWED,
            "guidance:review",
            needs="another person than who held it",
        ),
    ],
    terminal=(GuidanceState.REVIEWED, GuidanceState.CANCELLED),
)


class GuidanceByTownship(Refused):
    """A department of the district or the city guides."""

    code = "guidance-session-by-a-township"
    status = 422
    zh = "业务指导由区县或市级部门开展：{division} 是乡镇（街道）。"
    en = "Departments of a district or of the city guide; {division} is a township."


class GuidedElsewhere(Refused):
    """A department guides the townships of its own division."""

    code = "guidance-session-elsewhere"
    status = 422
    zh = "被指导的乡镇（街道）不在本区划内：{townships}。"
    en = "These are no townships of the division: {townships}."


class HeldInFuture(Refused):
    """What was held is over."""

    code = "guidance-session-to-come"
    status = 422
    zh = "开展日期 {on} 尚未到来。"
    en = "The day {on} is still to come."


class GuidanceSelfReview(Refused):
    """Who held it does not say how good it was."""

    code = "guidance-session-self-review"
    zh = "登记开展情况的人不得自行评价。"
    en = "Who recorded the session cannot review it."


def may_plan(*, division: str, is_township: bool, places: Mapping[str, str | None]) -> None:
    """`places` are the townships with the districts that they lie in; none for what is no township.

    `division` is a district, or the city with two digits.
    """
    if is_township:
        raise GuidanceByTownship(division=division)
    wrong = sorted(
        code
        for code, district in places.items()
        if district is None or (len(division) == 6 and district != division)
    )
    if wrong:
        raise GuidedElsewhere(townships=wrong)


def may_hold(*, on: date, today: date) -> None:
    """What was held is over."""
    if on > today:
        raise HeldInFuture(on=on.isoformat())


def may_review(*, reviewer: str, held_by: str | None) -> None:
    """评价 is somebody else's."""
    if reviewer == held_by:
        raise GuidanceSelfReview


def allowed_actions(
    *, state: str, permissions: Collection[str], caller: str, held_by: str | None
) -> list[str]:
    """What somebody in charge may do now."""
    actions = LIFECYCLE.allowed_actions(state, permissions)
    return [a for a in actions if a != "review" or caller != held_by]
