"""Decisions about the yearly reports on the responsibility system: values in, `Refused` out."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta

from shared.law.calendar import end_of
from shared.law.divisions import Level, level_of
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class ReportState(Term):
    DUE = "due", "待报送"
    SUBMITTED = "submitted", "已报送"
    ACCEPTED = "accepted", "已接收"
    RETURNED = "returned", "退回补正"


class Reporter(Term):
    """Whose report it is."""

    SUBJECT = "subject", "执法主体"
    DISTRICT = "district", "区县"


_S = ReportState
OUTSTANDING = (_S.DUE, _S.RETURNED)

LIFECYCLE = Lifecycle(
    _S.DUE,
    [
        Transition("submit", OUTSTANDING, _S.SUBMITTED, "responsibility_report:submit"),
        Transition(
            "accept",
            _S.SUBMITTED,
            _S.ACCEPTED,
            "responsibility_report:accept",
            needs="another person than who submitted it, of the level above",
        ),
        Transition(
            "return",
            _S.SUBMITTED,
            _S.RETURNED,
            "responsibility_report:accept",
            needs="a reason, and as for accept",
        ),
    ],
    terminal=(_S.ACCEPTED,),
)


class ReportExists(Refused):
    """One report a year."""

    code = "responsibility-report-exists"
    zh = "该年度的执法责任制报告已列入。"
    en = "The report of this year is called for already."


class ReportYearInvalid(Refused):
    """A report is called for before it is due, and not years ahead."""

    code = "responsibility-report-year-invalid"
    status = 422
    zh = "{year}年度的报告期限为{due_on}，现在不能列入。"
    en = "The report of {year} is due on {due_on} and cannot be called for now."


class ReporterUnclear(Refused):
    """A report is that of a subject or of a district."""

    code = "responsibility-report-reporter-unclear"
    status = 422
    zh = "须指明一个执法主体或者一个区县。"
    en = "Name either a subject or a district."


class AcceptedBySubmitter(Refused):
    """Who submits does not accept."""

    code = "responsibility-report-accepted-by-submitter"
    zh = "报送人不得接收或者退回自己报送的报告。"
    en = "Who submitted the report can neither accept nor return it."


class AcceptedAbove(Refused):
    """A report is accepted by the level above who reports."""

    code = "responsibility-report-accepted-above"
    status = 403
    zh = "该报告由{level}接收。"
    en = "This report is accepted by the level above: {level}."
    basis = "《重庆市行政执法监督条例》第九条"


def due_at(year: int, *, month: int, day: int) -> datetime:
    """条例 arts. 8-10: the responsibility-system report each December; the first late moment."""
    return end_of(date(year, month, day))


def first_moment(due: datetime, remind_days: Sequence[int]) -> datetime:
    """When a year's reports are called for: with the first reminder."""
    return due - timedelta(days=max(remind_days) + 1)


def may_call(*, year: int, due: datetime, due_on: date, now: datetime, this_year: int) -> None:
    """This year's before they are due, or the next year's."""
    if due <= now or year > this_year + 1:
        raise ReportYearInvalid(year=year, due_on=due_on.isoformat())


def may_be_of(*, subject: bool, division: str | None) -> None:
    """One of the two."""
    if subject == (division is not None):
        raise ReporterUnclear
    if division is not None and level_of(division) is not Level.DISTRICT:
        raise ReporterUnclear


def may_accept(*, caller: str, submitted_by: str | None, to_level: str, by_bureau: bool) -> None:
    """Two pairs of eyes, the second of the level above."""
    if to_level == "bureau" and not by_bureau:
        raise AcceptedAbove(level=to_level)
    if caller == submitted_by:
        raise AcceptedBySubmitter


def is_overdue(*, state: str, due: datetime, now: datetime) -> bool:
    return state in OUTSTANDING and due <= now


def allowed_actions(
    *,
    state: str,
    permissions: Collection[str],
    caller: str,
    submitted_by: str | None,
    may_submit: bool,
    may_receive: bool,
) -> list[str]:
    """What the caller may do now, as who reports or as who receives the report."""
    actions = LIFECYCLE.allowed_actions(state, permissions)
    received = may_receive and caller != submitted_by
    return [action for action in actions if (may_submit if action == "submit" else received)]
