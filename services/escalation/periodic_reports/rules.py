"""Decisions about what divisions report when called upon: values in, `Refused` out."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple
from uuid import UUID

from services.escalation.ladder.rules import IssueLevel
from services.escalation.report_schedules.rules import NOTICE
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class PeriodicReportState(Term):
    CALLED = "called", "待报送"
    DRAFTED = "drafted", "起草中"
    SUBMITTED = "submitted", "已报送"
    RETURNED = "returned", "退回补正"
    ACCEPTED = "accepted", "已接收"
    MISSED = "missed", "未报送"


_S = PeriodicReportState
OUTSTANDING = (_S.CALLED, _S.DRAFTED, _S.RETURNED)
"""Whoever is to report has to do something."""
_HAND_IN, _RECEIVE = "periodic_report:hand_in", "periodic_report:receive"

LIFECYCLE = Lifecycle(
    _S.CALLED,
    [
        Transition("change", OUTSTANDING, _S.DRAFTED, _HAND_IN, "by who reports"),
        Transition(
            "submit", _S.DRAFTED, _S.SUBMITTED, _HAND_IN, "every required section, every task"
        ),
        Transition(
            "accept", _S.SUBMITTED, _S.ACCEPTED, _RECEIVE, "by another person, of the level above"
        ),
        Transition("return", _S.SUBMITTED, _S.RETURNED, _RECEIVE, "as for accept, until a day"),
        Transition("urge", OUTSTANDING, None, _RECEIVE, "by the level above"),
        Transition("mark_overdue", OUTSTANDING, None, None, "the day has passed"),
        Transition("miss", OUTSTANDING, _S.MISSED, None, "its schedule was closed"),
    ],
    terminal=[_S.ACCEPTED, _S.MISSED],
)


class ReportNotYours(Refused):
    code = "report-not-yours"
    status = 403
    zh = "该报告由{division}起草和报送。"
    en = "The report is that of another division ({division})."


class ReportReceivedAbove(Refused):
    code = "report-received-above"
    status = 403
    zh = "该报告由{level}接收。"
    en = "The report is received by the level above: {level}."
    basis = NOTICE


class ReportReceivedBySubmitter(Refused):
    code = "report-received-by-submitter"
    status = 403
    zh = "报送人不得接收或者退回自己报送的报告。"
    en = "Who submitted the report can neither accept nor return it."


class ReportIncomplete(Refused):
    """What is compared with others must not have holes."""

    code = "report-incomplete"
    zh = "报告尚缺:{missing}。"
    en = "The report lacks: {missing}."
    basis = NOTICE


class ReportSectionUnknown(Refused):
    code = "report-section-unknown"
    status = 422
    zh = "报告没有“{section}”这一部分。"
    en = "The report has no section {section}."


class ReportTaskUnknown(Refused):
    code = "report-task-unknown"
    status = 422
    zh = "{task} 不是该单位在本试点中的重点任务。"
    en = "{task} is no focus task of this division in the programme."


class FiguresNotCitable(Refused):
    """One does not report on what was counted for others."""

    code = "figures-not-citable"
    status = 422
    zh = "没有本地区的冻结数据 {figures}。"
    en = "No figures {figures} were frozen for this division."


class ReportDueInPast(Refused):
    code = "report-due-in-past"
    status = 422
    zh = "补正期限不得早于今日。"
    en = "The day by which it is to be mended has passed already."


class Task(NamedTuple):
    """A focus task as it stands."""

    id: UUID
    title: str
    state: str
    state_name: str
    percent: int | None


class Missing(NamedTuple):
    """What the draft does not say yet."""

    sections: list[str]
    """Their titles."""
    tasks: list[str]

    def __bool__(self) -> bool:
        return bool(self.sections or self.tasks)


@dataclass(frozen=True, kw_only=True)
class Part:
    """What the caller is to a report."""

    reports: bool
    receives: bool
    submitted: bool
    """Is who submitted it."""


@dataclass(frozen=True, kw_only=True)
class Standing:
    """What of a report decides who may do what now."""

    state: str
    level: str
    reporter: str
    missing: Missing


def is_overdue(*, state: str, due_at: datetime, now: datetime) -> bool:
    return state in OUTSTANDING and due_at <= now


def missing_in(
    draft: Mapping[str, Any], sections: Iterable[Mapping[str, Any]], tasks: Iterable[Task]
) -> Missing:
    """Required sections without a text, and tasks without a statement."""
    said, stated = draft["sections"], draft["statements"]
    return Missing(
        [
            one["title"]
            for one in sections
            if one["required"] and not said.get(one["code"], {}).get("text")
        ],
        [task.title for task in tasks if not stated.get(str(task.id))],
    )


def may_draft(
    *,
    sections: Iterable[str],
    of_schedule: Collection[str],
    statements: Iterable[UUID],
    tasks: Collection[UUID],
    figures: Iterable[UUID],
    citable: Collection[UUID],
) -> None:
    """A draft speaks of the sections that are asked for, of own tasks and of own figures."""
    for section in sections:
        if section not in of_schedule:
            raise ReportSectionUnknown(section=section)
    for task in statements:
        if task not in tasks:
            raise ReportTaskUnknown(task=str(task))
    if foreign := sorted(str(one) for one in set(figures) - set(citable)):
        raise FiguresNotCitable(figures="、".join(foreign))


def submission(
    draft: Mapping[str, Any],
    sections: Iterable[Mapping[str, Any]],
    tasks: Sequence[Task],
    figures: Mapping[str, Mapping[str, Any]],
) -> dict[str, Any]:
    """What is handed in: the draft, with tasks and cited figures as they are now."""
    said = draft["sections"]
    return {
        "sections": [
            {
                "code": one["code"],
                "title": one["title"],
                "text": said.get(one["code"], {}).get("text"),
                "figures": [figures[id] for id in said.get(one["code"], {}).get("figures", ())],
            }
            for one in sections
        ],
        "tasks": [
            {
                "task_id": str(task.id),
                **{name: getattr(task, name) for name in ("title", "state", "state_name")},
                "percent": task.percent,
                "statement": draft["statements"].get(str(task.id)),
            }
            for task in tasks
        ],
    }


def next_state(action: str, at: Standing, part: Part) -> PeriodicReportState:
    """The state that `action` leads to, or why not."""
    target = LIFECYCLE.next(action, at.state)
    if (hindrance := _hindrance(action, at, part)) is not None:
        raise hindrance
    return target


def allowed_actions(at: Standing, part: Part, *, permissions: Collection[str]) -> list[str]:
    """What a holder of `permissions` may do now."""
    actions = LIFECYCLE.allowed_actions(at.state, permissions)
    return [action for action in actions if _hindrance(action, at, part) is None]


def _hindrance(action: str, at: Standing, part: Part) -> Refused | None:
    if action in {"change", "submit"}:
        if not part.reports:
            return ReportNotYours(division=at.reporter)
        if action == "submit" and at.missing:
            return ReportIncomplete(missing="、".join([*at.missing.sections, *at.missing.tasks]))
        return None
    if not part.receives:
        return ReportReceivedAbove(level=IssueLevel(at.level).label)
    if action != "urge" and part.submitted:
        return ReportReceivedBySubmitter()
    return None
