"""Decisions about powers handed down to townships (赋权): values in, `Refused` out."""

from collections.abc import Collection
from datetime import date

from services.registry.subjects.rules import SubjectState
from shared.law.divisions import Level
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

PENALTY_LAW_24 = "《中华人民共和国行政处罚法》第二十四条"


class EmpowermentState(Term):
    PROPOSED = "proposed", "拟赋权"
    CAPACITY_CHECKED = "capacity_checked", "已评估承接能力"
    TRAINED = "trained", "已培训"
    CASES_HANDED_OVER = "cases_handed_over", "已移交在办案件"
    IN_FORCE = "in_force", "生效"
    WITHDRAWN = "withdrawn", "已收回"
    DROPPED = "dropped", "未实施"


class EmpowermentResult(Term):
    """What came of an evaluation."""

    KEEP = "keep", "保留"
    ADJUST = "adjust", "调整"
    WITHDRAW = "withdraw", "收回"


class Side(Term):
    """Who takes a step."""

    GRANTOR = "grantor", "赋权机关"
    TOWNSHIP = "township", "承接乡镇(街道)"
    OFFICE = "office", "司法行政部门"


ENDED = (EmpowermentState.WITHDRAWN, EmpowermentState.DROPPED)
_PREPARING = (
    EmpowermentState.PROPOSED,
    EmpowermentState.CAPACITY_CHECKED,
    EmpowermentState.TRAINED,
    EmpowermentState.CASES_HANDED_OVER,
)
SIDES = {
    "change": Side.GRANTOR,
    "check": Side.OFFICE,
    "train": Side.GRANTOR,
    "handover": Side.GRANTOR,
    "takeover": Side.TOWNSHIP,
    "evaluate": Side.OFFICE,
    "withdraw": Side.OFFICE,
    "drop": Side.GRANTOR,
}

LIFECYCLE = Lifecycle(
    EmpowermentState.PROPOSED,
    [
        Transition("change", EmpowermentState.PROPOSED, None, "empowerment:propose"),
        Transition(
            "check",
            EmpowermentState.PROPOSED,
            EmpowermentState.CAPACITY_CHECKED,
            "empowerment:check",
            needs="another person than who proposed it, and what empowerment.capacity asks for",
        ),
        Transition(
            "train",
            EmpowermentState.CAPACITY_CHECKED,
            EmpowermentState.TRAINED,
            "empowerment:hand_over",
        ),
        Transition(
            "handover",
            EmpowermentState.TRAINED,
            None,
            "empowerment:hand_over",
            needs="nothing handed over yet",
        ),
        Transition(
            "takeover",
            EmpowermentState.TRAINED,
            EmpowermentState.CASES_HANDED_OVER,
            "empowerment:take_over",
            needs="the list of running cases, and another person than who handed it over",
        ),
        Transition(
            "begin",
            EmpowermentState.CASES_HANDED_OVER,
            EmpowermentState.IN_FORCE,
            needs="its first day",
        ),
        Transition("evaluate", EmpowermentState.IN_FORCE, None, "empowerment:evaluate"),
        Transition(
            "withdraw",
            EmpowermentState.IN_FORCE,
            EmpowermentState.WITHDRAWN,
            "empowerment:withdraw",
            needs="a reason, and the running cases handed back",
        ),
        Transition(
            "follow",
            (*_PREPARING, EmpowermentState.IN_FORCE),
            None,
            needs="its power taken over by another body, the grantor having ended",
        ),
        Transition(
            "drop", _PREPARING, EmpowermentState.DROPPED, "empowerment:propose", needs="a reason"
        ),
    ],
    terminal=ENDED,
)


class PowerNotForTownships(Refused):
    """The power is not one that a township may have."""

    code = "empowerment-power-not-for-townships"
    zh = "该职权（{code}）不得下放乡镇（街道）。"
    en = "The power {code} is not one that may be handed down to a township."
    basis = PENALTY_LAW_24


class PowerNotOfTheDistrict(Refused):
    """Art. 24 hands down what a department of the district holds, to a township of the district."""

    code = "empowerment-power-not-of-the-district"
    status = 422
    zh = (
        "只能将县级部门的职权交由本区县的乡镇（街道）行使：《中华人民共和国行政处罚法》第二十四条。"
    )
    en = (
        "Only a power of a district body is handed down, to a township of that district:"
        " art. 24 of the Administrative Penalty Law."
    )
    basis = PENALTY_LAW_24


class TownshipNotPublished(Refused):
    """There is no published subject of that id, or it is no township's."""

    code = "empowerment-township-not-published"
    status = 422
    zh = "承接主体不存在、未公示，或者不是乡镇（街道）的执法主体。"
    en = "Who is to have the power is no published enforcement subject of a township."


