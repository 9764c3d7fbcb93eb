"""Decisions about appraisals (行政执法评议考核): values in, `Refused` out."""

from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from services.oversight.appraisal_schemes.rules import (
    LEVELS,
    RESPONSIBILITY_15,
    SHARES,
    AppraisalMeasure,
    Appraised,
    IndicatorSource,
)
from shared.clock import legal_day
from shared.law.calendar import by_local_clock
from shared.law.divisions import level_of
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

NOTHING_LOST = Decimal("0.00")


class AppraisalState(Term):
    OPENED = "opened", "待自评"
    SELF_SCORED = "self_scored", "已自评"
    REVIEWED = "reviewed", "已复核"
    OBJECTED = "objected", "已提出异议"
    SETTLED = "settled", "结果已确定"
    PUBLISHED = "published", "已公布"
    USED = "used", "已运用"
    DROPPED = "dropped", "已终止"


class AppraisalGrade(Term):
    EXCELLENT = "excellent", "优秀"
    GOOD = "good", "良好"
    PASSED = "passed", "合格"
    FAILED = "failed", "不合格"


class AppraisalPurpose(Term):
    """What a published result is used for."""

    APPOINTMENT = "appointment", "干部考核任用"
    COMMENDATION = "commendation", "表彰奖励"
    CRITICISM = "criticism", "通报批评"
    TRAINING = "training", "培训整改"
    ACCOUNTABILITY = "accountability", "问责追责"


_S = AppraisalState

LIFECYCLE = Lifecycle(
    AppraisalState.OPENED,
    [
        Transition("score", _S.OPENED, _S.SELF_SCORED, "appraisal:answer"),
        Transition(
            "review",
            [_S.OPENED, _S.SELF_SCORED],
            _S.REVIEWED,
            "appraisal:review",
            needs="scored by the subject or its term over",
        ),
        Transition("accept", _S.REVIEWED, _S.SETTLED, "appraisal:answer"),
        Transition(
            "object",
            _S.REVIEWED,
            _S.OBJECTED,
            "appraisal:answer",
            needs="the term for objections runs",
        ),
        Transition(
            "hear",
            _S.OBJECTED,
            _S.SETTLED,
            "appraisal:review",
            needs="another person than the reviewer",
        ),
        Transition(
            "publish",
            [_S.REVIEWED, _S.SETTLED],
            _S.PUBLISHED,
            "appraisal:publish",
            needs="settled or the term for objections over, by another than who gave the points",
        ),
        Transition("use", _S.PUBLISHED, _S.USED, "appraisal:publish"),
        Transition(
            "drop", [_S.OPENED, _S.SELF_SCORED], _S.DROPPED, "appraisal:open", needs="a reason"
        ),
        Transition("remind", _S.OPENED, None, needs="the term for scoring oneself has passed"),
    ],
    terminal=(_S.USED, _S.DROPPED),
)


class AppraisalExists(Refused):
    """A subject or a government is appraised once by the scheme of a year."""

    code = "appraisal-exists"
    zh = "该单位本年度已按该区划的方案开展评议考核。"
    en = "It is appraised already for that year and by that division."


class SchemeUnknown(Refused):
    """No such scheme, or not one that the caller may use."""

    code = "appraisal-scheme-unknown"
    status = 422
    zh = "没有可由您使用的评议考核方案 {scheme_id}。"
    en = "There is no scheme {scheme_id} within your reach."


class SchemeNotAdopted(Refused):
    """Nobody is measured by a draft."""

    code = "appraisal-scheme-not-adopted"
    zh = "评议考核方案尚未印发或已被取代（状态：{state}）。"
    en = "The scheme is {state}, not adopted."


class SubjectOutsideScheme(Refused):
    """A scheme is for the bodies of its division."""

    code = "appraisal-subject-outside-scheme"
    status = 422
    zh = "该执法主体不属于方案所在区划。"
    en = "The subject lies outside the division of the scheme."


class AppraisedOtherwise(Refused):
    """A ranking compares like with like."""

    code = "appraisal-scheme-of-others"
    status = 422
    zh = "该方案的考核对象是{appraised}。"
    en = "The scheme is for {kind}, and not for whom is named."


class DivisionNotBelow(Refused):
    """A government is appraised by one above it, never by its equal or by itself."""

    code = "appraisal-division-not-below"
    status = 422
    zh = "{division} 不是 {authority} 的下级，不得由其考核。"
    en = "{division} does not lie below {authority}, which cannot appraise it."


class SelfScoreRunning(Refused):
    """The subject scores itself first."""

    code = "appraisal-self-score-running"
    zh = "该单位尚未自评，期限至 {due_at}。"
    en = "The subject has not scored itself and may do so until {due_at}."
    basis = RESPONSIBILITY_15


