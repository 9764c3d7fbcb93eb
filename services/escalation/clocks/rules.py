"""What is recorded has happened: values in, `Refused` out."""

from datetime import date

from shared.refusals import Refused


class DayToCome(Refused):
    """A ruling, an outcome, an act that is reported is of today or earlier."""

    code = "day-to-come"
    status = 422
    zh = "{day} 尚未到来,不能登记为已经发生。"
    en = "What is recorded has happened, and {day} is still to come."


def has_happened(day: date, *, today: date) -> None:
    """Refuses what is dated later than `today`."""
    if day > today:
        raise DayToCome(day=day.isoformat())