class GrantorNotPublished(Refused):
    """Who is no enforcement subject has nothing to hand down."""

    code = "empowerment-grantor-not-published"
    zh = "赋权机关未公示或已暂停（状态：{state}）。"
    en = "The body that holds the power is {state}, not published."


class EmpowermentExists(Refused):
    """The township has the power already, or is about to."""

    code = "empowerment-exists"
    zh = "该职权已赋予或正在赋予该乡镇（街道）。"
    en = "The power has been handed down to that township already, or is about to be."


class EmpowermentDayImpossible(Refused):
    """A step was taken before the one it follows, or is still to come."""

    code = "empowerment-day-impossible"
    status = 422
    zh = "日期 {on} 不得早于 {after}，已发生的事项也不得晚于今天。"
    en = "The day {on} lies before {after}, or has not come for what was done already."


class CapacityShort(Refused):
    """The township cannot take the power up (能够有效承接)."""

    code = "empowerment-capacity-short"
    zh = "承接能力不足：{missing}（{certified_officers} 名持证人员，应有 {required} 名）。"
    en = (
        "The township cannot take the power up: {missing}"
        " ({certified_officers} certified officers, {required} needed)."
    )
    basis = PENALTY_LAW_24


class EmpowermentSelfCheck(Refused):
    """Two pairs of eyes."""

    code = "empowerment-self-check"
    zh = "提出人不得评估自己提出的赋权事项。"
    en = "Who proposed it does not check the capacity for it."


class CasesNotListed(Refused):
    """What is taken over was handed over before."""

    code = "empowerment-cases-not-listed"
    zh = "赋权机关尚未移交在办案件清单。"
    en = "The body has not handed over the list of running cases."


class CasesListed(Refused):
    """The list was handed over."""

    code = "empowerment-cases-listed"
    zh = "在办案件清单已移交，待承接方确认。"
    en = "The list of running cases was handed over and waits for the township."


class SameHand(Refused):
    """Both sides confirm a handover."""

    code = "empowerment-same-hand"
    zh = "移交和接收须由双方不同人员确认。"
    en = "Who handed the cases over does not take them over."


def may_hand_down(
    *,
    code: str,
    township_allowed: bool,
    grantor_level: str,
    grantor_state: str,
    same_district: bool,
) -> None:
    """处罚法 art. 24: a power of a district body, to a township of the district."""
    if grantor_level != Level.DISTRICT or not same_district:
        raise PowerNotOfTheDistrict
    if grantor_state != SubjectState.PUBLISHED:
        raise GrantorNotPublished(state=str(grantor_state))
    if not township_allowed:
        raise PowerNotForTownships(code=code)


def may_begin_on(*, decided_on: date, published_on: date, effective_on: date, today: date) -> None:
    """The decision was taken, then published, then takes effect."""
    if published_on > today or published_on < decided_on:
        raise EmpowermentDayImpossible(on=published_on.isoformat(), after=decided_on.isoformat())
    if effective_on < published_on:
        raise EmpowermentDayImpossible(on=effective_on.isoformat(), after=published_on.isoformat())


def may_check(*, caller: str, authors: Collection[str]) -> None:
    """Who proposed it does not check the capacity."""
    if caller in authors:
        raise EmpowermentSelfCheck


def is_capable(*, certified_officers: int, required: int, equipment: bool, premises: bool) -> None:
    """Officers with a certificate that is good, equipment and premises."""
    conditions = {
        "持证执法人员": certified_officers >= required,
        "装备": equipment,
        "办公场所": premises,
    }
    if missing := [name for name, met in conditions.items() if not met]:
        raise CapacityShort(
            missing="、".join(missing), certified_officers=certified_officers, required=required
        )


def has_been(on: date, *, after: date | None, today: date) -> None:
    """A day on which a step was taken: not before the step that it follows, and not to come."""
    if on > today or (after is not None and on < after):
        raise EmpowermentDayImpossible(on=on.isoformat(), after=(after or date.min).isoformat())


def may_list(*, listed: bool) -> None:
    """The list of running cases is handed over once."""
    if listed:
        raise CasesListed


def may_take_over(*, caller: str, handed_by: str | None) -> None:
    """What was handed over, by another person."""
    if handed_by is None:
        raise CasesNotListed
    if caller == handed_by:
        raise SameHand


def allowed_actions(
    *,
    state: str,
    permissions: Collection[str],
    caller: str,
    sides: Collection[Side],
    authors: Collection[str],
    capable: bool,
    handed_by: str | None,
) -> list[str]:
    """What somebody who is in charge of `sides` may do now.

    `capable` says whether the township has as many certified officers as it needs.
    """
    barred = {action for action, side in SIDES.items() if side not in sides}
    if caller in authors or not capable:
        barred.add("check")
    if handed_by is not None:
        barred.add("handover")
    if handed_by in (None, caller):
        barred.add("takeover")
    actions = LIFECYCLE.allowed_actions(state, permissions)
    return [action for action in actions if action not in barred]
