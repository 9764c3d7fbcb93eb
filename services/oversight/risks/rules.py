"""The register of enforcement risks (执法风险): identified, assessed, treated, closed."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class RiskKind(Term):
    PROCEDURE = "procedure", "程序违法"
    POWERS = "powers", "越权或者职权不清"
    LITIGATION = "litigation", "复议诉讼败诉"
    CONFLICT = "conflict", "现场冲突与人身安全"
    OPINION = "opinion", "舆情"
    INTEGRITY = "integrity", "廉政"
    CAPACITY = "capacity", "力量或者能力不足"
    DATA = "data", "信息泄露"
    OTHER = "other", "其他"


class RiskLevel(Term):
    MINOR = "minor", "一般"
    MODERATE = "moderate", "较大"
    MAJOR = "major", "重大"


class Strategy(Term):
    AVOID = "avoid", "规避"
    REDUCE = "reduce", "降低"
    SHARE = "share", "分担"
    ACCEPT = "accept", "接受"


class RiskState(Term):
    IDENTIFIED = "identified", "已识别"
    ASSESSED = "assessed", "已评估"
    TREATED = "treated", "处置中"
    CLOSED = "closed", "已销号"
    DISMISSED = "dismissed", "不予列入"


_S = RiskState
IDENTIFY, ASSESS, TREAT = "risk:identify", "risk:assess", "risk:treat"
_ORDER = tuple(RiskLevel)

LIFECYCLE = Lifecycle(
    RiskState.IDENTIFIED,
    [
        Transition(
            "assess",
            [_S.IDENTIFIED, _S.ASSESSED, _S.TREATED],
            _S.ASSESSED,
            ASSESS,
            "by another than who identified it",
        ),
        Transition(
            "dismiss", _S.IDENTIFIED, _S.DISMISSED, ASSESS, "by another than who identified it"
        ),
        Transition("treat", [_S.ASSESSED, _S.TREATED], _S.TREATED, TREAT),
        Transition(
            "close", _S.TREATED, _S.CLOSED, ASSESS, "by another than who laid down the treatment"
        ),
        Transition("mark_overdue", _S.TREATED, None, None, "the day of the treatment has passed"),
    ],
    terminal=[_S.CLOSED, _S.DISMISSED],
)


class RiskJudgedByFinder(Refused):
    """Two pairs of eyes."""

    code = "risk-judged-by-finder"
    status = 403
    zh = "识别风险的人员不得自行评估。"
    en = "A risk is assessed or dismissed by another person than the one who identified it."


class RiskClosedByTreater(Refused):
    code = "risk-closed-by-treater"
    status = 403
    zh = "制定处置措施的人员不得自行销号。"
    en = "A risk is closed by another person than the one who laid down its treatment."


class RiskNotReduced(Refused):
    """What is as grave as before is not done with."""

    code = "risk-not-reduced"
    status = 409
    zh = "处置后的风险等级（{residual}）未低于评估等级（{level}），不能销号。"
    en = "The risk that remains ({residual}) is as grave as it was assessed ({level})."


class MajorRiskAccepted(Refused):
    code = "risk-major-accepted"
    status = 409
    zh = "重大风险不得以“接受”方式处置。"
    en = "A major risk is not simply accepted."


class TreatmentTooLate(Refused):
    code = "risk-treatment-too-late"
    status = 422
    zh = "处置期限不得晚于规则规定的 {latest}。"
    en = "The treatment is to be done by {latest} at the latest."


class TreatmentDayOver(Refused):
    code = "risk-treatment-day-over"
    status = 422
    zh = "处置期限 {day} 已过。"
    en = "The day of the treatment, {day}, is over."


def level_of(*, likelihood: int, impact: int, levels: dict[str, int]) -> RiskLevel:
    """Both from 1 to 5; `levels` is the least product of each level above minor."""
    product = likelihood * impact
    for level in (RiskLevel.MAJOR, RiskLevel.MODERATE):
        if product >= levels[level]:
            return level
    return RiskLevel.MINOR


def may_treat(*, level: str, strategy: Strategy) -> None:
    """A major risk is done something about."""
    if level == RiskLevel.MAJOR and strategy is Strategy.ACCEPT:
        raise MajorRiskAccepted


def may_close(*, level: str, residual: RiskLevel, strategy: str) -> None:
    """What remains is less than what was, unless it is accepted or was the least already."""
    if strategy == Strategy.ACCEPT or level == RiskLevel.MINOR:
        return
    if _ORDER.index(residual) >= _ORDER.index(RiskLevel(level)):
        raise RiskNotReduced(residual=residual.label, level=RiskLevel(level).label)


def is_overdue(*, state: str, due_at: datetime | None, now: datetime) -> bool:
    """Whether the day of the treatment has passed and the risk is not closed."""
    return state == RiskState.TREATED and due_at is not None and due_at <= now


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What of a risk decides who may do what now."""

    state: str
    identified_by: str
    treated_by: str | None


def next_state(action: str, at: Standing, *, sub: str) -> RiskState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, at.state)
    if (hindrance := _hindrance(action, at, sub)) is not None:
        raise hindrance
    return target


def allowed_actions(at: Standing, *, sub: str, permissions: Collection[str]) -> list[str]:
    """What `sub`, a holder of `permissions`, may do now."""
    return [
        action
        for action in LIFECYCLE.allowed_actions(at.state, permissions)
        if _hindrance(action, at, sub) is None
    ]


def _hindrance(action: str, at: Standing, sub: str) -> Refused | None:
    if action in {"assess", "dismiss"} and sub == at.identified_by:
        return RiskJudgedByFinder()
    if action == "close" and sub == at.treated_by:
        return RiskClosedByTreater()
    return None
