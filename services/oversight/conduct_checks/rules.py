"""Checks of how officers look and behave (仪容仪表, 执法风纪), by a dated checklist."""

from collections.abc import Collection
from datetime import date

from pydantic import BaseModel, ConfigDict

from services.oversight.inspections.rules import FOUND_IN
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class ConductCheckState(Term):
    RECORDED = "recorded", "已记录"
    PASSED = "passed", "合格"
    VIOLATED = "violated", "违规"
    VOIDED = "voided", "已作废"


_S = ConductCheckState
RECORD, DECIDE = "conduct_check:record", "conduct_check:decide"

LIFECYCLE = Lifecycle(
    ConductCheckState.RECORDED,
    [
        Transition(
            "clear", _S.RECORDED, _S.PASSED, DECIDE, "nothing failed, by another than the recorder"
        ),
        Transition(
            "establish",
            _S.RECORDED,
            _S.VIOLATED,
            DECIDE,
            "something failed and the inspectors are on site, by another than the recorder",
        ),
        Transition("void", _S.RECORDED, _S.VOIDED, DECIDE),
    ],
    terminal=[_S.PASSED, _S.VIOLATED, _S.VOIDED],
)


class ChecklistItem(BaseModel):
    """A line of the checklist, and the code of the finding that it becomes when it fails."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    label: str
    finding: str


class Checklist(BaseModel):
    """The rule `conduct.checklist`."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    edition: int
    items: list[ChecklistItem]


class ChecklistNotAnswered(Refused):
    """Each line is answered, once."""

    code = "conduct-checklist-not-answered"
    status = 422
    zh = "检查清单的每一项须填写一次（{item} 不符）。"
    en = "Each item of the checklist is answered once (see {item})."


class NothingFailed(Refused):
    code = "conduct-check-without-violation"
    status = 409
    zh = "各项均合格，不能认定违规。"
    en = "Nothing failed, so no violation is established."


class SomethingFailed(Refused):
    code = "conduct-check-with-violation"
    status = 409
    zh = "有不合格项，不能认定合格。"
    en = "Something failed, so the check is not passed."


class ConductDecidedByRecorder(Refused):
    """Two pairs of eyes."""

    code = "conduct-check-decided-by-recorder"
    status = 403
    zh = "记录人不得自行认定检查结果。"
    en = "A check is decided on by another person than the one who recorded it."


class InspectorsNotOnSite(Refused):
    """A violation becomes a finding, and those are recorded on site."""

    code = "conduct-check-not-on-site"
    status = 409
    zh = "现场检查已结束或尚未开始，不能再记录或认定。"
    en = "The inspectors are not on site, so nothing is recorded or established."


class ObservedInFuture(Refused):
    code = "conduct-check-in-future"
    status = 422
    zh = "检查日 {observed_on} 不得晚于今天。"
    en = "What was observed on {observed_on} is still to come."


def has_been_observed(observed_on: date, *, today: date) -> None:
    """What is recorded has been seen."""
    if observed_on > today:
        raise ObservedInFuture(observed_on=observed_on.isoformat())


def may_record(items: Collection[ChecklistItem], *, answered: Collection[str]) -> None:
    """`answered` are the codes that a check tells of."""
    known, told = [item.code for item in items], list(answered)
    for code in told:
        if code not in known or told.count(code) > 1:
            raise ChecklistNotAnswered(item=code)
    for item in items:
        if item.code not in told:
            raise ChecklistNotAnswered(item=item.code)


def next_state(
    action: str, *, state: str, violations: int, inspection: str, recorded_by: str, sub: str
) -> ConductCheckState:
    """The state that `action` leads to, or why not; `inspection` is the state of that."""
    target = LIFECYCLE.next(action, state)
    hindrance = _hindrance(
        action, violations=violations, inspection=inspection, recorded_by=recorded_by, sub=sub
    )
    if hindrance is not None:
        raise hindrance
    return target


def allowed_actions(
    *,
    state: str,
    violations: int,
    inspection: str,
    recorded_by: str,
    sub: str,
    permissions: Collection[str],
) -> list[str]:
    """What `sub`, a holder of `permissions`, may do now."""
    return [
        action
        for action in LIFECYCLE.allowed_actions(state, permissions)
        if _hindrance(
            action, violations=violations, inspection=inspection, recorded_by=recorded_by, sub=sub
        )
        is None
    ]


def _hindrance(
    action: str, *, violations: int, inspection: str, recorded_by: str, sub: str
) -> Refused | None:
    if action in {"clear", "establish"} and sub == recorded_by:
        return ConductDecidedByRecorder()
    if action == "clear" and violations:
        return SomethingFailed()
    if action == "establish" and not violations:
        return NothingFailed()
    if action == "establish" and inspection not in FOUND_IN:
        return InspectorsNotOnSite()
    return None