class ScoresIncomplete(Refused):
    """Each indicator that is not automatic gets points, and no other does."""

    code = "appraisal-scores-incomplete"
    status = 422
    zh = "评分项与方案不符，缺少：{missing}；多余：{surplus}。"
    en = "The scores do not fit the scheme: missing {missing}; not to be scored {surplus}."


class ScoreAboveWeight(Refused):
    code = "appraisal-score-above-weight"
    status = 422
    zh = "指标 {indicator} 的得分不得超过分值 {weight}。"
    en = "The indicator {indicator} earns at most {weight} points."


class LossUnexplained(Refused):
    """Each point lost is explained."""

    code = "appraisal-loss-unexplained"
    status = 422
    zh = "指标 {indicator} 扣分须说明理由。"
    en = "Points lost on the indicator {indicator} need a reason."


class PointUnknown(Refused):
    """The scheme has no such indicator or veto, or none that a person may set."""

    code = "appraisal-point-unknown"
    status = 422
    zh = "方案中没有可作此处理的指标或者否决项 {point}。"
    en = "The scheme has no indicator or veto {point} that this can be done to."


class ObjectionTermOver(Refused):
    code = "appraisal-objection-term-over"
    zh = "提出异议的期限已于 {due_at} 届满。"
    en = "The term for objections ended at {due_at}."


class ObjectionTermRunning(Refused):
    """Nothing is published before the subject could object."""

    code = "appraisal-objection-term-running"
    zh = "异议期至 {due_at}，期满前不得公布。"
    en = "The subject may object until {due_at}; nothing is published before."


class HeardByReviewer(Refused):
    """Whose points are objected to does not decide on the objection."""

    code = "appraisal-heard-by-reviewer"
    status = 403
    zh = "复核人不得处理对自己评分的异议。"
    en = "Who reviewed it does not decide on an objection to the review."


class PublishedByScorer(Refused):
    """Two pairs of eyes."""

    code = "appraisal-published-by-scorer"
    status = 403
    zh = "评分人员不得公布自己评出的结果。"
    en = "Who gave the points does not publish them."


class ScoredBySubject(Refused):
    """Who scored for the subject does not review."""

    code = "appraisal-reviewed-by-self-scorer"
    status = 403
    zh = "自评人不得复核。"
    en = "Who scored the subject for itself does not review it."


class HearingDayImpossible(Refused):
    """The subject is heard after the review, and before it is written down."""

    code = "appraisal-hearing-day-impossible"
    status = 422
    zh = "听取异议的日期 {heard_on} 不得早于复核日，也不得晚于今天。"
    en = "The day {heard_on} of the hearing lies before the review or has not come."


def may_open(*, state: str, adopted: str) -> None:
    """By a scheme in force."""
    if state != adopted:
        raise SchemeNotAdopted(state=str(state))


def may_appraise_subject(appraised: str, *, inside: bool) -> None:
    """By a scheme for subjects, those of its division."""
    if appraised != Appraised.SUBJECTS:
        raise _otherwise(appraised)
    if not inside:
        raise SubjectOutsideScheme


def may_appraise_government(appraised: str, *, authority: str, division: str, inside: bool) -> None:
    """By the government above it, and by a scheme for those of its level."""
    if not inside or len(division) <= len(authority):
        raise DivisionNotBelow(division=division, authority=authority)
    if LEVELS.get(Appraised(appraised)) is not level_of(division):
        raise _otherwise(appraised)


def _otherwise(appraised: str) -> AppraisedOtherwise:
    return AppraisedOtherwise(appraised=Appraised(appraised).label, kind=str(appraised))


def has_been_heard(heard_on: date, *, reviewed_at: datetime, today: date) -> None:
    """After the review, not in the future."""
    if heard_on < legal_day(reviewed_at) or heard_on > today:
        raise HearingDayImpossible(heard_on=heard_on.isoformat())


def may_score(
    indicators: Sequence[Mapping[str, Any]],
    scores: Mapping[str, tuple[Decimal, str | None]],
    *,
    explained: bool,
) -> None:
    """Each indicator that people score has points within its weight, with a reason for a loss."""
    asked = {
        one["code"]: Decimal(one["weight"])
        for one in indicators
        if one["source"] == IndicatorSource.SELF
    }
    if asked.keys() != scores.keys():
        raise ScoresIncomplete(
            missing="、".join(sorted(asked.keys() - scores.keys())) or "–",
            surplus="、".join(sorted(scores.keys() - asked.keys())) or "–",
        )
    for code, (points, reason) in scores.items():
        is_within(code, points, weight=asked[code], reason=reason, explained=explained)


