"""Decisions about supervision officers and their ranking: values in, `Refused` out."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any, NamedTuple

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class SupervisionOfficerState(Term):
    CANDIDATE = "candidate", "拟任"
    APPOINTED = "appointed", "在任"
    TRANSFERRED = "transferred", "调出"
    LEFT = "left", "离任"


class Degree(Term):
    DOCTOR = "doctor", "博士研究生"
    MASTER = "master", "硕士研究生"
    BACHELOR = "bachelor", "大学本科"
    COLLEGE = "college", "大学专科"
    OTHER = "other", "其他"


class Criterion(Term):
    """What a candidate is ranked by."""

    LEGAL_QUALIFICATION = "legal_qualification", "法律职业资格"
    EXPERIENCE = "experience", "从事法律或者执法监督工作年限"
    TRAINING = "training", "参训学时"


IN_HAND = (SupervisionOfficerState.CANDIDATE, SupervisionOfficerState.APPOINTED)
"""Whose card and whose qualification nobody else can have at the same time."""

LIFECYCLE = Lifecycle(
    SupervisionOfficerState.CANDIDATE,
    [
        Transition("change", IN_HAND, None, "supervision_officer:nominate"),
        Transition(
            "appoint",
            SupervisionOfficerState.CANDIDATE,
            SupervisionOfficerState.APPOINTED,
            "supervision_officer:appoint",
            needs="another person than who nominated, and a reason where a candidate with the"
            " legal qualification waits and this one has none",
        ),
        Transition("card", SupervisionOfficerState.APPOINTED, None, "supervision_officer:appoint"),
        Transition(
            "transfer",
            SupervisionOfficerState.APPOINTED,
            SupervisionOfficerState.TRANSFERRED,
            "supervision_officer:appoint",
            needs="a reason",
        ),
        Transition(
            "leave",
            IN_HAND,
            SupervisionOfficerState.LEFT,
            "supervision_officer:appoint",
            needs="a reason",
        ),
    ],
    terminal=(SupervisionOfficerState.TRANSFERRED, SupervisionOfficerState.LEFT),
)


class CardNumberTaken(Refused):
    """Somebody in office, or about to be, carries this card."""

    code = "supervision-card-number-taken"
    zh = "已有在任监督人员使用该监督证件编号。"
    en = "A supervision officer in office carries a card of this number."


class QualificationNumberTaken(Refused):
    """Two people do not hold one qualification."""

    code = "legal-qualification-number-taken"
    zh = "该法律职业资格证书编号已登记在另一监督人员名下。"
    en = "The number of the legal qualification is registered for another supervision officer."


class QualificationInconsistent(Refused):
    """A number, or a day, of a qualification that is not held."""

    code = "legal-qualification-inconsistent"
    status = 422
    zh = "未取得法律职业资格的，不得填写资格证书编号或者取得日期；取得日期不得晚于今天。"
    en = (
        "Number and day of a legal qualification go with one that is held, and the day is not to"
        " come."
    )


class AppointedByNominator(Refused):
    """Who nominated does not appoint."""

    code = "supervision-officer-self-appointed"
    zh = "提名人不得任命自己提名的监督人员。"
    en = "Who nominated a supervision officer cannot appoint them."


class QualifiedCandidateWaits(Refused):
    """Who holds the legal qualification comes first."""

    code = "qualified-candidate-waits"
    status = 422
    zh = "本区划尚有 {waiting} 名取得法律职业资格的拟任人选，任命未取得资格的人员须说明理由。"
    en = (
        "{waiting} candidates with the legal qualification wait in this division: say why this one"
        " comes first."
    )
    basis = "渝府办发〔2022〕70号四(一)：优先将取得法律职业资格的人员充实到队伍中"


class CardPeriodOver(Refused):
    """A card that is over when it is given would be none."""

    code = "supervision-card-period-over"
    status = 422
    zh = "监督证件有效期截止日 {valid_to} 须晚于今天。"
    en = "The last day {valid_to} of the card must be later than today."


class Points(NamedTuple):
    """What one criterion gives a candidate."""

    criterion: Criterion
    value: int
    """What was counted: 1 or 0 for held or not, years, hours."""
    points: int


def may_be_filed(*, held: bool, number: str | None, since: date | None, today: date) -> None:
    """What is said of a qualification fits together."""
    if not held and (number or since):
        raise QualificationInconsistent
    if since is not None and since > today:
        raise QualificationInconsistent


def may_appoint(
    *, appointer: str, nominated_by: str, qualified: bool, waiting: int, reason: str | None
) -> None:
    """优先: an unqualified one is appointed before a qualified one for a reason only.

    `waiting` counts the other candidates of the division who hold the qualification.
    """
    if appointer == nominated_by:
        raise AppointedByNominator
    if not qualified and waiting and not reason:
        raise QualifiedCandidateWaits(waiting=waiting)


def may_carry(*, valid_to: date, today: date) -> None:
    """A card is good for some days at least."""
    if valid_to <= today:
        raise CardPeriodOver(valid_to=valid_to.isoformat())


def points_of(
    weights: Mapping[str, Any],
    *,
    legal_qualification: bool,
    experience_years: int,
    training_hours: int,
) -> list[Points]:
    """What a candidate gets by the rule `supervision_officer.ranking`, criterion by criterion.

    A criterion that the rule in force does not name counts nothing and is not told.
    """
    values = {
        Criterion.LEGAL_QUALIFICATION: int(legal_qualification),
        Criterion.EXPERIENCE: experience_years,
        Criterion.TRAINING: training_hours,
    }
    found = []
    for criterion, value in values.items():
        if weight := weights.get(criterion):
            gained = value // weight["per"] * weight["points"]
            found.append(Points(criterion, value, min(gained, weight["most"])))
    return found


def allowed_actions(
    *, state: str, permissions: Collection[str], caller: str, nominated_by: str
) -> list[str]:
    """What somebody in charge may do now."""
    actions = LIFECYCLE.allowed_actions(state, permissions)
    return [action for action in actions if action != "appoint" or caller != nominated_by]
