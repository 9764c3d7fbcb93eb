"""Decisions about the evaluation of a pilot (试点评估): values in, `Refused` out."""

from collections.abc import Collection, Mapping, Sequence
from decimal import Decimal
from typing import Any

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

NOTICE = "渝府办发〔2022〕70号"
ZERO = Decimal("0.00")
PILOT, BUREAU = "pilot", "bureau"
"""Keys of the two who are always asked; co-evaluators go by their credit codes."""


class EvaluationState(Term):
    DRAFTED = "drafted", "方案草案"
    RUNNING = "running", "评估中"
    COMPLETED = "completed", "已完成"
    CANCELLED = "cancelled", "已取消"


class EvaluationGrade(Term):
    EXCELLENT = "excellent", "成效显著"
    GOOD = "good", "成效良好"
    PASSED = "passed", "基本完成"
    FAILED = "failed", "未完成"


_S = EvaluationState

LIFECYCLE = Lifecycle(
    EvaluationState.DRAFTED,
    [
        Transition("change", _S.DRAFTED, None, "evaluation:organise"),
        Transition(
            "start",
            _S.DRAFTED,
            _S.RUNNING,
            "evaluation:organise",
            needs="another person than its authors, and weights that make up the total",
        ),
        Transition(
            "score",
            _S.RUNNING,
            None,
            "evaluation:score",
            needs="the pilot, the Bureau or a co-evaluator, once each",
        ),
        Transition(
            "complete",
            _S.RUNNING,
            _S.COMPLETED,
            "evaluation:organise",
            needs="scores and opinions of all",
        ),
        Transition(
            "cancel",
            [_S.DRAFTED, _S.RUNNING],
            _S.CANCELLED,
            "evaluation:organise",
            needs="a reason",
        ),
    ],
    terminal=(_S.COMPLETED, _S.CANCELLED),
)


class EvaluationExists(Refused):
    """One evaluation of a pilot at a time, and for good once it is completed."""

    code = "evaluation-exists"
    zh = "该试点单位在该试点工作中已有评估。"
    en = "The pilot is evaluated in that programme already."


class NotPilot(Refused):
    """No such programme, or the division is no pilot in it."""

    code = "evaluation-not-a-pilot"
    status = 422
    zh = "{division} 不是该试点工作的试点单位。"
    en = "{division} is no pilot in such a programme."
    basis = NOTICE


class EvaluationWeightsOff(Refused):
    """The weights of the criteria, and those of the evaluators, make up the total."""

    code = "evaluation-weights-off"
    status = 422
    zh = "{of}的分值合计 {sum}，应为 {total}。"
    en = "The weights of {of} add up to {sum}; they must make up {total}."


class StartedByAuthor(Refused):
    """Two pairs of eyes."""

    code = "evaluation-started-by-author"
    status = 403
    zh = "起草人不得启动自己起草的评估。"
    en = "Who drafted an evaluation does not start it."


class NotEvaluator(Refused):
    """Only those who are named give scores."""

    code = "evaluation-not-an-evaluator"
    status = 403
    zh = "您所在单位不参与该项评估评分。"
    en = "Your body does not score in this evaluation."


class AlreadyScored(Refused):
    """Each gives theirs once."""

    code = "evaluation-already-scored"
    zh = "您所在单位已提交评分和意见。"
    en = "Your body has given its scores already."


class CriteriaIncomplete(Refused):
    """Each criterion gets points within its weight."""

    code = "evaluation-criteria-incomplete"
    status = 422
    zh = "须对每项指标评分且不超过其分值：{criteria}。"
    en = "Each criterion gets points, at most its weight: {criteria}."


class EvaluationIncomplete(Refused):
    """It is completed when all have given theirs."""

    code = "evaluation-incomplete"
    zh = "尚未提交评分和意见：{missing}。"
    en = "Scores are missing from {missing}."
    basis = NOTICE


def may_start(
    *,
    caller: str,
    authors: Collection[str],
    criteria: Sequence[Mapping[str, Any]],
    evaluators: Sequence[Mapping[str, Any]],
    total: Decimal,
) -> None:
    """By another than the authors, with weights that make up `total`."""
    if caller in authors:
        raise StartedByAuthor
    for name, rows in (("指标", criteria), ("评估单位", evaluators)):
        found = sum((Decimal(row["weight"]) for row in rows), ZERO)
        if found != total:
            raise EvaluationWeightsOff(of=name, sum=f"{found:.2f}", total=f"{total:.2f}")


def may_score(
    key: str | None, *, evaluators: Sequence[Mapping[str, Any]], given: Collection[str]
) -> str:
    """The evaluator that the caller speaks for, who has not given scores yet."""
    if key is None or all(one["key"] != key for one in evaluators):
        raise NotEvaluator
    if key in given:
        raise AlreadyScored
    return key


def scored(criteria: Sequence[Mapping[str, Any]], points: Mapping[str, Decimal]) -> Decimal:
    """The sum of the points on all criteria, each within its weight."""
    weights = {row["code"]: Decimal(row["weight"]) for row in criteria}
    wrong = [code for code in weights if code not in points or points[code] > weights[code]]
    if wrong or points.keys() - weights.keys():
        raise CriteriaIncomplete(
            criteria="、".join([*wrong, *sorted(points.keys() - weights.keys())])
        )
    return sum(points.values(), ZERO)


def is_complete(evaluators: Sequence[Mapping[str, Any]], given: Collection[str]) -> None:
    """All have given their scores and opinions."""
    if missing := [one["name"] for one in evaluators if one["key"] not in given]:
        raise EvaluationIncomplete(missing="、".join(missing))


def result(
    evaluators: Sequence[Mapping[str, Any]], sums: Mapping[str, Decimal], total: Decimal
) -> Decimal:
    """The sums of all evaluators by their weights.

    >>> result([{"key": "a", "weight": "60"}, {"key": "b", "weight": "40"}],
    ...        {"a": Decimal(90), "b": Decimal(80)}, Decimal(100))
    Decimal('86.00')
    """
    parts = (sums[one["key"]] * Decimal(one["weight"]) for one in evaluators)
    return (sum(parts, ZERO) / total).quantize(ZERO)


def grade_of(score: Decimal, grades: Mapping[str, Any]) -> EvaluationGrade:
    """The grade by the rule `evaluation.grades`."""
    for grade in (EvaluationGrade.EXCELLENT, EvaluationGrade.GOOD, EvaluationGrade.PASSED):
        if score >= Decimal(str(grades[grade])):
            return grade
    return EvaluationGrade.FAILED


def allowed_actions(
    *,
    state: str,
    permissions: Collection[str],
    key: str | None,
    authors: Collection[str],
    criteria: Sequence[Mapping[str, Any]],
    evaluators: Sequence[Mapping[str, Any]],
    given: Collection[str],
    total: Decimal,
    sub: str,
) -> list[str]:
    """What `sub`, who speaks for the evaluator `key`, may do now."""
    allowed = []
    for action in LIFECYCLE.allowed_actions(state, permissions):
        try:
            match action:
                case "start":
                    may_start(
                        caller=sub,
                        authors=authors,
                        criteria=criteria,
                        evaluators=evaluators,
                        total=total,
                    )
                case "score":
                    may_score(key, evaluators=evaluators, given=given)
                case "complete":
                    is_complete(evaluators, given)
        except Refused:
            continue
        allowed.append(action)
    return allowed