def is_within(
    code: str, points: Decimal, *, weight: Decimal, reason: str | None, explained: bool
) -> None:
    """Points of one indicator, and why not all."""
    if points > weight:
        raise ScoreAboveWeight(indicator=code, weight=f"{weight:.2f}")
    if explained and points < weight and reason is None:
        raise LossUnexplained(indicator=code)


def are_known(points: Collection[str], *, known: Collection[str]) -> None:
    """Points of the scheme that somebody speaks of."""
    for point in sorted(set(points) - set(known)):
        raise PointUnknown(point=point)


def earned(indicator: Mapping[str, Any], value: Decimal | None) -> tuple[Decimal, str | None]:
    """What an automatic indicator earns by the year's value, and why not all; no data costs none.

    >>> earned({"weight": "10", "measure": "findings_confirmed", "target": "0", "deduct": "4",
    ...         "name": "问题"}, Decimal(2))[0]
    Decimal('2.00')
    """
    weight = Decimal(indicator["weight"])
    if value is None:
        return weight, None
    target, deduct = Decimal(indicator["target"]), Decimal(indicator["deduct"])
    share = indicator["measure"] in SHARES
    missed = max(target - value if share else value - target, NOTHING_LOST)
    lost = min((missed * deduct).quantize(NOTHING_LOST), weight)
    if not lost:
        return weight, None
    label = AppraisalMeasure(indicator["measure"]).label
    why = f"{label}为{value.normalize():f},目标{target.normalize():f},"
    return weight - lost, why + f"每差1扣{deduct.normalize():f}分,扣{lost:.2f}分"


def is_vetoed(veto: Mapping[str, Any], value: Decimal | None) -> str | None:
    """Why an automatic veto holds, or None."""
    if value is None or value < veto["at_least"]:
        return None
    return f"{AppraisalMeasure(veto['measure']).label}为{value.normalize():f}"


def grade_of(score: Decimal, *, vetoed: bool, grades: Mapping[str, Any]) -> AppraisalGrade:
    """The grade by the rule `appraisal.grades`; whoever falls under a veto has failed."""
    if not vetoed:
        for grade in (AppraisalGrade.EXCELLENT, AppraisalGrade.GOOD, AppraisalGrade.PASSED):
            if score >= Decimal(str(grades[grade])):
                return grade
    return AppraisalGrade.FAILED


def standing(score: Decimal, *, full: Decimal, vetoed: bool) -> int:
    """Hundredths of points; whoever fell under a veto is below all who did not."""
    hundredths = int(score * 100)
    return hundredths - int(full * 100) - 1 if vetoed else hundredths


def next_state(
    action: str,
    *,
    state: str,
    due_at: datetime | None,
    self_scored_by: str | None,
    reviewed_by: str | None,
    heard_by: str | None,
    sub: str,
    now: datetime,
) -> AppraisalState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, state)
    hindrance = _hindrance(
        action,
        state=state,
        due_at=due_at,
        self_scored_by=self_scored_by,
        reviewed_by=reviewed_by,
        heard_by=heard_by,
        sub=sub,
        now=now,
    )
    if hindrance is not None:
        raise hindrance
    return target


def allowed_actions(
    *,
    state: str,
    due_at: datetime | None,
    self_scored_by: str | None,
    reviewed_by: str | None,
    heard_by: str | None,
    sub: str,
    now: datetime,
    permissions: Collection[str],
) -> list[str]:
    """What `sub`, a holder of `permissions`, may do now."""
    return [
        action
        for action in LIFECYCLE.allowed_actions(state, permissions)
        if _hindrance(
            action,
            state=state,
            due_at=due_at,
            self_scored_by=self_scored_by,
            reviewed_by=reviewed_by,
            heard_by=heard_by,
            sub=sub,
            now=now,
        )
        is None
    ]


def _hindrance(
    action: str,
    *,
    state: str,
    due_at: datetime | None,
    self_scored_by: str | None,
    reviewed_by: str | None,
    heard_by: str | None,
    sub: str,
    now: datetime,
) -> Refused | None:
    running = due_at is not None and now < due_at
    told = by_local_clock(due_at) if due_at is not None else None
    match action:
        case "review" if state == AppraisalState.OPENED and running:
            return SelfScoreRunning(due_at=told)
        case "review" if sub == self_scored_by:
            return ScoredBySubject()
        case "object" if not running:
            return ObjectionTermOver(due_at=told)
        case "hear" if sub == reviewed_by:
            return HeardByReviewer()
        case "publish" if state == AppraisalState.REVIEWED and running:
            return ObjectionTermRunning(due_at=told)
        case "publish" if sub in (reviewed_by, heard_by):
            return PublishedByScorer()
        case _:
            return None
