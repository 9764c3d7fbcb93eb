"""The sharing catalogue (数据共享目录): who supplies and who receives what, on what basis."""

from datetime import datetime, timedelta

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class SharingDirection(Term):
    SUPPLIES = "supplies", "提供"
    RECEIVES = "receives", "使用"


class SharingState(Term):
    ACTIVE = "active", "有效"
    ENDED = "ended", "已终止"


class SharingStanding(Term):
    """Whether a body supplies as it should."""

    KEPT = "kept", "按期提供"
    LATE = "late", "逾期未提供"
    NEVER = "never", "从未提供"
    NOT_MEASURED = "not_measured", "不作统计"


ENTER = "sharing:enter"

LIFECYCLE = Lifecycle(
    SharingState.ACTIVE,
    [Transition("end", SharingState.ACTIVE, SharingState.ENDED, ENTER)],
    terminal=[SharingState.ENDED],
)


class SourceOfSupplyMissing(Refused):
    """Whether something is supplied is counted by its source."""

    code = "sharing-source-missing"
    status = 422
    zh = "提供数据的条目须指明数据源，且仅提供数据的条目有数据源。"
    en = "An entry of what is supplied names its source, and no other entry does."


def may_enter(*, direction: SharingDirection, has_source: bool) -> None:
    """What is supplied has a source; what is received has none."""
    if (direction is SharingDirection.SUPPLIES) != has_source:
        raise SourceOfSupplyMissing


def standing(
    *, direction: str, since: datetime, last: datetime | None, every_days: int, now: datetime
) -> SharingStanding:
    """By the last batch of which anything was taken, and since the entry where there was none."""
    if direction != SharingDirection.SUPPLIES:
        return SharingStanding.NOT_MEASURED
    late = now - max(last or since, since) > timedelta(days=every_days)
    if not late:
        return SharingStanding.KEPT
    return SharingStanding.LATE if last is not None else SharingStanding.NEVER
