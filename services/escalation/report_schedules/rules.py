"""Decisions about who is to report what until when: values in, `Refused` out."""

import tomllib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

from services.escalation.ladder.rules import IssueLevel, level_of_division
from shared.law.divisions import Scope
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

REMINDERS = "periodic_report.reminders"
"""The rule that says how many days ahead reminders go out."""
NOTICE = "渝府办发〔2022〕70号五(三)"
_PILOT = Path(__file__).with_name("data") / "pilot_2022.toml"


class ReportKind(Term):
    INTERIM_SUMMARY = "interim_summary", "阶段性总结"
    FINAL_SUMMARY = "final_summary", "全面总结"
    THEMATIC = "thematic", "专题报告"


class ScheduleState(Term):
    CALLED = "called", "已布置"
    CLOSED = "closed", "已截止"


LIFECYCLE = Lifecycle(
    ScheduleState.CALLED,
    [
        Transition(
            "close",
            ScheduleState.CALLED,
            ScheduleState.CLOSED,
            "report_schedule:call",
            "nobody waits for acceptance, and the day has passed or all are accepted",
        ),
    ],
    terminal=[ScheduleState.CLOSED],
)


class ReportScheduleExists(Refused):
    code = "report-schedule-exists"
    zh = "该项报送任务已经布置。"
    en = "These reports have been called for already."


class ReportersUnclear(Refused):
    code = "reporters-unclear"
    status = 422
    zh = "须指明一个试点方案(由其试点单位报送),或者指明报送地区,二者择一。"
    en = "Name either a programme, whose pilots report, or the divisions that report."


class ReportersMissing(Refused):
    code = "reporters-missing"
    status = 422
    zh = "该试点没有可报送的试点单位。"
    en = "The programme is unknown here or has no pilot participants."


class ReporterNotBelow(Refused):
    code = "reporter-not-below"
    status = 422
    zh = "{division} 不是本级的下一级地区。"
    en = "{division} is not a division of the next level below yours."


class ReportScheduleDueInPast(Refused):
    code = "report-schedule-due-in-past"
    status = 422
    zh = "报送期限不得早于今日。"
    en = "The day by which they report has passed already."


class ReportSectionTwice(Refused):
    code = "report-section-twice"
    status = 422
    zh = "报告部分 {section} 重复。"
    en = "The section {section} is there twice."


class ReportScheduleNotYours(Refused):
    code = "report-schedule-not-yours"
    status = 403
    zh = "仅由布置该项报送任务的一级办理。"
    en = "Only the level that called for the reports does this."


class ReportsToReceive(Refused):
    code = "reports-to-receive"
    zh = "尚有已报送的报告未接收或者退回。"
    en = "A report that was submitted has been neither accepted nor returned."


class ReportsNotDue(Refused):
    code = "reports-not-due"
    zh = "报送期限未到,且尚有报告未报送。"
    en = "Reports are outstanding and their day has not passed."


def may_call(
    *, programme: bool, divisions: Sequence[str], sections: Sequence[str], due_on: date, today: date
) -> None:
    """The pilots of a programme or named divisions, by a day to come."""
    if programme == bool(divisions):
        raise ReportersUnclear
    if due_on < today:
        raise ReportScheduleDueInPast
    for code in sections:
        if sections.count(code) > 1:
            raise ReportSectionTwice(section=code)


def may_report_to(*, caller: str, division: str, scope: Scope) -> None:
    """A district to the city, a township to its district."""
    above = {6: scope.city, 9: scope.district}.get(len(division))
    if above != caller:
        raise ReporterNotBelow(division=division)


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What of a schedule decides what may be done with it now."""

    state: str
    due_at: datetime
    outstanding: int
    """Reports that were not submitted, or returned."""
    submitted: int
    """Reports that wait to be accepted."""


def next_state(action: str, at: Standing, *, own: bool, now: datetime) -> ScheduleState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, at.state)
    if (hindrance := _hindrance(at, own, now)) is not None:
        raise hindrance
    return target


def allowed_actions(
    at: Standing, *, own: bool, now: datetime, permissions: Collection[str]
) -> list[str]:
    """What a holder of `permissions` may do now."""
    actions = LIFECYCLE.allowed_actions(at.state, permissions)
    return actions if _hindrance(at, own, now) is None else []


def _hindrance(at: Standing, own: bool, now: datetime) -> Refused | None:
    if not own:
        return ReportScheduleNotYours()
    if at.submitted:
        return ReportsToReceive()
    if at.outstanding and now < at.due_at:
        return ReportsNotDue()
    return None


def caller_level(division: str) -> IssueLevel:
    """The level that the reports go to."""
    return level_of_division(division)


@cache
def pilot_schedules() -> tuple[dict[str, Any], ...]:
    """What the notice asks of each pilot: code, kind, title, due_on, sections, basis."""
    told = tomllib.loads(_PILOT.read_text("utf-8"))
    return tuple(
        {
            **one,
            "basis": told["basis"],
            "sections": [{"required": True, **section} for section in one["sections"]],
        }
        for one in told["schedule"]
    )
