"""Deadlines by law: pure arithmetic over the days it is given.

The day of service never counts. A deadline in working days (wd) or calendar days (d) ends at 24:00
Asia/Shanghai of its last day; one in hours (h) ends that many hours after the moment of service
and never rolls. `due_at` is everywhere the first moment that is too late: for wd and d the
midnight after the last day, so something done before `due_at` is done in time, and `due_at <= now`
is overdue.
"""

from calendar import monthrange
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from typing import NamedTuple, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from shared.clock import SHANGHAI, legal_day
from shared.refusals import Refused

ONE_DAY = timedelta(days=1)
MOST_COUNTED = 4_096


class Unit(StrEnum):
    WORKING_DAYS = "wd"
    DAYS = "d"
    HOURS = "h"


class Roll(StrEnum):
    """What happens when the last calendar day is not a working day."""

    NONE = "none"
    NEXT_WORKING_DAY = "next_wd"


class DeadlinePassed(Refused):
    """What has run out can be neither paused nor extended."""

    code = "deadline-passed"
    status = 409
    zh = "期限已于 {due_at} 届满。"
    en = "The deadline ended at {due_at}."


class Deadline(BaseModel):
    """A term as a rule of law states it: a number, its unit, and whether the last day rolls."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    n: int = Field(ge=1, le=10_000)
    unit: Unit
    roll: Roll = Roll.NONE

    @model_validator(mode="after")
    def _only_days_roll(self) -> Self:
        if self.roll is not Roll.NONE and self.unit is not Unit.DAYS:
            raise PydanticCustomError(
                "deadline-roll-not-allowed", "only a deadline in calendar days can roll"
            )
        return self


class Remaining(BaseModel):
    """What was left of a deadline when it was paused, in the deadline's own unit; storable."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    unit: Unit
    roll: Roll = Roll.NONE
    days: int = Field(default=0, ge=0)
    """Working days or calendar days after the day of the pause."""
    seconds: float = Field(default=0, ge=0)
    """For hours: exact to the microsecond."""


@dataclass(frozen=True, slots=True)
class Due:
    """When a deadline ends."""

    at: datetime
    """The first moment that is too late, in UTC."""
    provisional: bool
    """Whether a day was counted whose calendar is not announced yet: the date may still move."""

    @property
    def last_day(self) -> date:
        return last_day_of(self.at)


class Day(NamedTuple):
    """One day of the official calendar; provisional where only the weekday is known."""

    day: date
    workday: bool
    provisional: bool = False


class Calendar:
    """Which days are working days; unknown days follow the weekday and are provisional."""

    def __init__(self, days: Iterable[Day] = ()) -> None:
        self._workday: dict[date, bool] = {}
        self._provisional: set[date] = set()
        self._counted: dict[tuple[date, int], tuple[date, bool]] = {}
        for day, workday, provisional in days:
            if self._workday.setdefault(day, workday) is not workday:
                raise ValueError(f"{day} is given as a working day and as none")
            if provisional:
                self._provisional.add(day)

    def is_workday(self, day: date) -> bool:
        known = self._workday.get(day)
        return day.weekday() < 5 if known is None else known

    def is_provisional(self, day: date) -> bool:
        return day not in self._workday or day in self._provisional

    def count(self, after: date, workdays: int) -> tuple[date, bool]:
        """The day that is the `workdays`-th working day after `after`, and whether provisional.

        With 0 it is `after` itself, or the first working day from it on.
        """
        # All that begins on a day asks for the same few numbers of days.
        counted = self._counted.get((after, workdays))
        if counted is None:
            if len(self._counted) >= MOST_COUNTED:
                self._counted.clear()
            counted = self._counted[after, workdays] = self._count(after, workdays)
        return counted

    def _count(self, after: date, workdays: int) -> tuple[date, bool]:
        day, left, provisional = after, workdays, False
        if left == 0:
            return self.rolled(after)
        while left:
            day += ONE_DAY
            provisional = provisional or self.is_provisional(day)
            left -= self.is_workday(day)
        return day, provisional

    def rolled(self, day: date) -> tuple[date, bool]:
        """`day`, or the next working day if it is none; and whether provisional."""
        provisional = self.is_provisional(day)
        while not self.is_workday(day):
            day += ONE_DAY
            provisional = provisional or self.is_provisional(day)
        return day, provisional


