"""Decisions about trainings, who attends them and who needs them: values in, `Refused` out."""

from collections.abc import Collection
from datetime import date

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

MOST_ENROLLED = 500
"""People in one training: what its close records is one transaction."""


class TrainingKind(Term):
    INDUCTION = "induction", "岗前培训"
    QUALIFICATION = "qualification", "资格培训"
    CONTINUING = "continuing", "在岗培训"
    SPECIAL = "special", "专题培训"
    ON_THE_JOB = "on_the_job", "跟班学习"


class Audience(Term):
    OFFICERS = "officers", "行政执法人员"
    SUPERVISION_OFFICERS = "supervision_officers", "行政执法监督人员"
    BOTH = "both", "行政执法人员和行政执法监督人员"


class PersonKind(Term):
    OFFICER = "officer", "行政执法人员"
    SUPERVISION_OFFICER = "supervision_officer", "行政执法监督人员"


class TrainingState(Term):
    PLANNED = "planned", "计划"
    OPEN = "open", "报名中"
    HELD = "held", "已举办"
    EXAMINED = "examined", "已考试"
    CLOSED = "closed", "已结班"
    CANCELLED = "cancelled", "已取消"


LIFECYCLE = Lifecycle(
    TrainingState.PLANNED,
    [
        Transition("change", TrainingState.PLANNED, None, "training:plan"),
        Transition("open", TrainingState.PLANNED, TrainingState.OPEN, "training:plan"),
        Transition("enrol", TrainingState.OPEN, None, "training:hold"),
        Transition(
            "hold",
            TrainingState.OPEN,
            TrainingState.HELD,
            "training:hold",
            needs="somebody enrolled, and its first day come",
        ),
        Transition(
            "reverse",
            (TrainingState.OPEN, TrainingState.HELD, TrainingState.EXAMINED),
            None,
            "training:reverse",
            needs="somebody enrolled by mistake, a reason",
        ),
        Transition("attend", TrainingState.HELD, None, "training:hold"),
        Transition(
            "examine",
            (TrainingState.HELD, TrainingState.EXAMINED),
            TrainingState.EXAMINED,
            "training:hold",
            needs="an examination planned, and somebody who attended",
        ),
        Transition(
            "close",
            TrainingState.HELD,
            TrainingState.CLOSED,
            "training:hold",
            needs="no examination planned",
        ),
        Transition("close", TrainingState.EXAMINED, TrainingState.CLOSED, "training:hold"),
        Transition(
            "cancel",
            (TrainingState.PLANNED, TrainingState.OPEN),
            TrainingState.CANCELLED,
            "training:plan",
            needs="a reason",
        ),
    ],
    terminal=(TrainingState.CLOSED, TrainingState.CANCELLED),
)


class TrainingPeriodInvalid(Refused):
    """It ends before it begins."""

    code = "training-period-invalid"
    status = 422
    zh = "结束日期 {ends_on} 不得早于开始日期 {starts_on}。"
    en = "The last day {ends_on} is before the first day {starts_on}."


class WrongAudience(Refused):
    """The training is for others."""

    code = "training-wrong-audience"
    status = 422
    zh = "该培训的对象为{audience}。"
    en = "The training is for others: its audience is {audience}."


class NotInService(Refused):
    """Who is not on post, or in office, is not trained for it."""

    code = "training-person-not-in-service"
    status = 422
    zh = "{name} 已离岗或者离任，不得报名。"
    en = "{name} is neither on post nor in office."


class AlreadyEnrolled(Refused):
    """Once a training."""

    code = "training-already-enrolled"
    zh = "名单中有人已报名该培训。"
    en = "Somebody of the list is enrolled already."


class TrainingFull(Refused):
    """A larger one is held in several."""

    code = "training-full"
    zh = "一期培训至多 {most} 人，请分期举办。"
    en = "At most {most} people attend one training; hold it in several."


class NotEnrolled(Refused):
    """Nothing can be recorded of who is not enrolled."""

    code = "training-not-enrolled"
    status = 422
    zh = "名单中有人未报名该培训，或者重复。"
    en = "Somebody of the list is not enrolled, or named twice."


