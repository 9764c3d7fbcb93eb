"""How the reports of a schedule stand beside each other, as data, on paper and as a table."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from services.escalation.periodic_reports.rules import PeriodicReportState, Task
from shared.clock import SHANGHAI, legal_day
from shared.documents.official import Paragraph, Table, chinese_date
from shared.files.workbook import Sheet

NOTHING = "（未报送）"
SILENT = "（未填写）"
Block = Paragraph | Table


@dataclass(frozen=True, kw_only=True)
class Reporter:
    periodic_report_id: UUID
    division: str
    reporter: str
    state: PeriodicReportState
    submitted_at: datetime | None
    late: bool
    missing: bool


@dataclass(frozen=True, kw_only=True)
class Answer:
    division: str
    reporter: str
    text: str | None
    cited: Sequence[Mapping[str, Any]]
    """Frozen figures as the report keeps them."""
    missing: bool

    @property
    def figures(self) -> list[UUID]:
        return [UUID(one["frozen_figure_id"]) for one in self.cited]


@dataclass(frozen=True, kw_only=True)
class Section:
    code: str
    title: str
    required: bool
    answers: Sequence[Answer]


@dataclass(frozen=True, kw_only=True)
class ComparedTask:
    task_id: UUID
    division: str
    reporter: str
    title: str
    state: str
    state_name: str
    percent: int | None
    statement: str | None


@dataclass(frozen=True, kw_only=True)
class Compared:
    """The reports of a schedule."""

    schedule_id: UUID
    title: str
    kind: str
    basis: str | None
    author: str
    """Who called for them."""
    due_at: datetime
    due_on: date
    reporters: Sequence[Reporter]
    sections: Sequence[Section]
    tasks: Sequence[ComparedTask]


@dataclass(frozen=True, kw_only=True)
class Handed:
    """What of one report is compared."""

    reporter: Reporter
    submission: Mapping[str, Any] | None
    tasks: Sequence[Task]
    """As they stand now."""


def sections_of(asked: Iterable[Mapping[str, Any]], handed: Sequence[Handed]) -> list[Section]:
    """Section by section, what each says; none is left out."""
    return [
        Section(
            code=section["code"],
            title=section["title"],
            required=section["required"],
            answers=[_answer(section["code"], one) for one in handed],
        )
        for section in asked
    ]


def tasks_of(handed: Sequence[Handed]) -> list[ComparedTask]:
    """The tasks of all as they were handed in, or else as they stand now with nothing said."""
    return [
        ComparedTask(division=one.reporter.division, reporter=one.reporter.reporter, **told)
        for one in handed
        for told in _tasks(one)
    ]


def _answer(code: str, one: Handed) -> Answer:
    said: Mapping[str, Any] = next(
        (each for each in (one.submission or {}).get("sections", ()) if each["code"] == code), {}
    )
    return Answer(
        division=one.reporter.division,
        reporter=one.reporter.reporter,
        text=said.get("text"),
        cited=said.get("figures", ()),
        missing=one.reporter.missing,
    )


def _tasks(one: Handed) -> Iterator[dict[str, Any]]:
    if one.submission is not None:
        for told in one.submission["tasks"]:
            yield {**told, "task_id": UUID(told["task_id"])}
        return
    for task in one.tasks:
        told = task._asdict()
        yield {"task_id": told.pop("id"), **told, "statement": None}


# On paper.


def paper_body(told: Compared) -> tuple[Block, ...]:
    """How they stand, then section by section, then the focus tasks."""
    numerals = iter("一二三四五六七八九十")
    found: list[Block] = [
        _heading(numerals, "报送情况"),
        Paragraph(_summary(told)),
        _standing(told),
    ]
    for section in told.sections:
        found.append(_heading(numerals, section.title))
        for answer in section.answers:
            found.append(Paragraph(f"【{answer.reporter}】", heading=True))
            found.append(Paragraph(_said(answer.text, missing=answer.missing)))
            found += [_figures(one) for one in answer.cited]
    if told.tasks:
        found += [_heading(numerals, "重点任务完成情况"), _task_table(told)]
    return tuple(found)


def _heading(numerals: Iterator[str], title: str) -> Paragraph:
    numeral = next(numerals, "")
    return Paragraph(f"{numeral}、{title}" if numeral else title, heading=True)


def _summary(told: Compared) -> str:
    handed = [one for one in told.reporters if not one.missing]
    absent = "、".join(one.reporter for one in told.reporters if one.missing)
    basis = f"根据{told.basis}，" if told.basis else ""
    summed = (
        f"{basis}应于{chinese_date(told.due_on)}前报送{told.title}的单位{len(told.reporters)}个，"
        f"已报送{len(handed)}个"
    )
    late = sum(one.late for one in handed)
    summed += f"（其中逾期报送{late}个）" if late else ""
    missing = f"；未报送{len(told.reporters) - len(handed)}个：{absent}" if absent else ""
    return f"{summed}{missing}。"


def _standing(told: Compared) -> Table:
    rows = tuple((one.reporter, *_stands(one)) for one in told.reporters)
    return Table(("单位", "状态", "报送日期", "逾期"), rows, (5, 3, 4, 2))


def _stands(one: Reporter) -> tuple[str, str, str]:
    day = chinese_date(legal_day(one.submitted_at)) if one.submitted_at else "—"
    return one.state.label, day, "是" if one.late else "否" if one.submitted_at else "—"


def _said(text: str | None, *, missing: bool) -> str:
    return NOTHING if missing else text or SILENT


def _figures(cited: Mapping[str, Any]) -> Table:
    first, last = (
        chinese_date(date.fromisoformat(cited[name])) for name in ("first_day", "last_day")
    )
    return Table((f"{first}至{last}", "数值"), tuple(_numbers(cited)), (5, 2))


def _numbers(cited: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for key, value in cited["figures"].items():
        yield cited["labels"].get(key, key), str(value)
    for key, (part, whole) in cited["coverages"].items():
        yield cited["coverage_labels"].get(key, key), f"{part}/{whole}"


def _task_table(told: Compared) -> Table:
    rows = tuple(
        (
            task.reporter,
            task.title,
            task.state_name,
            _percent(task.percent),
            " ".join((task.statement or SILENT).split()),
        )
        for task in told.tasks
    )
    return Table(("单位", "重点任务", "状态", "进度", "报告中的说明"), rows, (3, 5, 2, 2, 6))


def _percent(percent: int | None) -> str:
    return "—" if percent is None else f"{percent}%"


# As a table.


def sheets(told: Compared) -> tuple[Sheet, ...]:
    """How they stand; sections down and divisions across; the focus tasks."""
    names = [one.reporter for one in told.reporters]
    return (
        Sheet(
            "报送情况",
            ("单位", "状态", "报送时间", "逾期"),
            [
                (one.reporter, one.state.label, _moment(one.submitted_at), _stands(one)[2])
                for one in told.reporters
            ],
            (20, 12, 22, 8),
        ),
        Sheet(
            "逐项对照",
            ("报告部分", *names),
            [(section.title, *map(_cell, section.answers)) for section in told.sections],
            (18, *(30 for _ in names)),
            frozen=1,
        ),
        Sheet(
            "重点任务",
            ("单位", "重点任务", "状态", "进度", "报告中的说明"),
            [
                (
                    task.reporter,
                    task.title,
                    task.state_name,
                    _percent(task.percent),
                    task.statement or SILENT,
                )
                for task in told.tasks
            ],
            (18, 36, 10, 8, 60),
        ),
        Sheet(
            "引用数据",
            ("报告部分", "单位", "期间", "项目", "数值"),
            [
                (section.title, answer.reporter, period, label, number)
                for section in told.sections
                for answer in section.answers
                for period, label, number in _cited(answer)
            ],
            (18, 18, 26, 36, 12),
        ),
    )


def _cell(answer: Answer) -> str:
    return _said(answer.text, missing=answer.missing)


def _cited(answer: Answer) -> Iterator[tuple[str, str, str]]:
    for one in answer.cited:
        for label, number in _numbers(one):
            yield f"{one['first_day']} 至 {one['last_day']}", label, number


def _moment(moment: datetime | None) -> str:
    return "" if moment is None else f"{moment.astimezone(SHANGHAI):%Y-%m-%d %H:%M}"
