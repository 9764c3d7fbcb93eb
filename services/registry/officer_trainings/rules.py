"""Decisions about records of continuing training: values in, `Refused` out."""

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class OfficerTrainingState(Term):
    RECORDED = "recorded", "已登记"
    WITHDRAWN = "withdrawn", "已撤回"


OFFICER_TRAINING = Lifecycle(
    OfficerTrainingState.RECORDED,
    [
        Transition(
            "withdraw",
            OfficerTrainingState.RECORDED,
            OfficerTrainingState.WITHDRAWN,
            "officer:train",
            needs="a reason",
        )
    ],
    terminal=(OfficerTrainingState.WITHDRAWN,),
)


class TrainingAlreadyRecorded(Refused):
    """Nobody attends the same course twice on a day."""

    code = "officer-training-already-recorded"
    zh = "该人员当日的同一培训课程已登记。"
    en = "This course is recorded for the officer on that day already."


class NoTrainingOnPost(Refused):
    """Hours count for who is on post."""

    code = "officer-not-on-post"
    zh = "该人员已离岗，不再登记培训学时。"
    en = "The officer is not on post any more, so no hours are recorded."


def may_be_trained(*, on_post: bool) -> None:
    """Continuing training is that of officers and auxiliaries on post."""
    if not on_post:
        raise NoTrainingOnPost
