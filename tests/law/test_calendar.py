"""Deadlines by law: the facts of the field, tables of cases, and what holds for every deadline."""

from datetime import UTC, date, datetime, time, timedelta

import chinese_calendar
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from shared.clock import SHANGHAI
from shared.law.calendar import (
    Calendar,
    Day,
    Deadline,
    DeadlinePassed,
    Roll,
    Unit,
    due,
    end_of,
    extended,
    last_day_of,
    remaining,
    resumed,
    working_days_between,
)

FIRST, LAST = date(2021, 1, 1), date(2026, 12, 31)
OFFICIAL = Calendar(
    Day(day, chinese_calendar.is_workday(day))
    for day in (FIRST + timedelta(days=i) for i in range((LAST - FIRST).days + 1))
)


def noon(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(hour=12, tzinfo=SHANGHAI)


def term(text: str) -> Deadline:
    """`15 wd`, `90 d`, `90 d roll`, `24 h`."""
    n, unit, *roll = text.split()
    return Deadline(n=int(n), unit=Unit(unit), roll=Roll.NEXT_WORKING_DAY if roll else Roll.NONE)


@pytest.mark.parametrize(
    ("service", "deadline", "last_day"),
    [
        # A case filed on 2024-09-09 was due on a Sunday: Art. 60 of the penalty law does not roll.
        ("2024-09-09", "90 d", "2024-12-08"),
        ("2024-09-09", "90 d roll", "2024-12-09"),
        # Into the October holiday of 2022 and out over two make-up days.
        ("2022-09-30", "1 d roll", "2022-10-08"),
        ("2022-09-30", "1 wd", "2022-10-08"),
        ("2022-09-30", "2 wd", "2022-10-09"),
        ("2022-09-30", "3 wd", "2022-10-10"),
        ("2022-06-17", "15 wd", "2022-07-08"),
        ("2022-06-17", "1 wd", "2022-06-20"),
        ("2022-06-18", "1 wd", "2022-06-20"),
        ("2024-02-28", "1 d", "2024-02-29"),
    ],
)
def test_the_day_of_service_never_counts(service: str, deadline: str, last_day: str) -> None:
    found = due(noon(service), term(deadline), OFFICIAL)
    assert found.last_day == date.fromisoformat(last_day)
    assert not found.provisional


def test_a_deadline_ends_at_midnight_in_shanghai() -> None:
    found = due(noon("2024-09-09"), term("90 d"), OFFICIAL)
    assert found.at == datetime(2024, 12, 8, 16, tzinfo=UTC)
    assert last_day_of(found.at) == date(2024, 12, 8)


def test_the_legal_day_is_that_of_shanghai() -> None:
    late = datetime(2024, 9, 9, 23, 59, tzinfo=SHANGHAI)
    assert due(late, term("1 d"), OFFICIAL).last_day == date(2024, 9, 10)
    assert due(late + timedelta(minutes=1), term("1 d"), OFFICIAL).last_day == date(2024, 9, 11)
    assert due(late.astimezone(UTC), term("1 d"), OFFICIAL).last_day == date(2024, 9, 10)


def test_hours_count_exactly_and_never_roll() -> None:
    start = datetime(2022, 9, 30, 17, 30, 5, 7, tzinfo=SHANGHAI)
    found = due(start, term("24 h"), OFFICIAL)
    assert found.at == start + timedelta(hours=24)
    assert found.last_day == date(2022, 10, 1)


def test_a_moment_without_a_time_zone_is_a_mistake() -> None:
    for deadline in ("1 wd", "1 d", "1 h"):
        with pytest.raises(ValueError, match="time zone"):
            due(datetime(2024, 1, 1), term(deadline), OFFICIAL)


@pytest.mark.parametrize(
    ("year", "workdays"), [(2022, 249), (2023, 249), (2024, 251), (2025, 248), (2026, 248)]
)
def test_working_days_of_a_year(year: int, workdays: int) -> None:
    assert working_days_between(date(year - 1, 12, 31), date(year, 12, 31), OFFICIAL) == workdays


def test_make_up_days_are_working_days() -> None:
    assert OFFICIAL.is_workday(date(2022, 10, 8))
    assert OFFICIAL.is_workday(date(2022, 10, 9))
    assert not OFFICIAL.is_workday(date(2022, 10, 7))


def test_the_published_calendar_ends_with_2026() -> None:
    with pytest.raises(NotImplementedError):
        chinese_calendar.is_workday(date(2027, 1, 1))


def test_days_that_are_not_announced_make_the_date_provisional() -> None:
    found = due(noon("2026-12-25"), term("15 wd"), OFFICIAL)
    assert found.provisional
    assert found.last_day == date(2027, 1, 15)  # by weekday alone
    # Calendar days do not ask the calendar, unless the last one may roll.
    assert not due(noon("2026-12-25"), term("30 d"), OFFICIAL).provisional
    assert due(noon("2026-12-25"), term("30 d roll"), OFFICIAL).provisional
    assert not due(noon("2026-12-31"), term("72 h"), OFFICIAL).provisional


def test_a_day_marked_provisional_makes_the_date_provisional() -> None:
    calendar = Calendar([Day(date(2027, 1, 4), True, True), Day(date(2027, 1, 5), True)])
    assert due(noon("2027-01-03"), term("1 wd"), calendar).provisional
    assert not due(noon("2027-01-04"), term("1 wd"), calendar).provisional


def test_an_announcement_moves_a_provisional_date() -> None:
    start, deadline = noon("2027-01-29"), term("5 wd")
    assert due(start, deadline, OFFICIAL).last_day == date(2027, 2, 5)
    announced = Calendar(
        Day(date(2027, 1, 30) + timedelta(days=i), not 5 <= i <= 12) for i in range(30)
    )
    found = due(start, deadline, announced)
    assert (found.last_day, found.provisional) == (date(2027, 2, 3), False)


def test_a_calendar_that_contradicts_itself_is_a_mistake() -> None:
    with pytest.raises(ValueError, match="2022-10-08"):
        Calendar([Day(date(2022, 10, 8), True), Day(date(2022, 10, 8), False)])


@pytest.mark.parametrize(
    ("value", "error"),
    [
        ({"n": 0, "unit": "d"}, "greater_than_equal"),
        ({"n": 10_001, "unit": "d"}, "less_than_equal"),
        ({"n": 1, "unit": "m"}, "enum"),
        ({"n": 1, "unit": "h", "roll": "next_wd"}, "deadline-roll-not-allowed"),
        ({"n": 1, "unit": "wd", "roll": "next_wd"}, "deadline-roll-not-allowed"),
        ({"n": 1, "unit": "d", "rolls": "none"}, "extra_forbidden"),
    ],
)
def test_what_is_no_deadline(value: dict[str, object], error: str) -> None:
    with pytest.raises(ValidationError) as caught:
        Deadline.model_validate(value)
    assert [e["type"] for e in caught.value.errors()] == [error]


def test_an_extension_is_counted_from_the_last_day() -> None:
    first = due(noon("2024-09-09"), term("30 d"), OFFICIAL)
    assert extended(first.at, term("30 d"), OFFICIAL).last_day == date(2024, 11, 8)
    assert extended(first.at, term("1 wd"), OFFICIAL).last_day == date(2024, 10, 10)
    hours = due(noon("2024-09-09"), term("24 h"), OFFICIAL)
    assert extended(hours.at, term("24 h"), OFFICIAL).at == hours.at + timedelta(hours=24)


def test_a_pause_over_a_holiday_gives_the_working_days_again() -> None:
    deadline = term("5 wd")
    first = due(noon("2022-09-26"), deadline, OFFICIAL)
    assert first.last_day == date(2022, 10, 8)
    left = remaining(first.at, deadline, noon("2022-09-28"), OFFICIAL)
    assert left.days == 3  # 29 and 30 September and the make-up day
    assert resumed(left, noon("2022-10-10"), OFFICIAL).last_day == date(2022, 10, 13)


def test_a_pause_on_the_last_day_leaves_the_day_of_the_resume() -> None:
    deadline = term("2 wd")
    first = due(noon("2022-06-20"), deadline, OFFICIAL)
    left = remaining(first.at, deadline, noon("2022-06-22"), OFFICIAL)
    assert left.days == 0
    assert resumed(left, noon("2022-06-24"), OFFICIAL).last_day == date(2022, 6, 24)
    # On a Saturday nobody works: the next working day stands for it.
    assert resumed(left, noon("2022-06-25"), OFFICIAL).last_day == date(2022, 6, 27)


def test_what_is_over_cannot_be_paused() -> None:
    deadline = term("2 wd")
    first = due(noon("2022-06-20"), deadline, OFFICIAL)
    remaining(first.at, deadline, first.at - timedelta(microseconds=1), OFFICIAL)
    with pytest.raises(DeadlinePassed) as caught:
        remaining(first.at, deadline, first.at, OFFICIAL)
    assert caught.value.code == "deadline-passed"
    assert "2022-06-23T00:00+08:00" in caught.value.sentence("zh")


def test_working_days_between_a_day_and_an_earlier_one_are_none() -> None:
    assert working_days_between(date(2022, 6, 20), date(2022, 6, 1), OFFICIAL) == 0


# ---------------------------------------------------------------- for every deadline

moments = st.datetimes(
    datetime(2021, 1, 1), datetime(2026, 6, 30), timezones=st.sampled_from([UTC, SHANGHAI])
)
units = st.sampled_from(Unit)


@st.composite
def deadlines(draw: st.DrawFn) -> Deadline:
    unit = draw(units)
    roll = draw(st.sampled_from(Roll)) if unit is Unit.DAYS else Roll.NONE
    return Deadline(n=draw(st.integers(1, 120)), unit=unit, roll=roll)


@st.composite
def calendars(draw: st.DrawFn) -> Calendar:
    """Any calendar at all: what holds must not lean on how China's happens to look."""
    first = date(2021, 1, 1)
    days = draw(st.dictionaries(st.integers(0, 2_500), st.booleans(), max_size=60))
    return Calendar(Day(first + timedelta(days=i), workday) for i, workday in days.items())


@given(moments, deadlines(), calendars())
def test_one_more_is_never_earlier(start: datetime, deadline: Deadline, calendar: Calendar) -> None:
    longer = deadline.model_copy(update={"n": deadline.n + 1})
    first, second = due(start, deadline, calendar), due(start, longer, calendar)
    assert start < first.at <= second.at
    if deadline.roll is Roll.NONE:
        assert first.at < second.at


@given(moments, st.integers(1, 120), calendars())
def test_a_term_in_working_days_holds_just_that_many(
    start: datetime, n: int, calendar: Calendar
) -> None:
    found = due(start, Deadline(n=n, unit=Unit.WORKING_DAYS), calendar)
    assert calendar.is_workday(found.last_day)
    service = start.astimezone(SHANGHAI).date()
    assert working_days_between(service, found.last_day, calendar) == n


@given(moments, deadlines(), calendars())
def test_days_end_at_midnight_and_rolled_ones_on_a_working_day(
    start: datetime, deadline: Deadline, calendar: Calendar
) -> None:
    found = due(start, deadline, calendar)
    if deadline.unit is not Unit.HOURS:
        assert found.at == end_of(found.last_day)
        assert found.at.astimezone(SHANGHAI).time() == time()
    if deadline.roll is Roll.NEXT_WORKING_DAY:
        assert calendar.is_workday(found.last_day)


@given(moments, deadlines(), calendars(), st.floats(0, 1))
def test_a_pause_without_time_passing_changes_nothing(
    start: datetime, deadline: Deadline, calendar: Calendar, when: float
) -> None:
    found = due(start, deadline, calendar)
    paused_at = min(start + (found.at - start) * when, found.at - timedelta.resolution)
    left = remaining(found.at, deadline, paused_at, calendar)
    assert resumed(left.model_validate_json(left.model_dump_json()), paused_at, calendar) == found


@given(moments, deadlines(), st.floats(0, 1), st.integers(0, 60))
def test_a_pause_never_shortens(
    start: datetime, deadline: Deadline, when: float, days: int
) -> None:
    found = due(start, deadline, OFFICIAL)
    paused_at = min(start + (found.at - start) * when, found.at - timedelta.resolution)
    resumed_at = paused_at + timedelta(days=days)
    later = resumed(remaining(found.at, deadline, paused_at, OFFICIAL), resumed_at, OFFICIAL)
    assert later.at >= found.at
    assert later.at > resumed_at


WHOLE_FIRST, WHOLE_LAST = date(2004, 1, 1), date(2026, 12, 31)


def test_every_published_day_is_what_chinesecalendar_says() -> None:
    """Also counted: the n-th working day of each year is the n-th that the library calls one."""
    days = [WHOLE_FIRST + timedelta(days=i) for i in range((WHOLE_LAST - WHOLE_FIRST).days + 1)]
    told = [day for day in days if chinese_calendar.is_workday(day)]
    calendar = Calendar(Day(day, chinese_calendar.is_workday(day)) for day in days)
    assert [day for day in days if calendar.is_workday(day)] == told
    assert not any(calendar.is_provisional(day) for day in days)
    before = WHOLE_FIRST - timedelta(days=1)
    for n in range(1, len(told), 97):
        assert calendar.count(before, n) == (told[n - 1], False)
    # From any day on, one working day is the next one: holidays and make-up days included.
    following = dict(zip(days, _next_of(told, days), strict=False))
    for day in days[:-31]:
        assert calendar.count(day, 1)[0] == following[day]


def _next_of(workdays: list[date], days: list[date]) -> list[date]:
    """For each day the first working day after it."""
    found: list[date] = []
    left = iter(workdays)
    current = next(left)
    for day in days:
        while current <= day:
            following = next(left, None)
            if following is None:
                return found
            current = following
        found.append(current)
    return found


working = st.integers(1, 60)


@st.composite
def workday_moments(draw: st.DrawFn) -> datetime:
    """A morning of a working day."""
    day = draw(st.dates(date(2021, 1, 4), date(2026, 3, 31)))
    return noon(OFFICIAL.rolled(day)[0].isoformat())


@given(workday_moments(), st.integers(5, 60), st.integers(1, 4), working)
def test_pausing_n_working_days_moves_the_date_by_n(
    start: datetime, term: int, used: int, paused: int
) -> None:
    deadline = Deadline(n=term, unit=Unit.WORKING_DAYS)
    found = due(start, deadline, OFFICIAL)
    begins = noon(OFFICIAL.count(start.date(), used)[0].isoformat())
    ends = noon(OFFICIAL.count(begins.date(), paused)[0].isoformat())
    later = resumed(remaining(found.at, deadline, begins, OFFICIAL), ends, OFFICIAL)
    assert later.last_day == OFFICIAL.count(found.last_day, paused)[0]
    assert OFFICIAL.is_workday(later.last_day)


@given(workday_moments(), st.integers(12, 60), st.permutations([1, 3, 8]))
def test_the_order_of_pauses_does_not_matter(start: datetime, term: int, pauses: list[int]) -> None:
    """Three pauses, each begun two working days after the one before ended."""
    deadline = Deadline(n=term, unit=Unit.WORKING_DAYS)
    found, at = due(start, deadline, OFFICIAL), start
    for length in pauses:
        begins = noon(OFFICIAL.count(at.date(), 2)[0].isoformat())
        at = noon(OFFICIAL.count(begins.date(), length)[0].isoformat())
        found = resumed(remaining(found.at, deadline, begins, OFFICIAL), at, OFFICIAL)
    first = due(start, deadline, OFFICIAL)
    assert found.last_day == OFFICIAL.count(first.last_day, sum(pauses))[0]