class NobodyEnrolled(Refused):
    """A training that nobody comes to is cancelled."""

    code = "training-nobody-enrolled"
    zh = "无人报名，不得登记为已举办。"
    en = "Nobody is enrolled, so it cannot have been held."


class TrainingNotBegun(Refused):
    """It cannot have been held before its first day."""

    code = "training-not-begun"
    zh = "培训开始日期 {starts_on} 尚未到来。"
    en = "The first day {starts_on} is still to come."


class MoreThanHeld(Refused):
    """Nobody attends more hours than there are."""

    code = "training-more-hours-than-held"
    status = 422
    zh = "参训学时 {hours} 不得超过培训学时 {held}。"
    en = "{hours} hours were attended of {held} held."


class NotAttended(Refused):
    """Who was not there is not examined."""

    code = "training-not-attended"
    status = 422
    zh = "未参训人员不得参加考试。"
    en = "Somebody of the list did not attend, so they are not examined."


class NoExamination(Refused):
    """None was planned."""

    code = "training-without-examination"
    zh = "该培训未安排考试。"
    en = "No examination was planned for the training."


class ExaminationMissing(Refused):
    """One was planned."""

    code = "training-examination-missing"
    zh = "该培训安排了考试，须登记考试成绩后结班。"
    en = "An examination was planned: record its results before closing."


def may_run(*, starts_on: date, ends_on: date) -> None:
    """The last day is the first one or later."""
    if ends_on < starts_on:
        raise TrainingPeriodInvalid(starts_on=starts_on.isoformat(), ends_on=ends_on.isoformat())


def may_enrol(*, kinds: Collection[PersonKind], audience: str, enrolled: int) -> None:
    """Whom the training is for, and no more than fit; `enrolled` counts the new ones too."""
    wanted = Audience(audience)
    fits = {
        PersonKind.OFFICER: wanted is not Audience.SUPERVISION_OFFICERS,
        PersonKind.SUPERVISION_OFFICER: wanted is not Audience.OFFICERS,
    }
    if not all(fits[kind] for kind in kinds):
        raise WrongAudience(audience=wanted.label)
    if enrolled > MOST_ENROLLED:
        raise TrainingFull(most=MOST_ENROLLED)


def may_hold(*, enrolled: int, starts_on: date, today: date) -> None:
    """Somebody came, on its first day at the earliest."""
    if not enrolled:
        raise NobodyEnrolled
    if starts_on > today:
        raise TrainingNotBegun(starts_on=starts_on.isoformat())


def may_attend(*, hours: int, held: int) -> None:
    """Not more than the training had."""
    if hours > held:
        raise MoreThanHeld(hours=hours, held=held)


def may_examine(*, exam: bool, hours: int) -> None:
    """`hours` are those that the person attended."""
    if not exam:
        raise NoExamination
    if not hours:
        raise NotAttended


def may_close(*, exam: bool, state: str) -> None:
    """What was to be examined was."""
    if exam and state != TrainingState.EXAMINED:
        raise ExaminationMissing


def is_passed(*, score: int, mark: int) -> bool:
    """By the rule `training.pass_mark` of the day on which it was held."""
    return score >= mark


def is_completed(*, hours: int, held: int, percent: int, exam: bool, passed: bool | None) -> bool:
    """Enough was attended, by the rule `training.completion`, and the examination passed."""
    return hours * 100 >= held * percent and hours > 0 and (not exam or bool(passed))


def allowed_actions(
    *,
    state: str,
    permissions: Collection[str],
    exam: bool,
    enrolled: int,
    attended: int,
    begun: bool,
) -> list[str]:
    """What somebody in charge may do now; `begun` says whether its first day has come."""
    barred = set()
    if not enrolled or not begun:
        barred.add("hold")
    if not enrolled:
        barred |= {"attend", "reverse"}
    if enrolled >= MOST_ENROLLED:
        barred.add("enrol")
    if not exam or not attended:
        barred.add("examine")
    if exam and state == TrainingState.HELD:
        barred.add("close")
    actions = LIFECYCLE.allowed_actions(state, permissions)
    return [action for action in actions if action not in barred]
