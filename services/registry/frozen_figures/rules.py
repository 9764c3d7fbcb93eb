"""When figures are frozen: values in, `Refused` out."""

from datetime import date, timedelta

from shared.figures import LONGEST, Period, PeriodNotMeant
from shared.refusals import Refused


class PeriodNotOver(Refused):
    """What still changes is not frozen."""

    code = "period-not-over"
    status = 422
    zh = "统计期间至 {last} 尚未结束，结束之后方可固化统计数据。"
    en = "The period until {last} is not over; figures are frozen after its end."


class FiguresAlreadyFrozen(Refused):
    """A report that cites them would say something else."""

    code = "figures-already-frozen"
    status = 409
    zh = "该期间的统计数据已经固化，请引用已有编号。"
    en = "The figures of this period are frozen already; cite those."


def may_freeze(period: Period, *, today: date) -> None:
    """A period that is over, not longer than figures are made for."""
    if not 1 <= period.length <= LONGEST:
        raise PeriodNotMeant(
            first=period.first.isoformat(), last=period.last.isoformat(), longest=LONGEST
        )
    if period.last >= today:
        raise PeriodNotOver(last=period.last.isoformat())


def month_of(day: date) -> Period:
    """The calendar month of a day."""
    following = (day.replace(day=1) + timedelta(32)).replace(day=1)
    return Period(day.replace(day=1), following - timedelta(1))
