"""The one clock of a service. Legal days are those of Asia/Shanghai; everything is stored in UTC.

In development the clock can be moved forward (never back), so that a deadline of weeks can be seen
to pass; tokens and leases use the real time.
"""

from datetime import UTC, date, datetime, timedelta
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from shared.refusals import Refused

SHANGHAI = ZoneInfo("Asia/Shanghai")


class Clock:
    """Real time plus the offset that this service's database holds."""

    def __init__(self) -> None:
        self.offset = timedelta(0)

    def now(self) -> datetime:
        """This moment, in UTC."""
        return datetime.now(UTC) + self.offset


class ClockMovesForward(Refused):
    """The development clock never goes back: what has become overdue stays overdue."""

    code = "clock-moves-forward"
    zh = "时钟只能向前拨（{offset_s} 秒）。"
    en = "The clock only moves forward; it is {offset_s} s ahead already."


class HasInfo(Protocol):
    """A session: anything with the `info` of `shared.db.Database`."""

    @property
    def info(self) -> dict[Any, Any]: ...


def now(session: HasInfo) -> datetime:
    """This moment by the session's service, in UTC."""
    clock: Clock = session.info["clock"]
    return clock.now()


def today(session: HasInfo) -> date:
    """The legal day by the session's service (Asia/Shanghai)."""
    return legal_day(now(session))


def legal_day(moment: datetime) -> date:
    """The day that `moment` falls on in Asia/Shanghai."""
    return moment.astimezone(SHANGHAI).date()