def due(start: datetime, deadline: Deadline, calendar: Calendar) -> Due:
    """The end of a deadline that starts with service at `start` (with a time zone)."""
    if deadline.unit is Unit.HOURS:
        return Due(_utc(start) + timedelta(hours=deadline.n), provisional=False)
    return _after(_legal_day(start), deadline.n, deadline.unit, deadline.roll, calendar)


def extended(due_at: datetime, by: Deadline, calendar: Calendar) -> Due:
    """A running deadline made longer: `by` is counted from its last day, or last moment for h."""
    if by.unit is Unit.HOURS:
        return Due(_utc(due_at) + timedelta(hours=by.n), provisional=False)
    return _after(last_day_of(due_at), by.n, by.unit, by.roll, calendar)


def remaining(
    due_at: datetime, deadline: Deadline, paused_at: datetime, calendar: Calendar
) -> Remaining:
    """What is left at `paused_at`, to be given again by `resumed`.

    The day of the pause does not count as used up nor as left: the day of the resume stands for
    it. Refuses with `DeadlinePassed` when nothing is left.
    """
    if _utc(paused_at) >= _utc(due_at):
        raise DeadlinePassed(due_at=by_local_clock(due_at))
    if deadline.unit is Unit.HOURS:
        return Remaining(unit=deadline.unit, seconds=(due_at - paused_at).total_seconds())
    paused_on, last_day = legal_day(paused_at), last_day_of(due_at)
    if deadline.unit is Unit.WORKING_DAYS:
        days = working_days_between(paused_on, last_day, calendar)
    else:
        days = (last_day - paused_on).days
    return Remaining(unit=deadline.unit, roll=deadline.roll, days=days)


def resumed(left: Remaining, resumed_at: datetime, calendar: Calendar) -> Due:
    """The new end of a deadline that was paused with `left` and goes on at `resumed_at`."""
    if left.unit is Unit.HOURS:
        return Due(_utc(resumed_at) + timedelta(seconds=left.seconds), provisional=False)
    return _after(_legal_day(resumed_at), left.days, left.unit, left.roll, calendar)


def working_days_between(after: date, until: date, calendar: Calendar) -> int:
    """How many working days there are after `after`, up to and with `until`; 0 if it is earlier."""
    days = range(1, (until - after).days + 1)
    return sum(calendar.is_workday(after + timedelta(days=i)) for i in days)


def months_from(day: date, months: int) -> date:
    """The same day so many calendar months later, or earlier if they are negative.

    A day that the month does not have becomes its last one.

    >>> months_from(date(2026, 1, 31), 1), months_from(date(2024, 2, 29), -24)
    (datetime.date(2026, 2, 28), datetime.date(2022, 2, 28))
    """
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def last_day_of(due_at: datetime) -> date:
    """The last legal day on which something is still in time."""
    return legal_day(_utc(due_at) - timedelta.resolution)


def by_local_clock(moment: datetime) -> str:
    """A moment as a refusal tells it to a person: `2026-03-18T00:00+08:00`."""
    return moment.astimezone(SHANGHAI).isoformat(timespec="minutes")


def end_of(day: date) -> datetime:
    """24:00 Asia/Shanghai of `day`, in UTC; of the last day there is, its last moment."""
    if day == date.max:
        return datetime.combine(day, time.max, SHANGHAI).astimezone(UTC)
    return datetime.combine(day + ONE_DAY, time(), SHANGHAI).astimezone(UTC)


def next_reminder(due_at: datetime, days: Sequence[int], now: datetime) -> datetime:
    """When the next reminder of what ends with a day goes out; `due_at` itself, if none comes.

    A reminder of so many days goes out at the beginning of its day, of 0 on the last day itself.
    """
    moments = [due_at - timedelta(days=ahead + 1) for ahead in days]
    return min([moment for moment in moments if moment > now], default=due_at)


def _after(day: date, n: int, unit: Unit, roll: Roll, calendar: Calendar) -> Due:
    if unit is Unit.WORKING_DAYS:
        last_day, provisional = calendar.count(day, n)
    else:
        last_day, provisional = day + timedelta(days=n), False
        if roll is Roll.NEXT_WORKING_DAY:
            last_day, provisional = calendar.rolled(last_day)
    return Due(end_of(last_day), provisional)


def _utc(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment without a time zone belongs to no legal day")
    return moment.astimezone(UTC)


def _legal_day(moment: datetime) -> date:
    return legal_day(_utc(moment))
