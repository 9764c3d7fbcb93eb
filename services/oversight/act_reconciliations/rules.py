"""Reconciliation (对账): what a source says it has of a day is held against what is here."""

import hashlib
from collections.abc import Collection

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

MOST_IDS = 20_000
"""Ids of a day that are told at once."""


class ReconciliationState(Term):
    DIFFERING = "differing", "不一致"
    AGREED = "agreed", "一致"
    EXPLAINED = "explained", "已说明"


_S = ReconciliationState
EXPLAIN = "act:send"

LIFECYCLE = Lifecycle(
    ReconciliationState.DIFFERING,
    [
        Transition("agree", tuple(_S), _S.AGREED, needs="both sides have the same"),
        Transition("differ", tuple(_S), _S.DIFFERING, needs="they have not"),
        Transition("explain", _S.DIFFERING, _S.EXPLAINED, EXPLAIN),
        Transition("mark_overdue", _S.DIFFERING, None, needs="the term of the answer has passed"),
    ],
)


class CountContradictsIds(Refused):
    code = "act-reconciliation-count"
    status = 422
    zh = "条数（{count}）与编号个数（{ids}）不符。"
    en = "The count ({count}) is not that of the ids ({ids})."


class DayNotOver(Refused):
    code = "act-reconciliation-day-not-over"
    status = 422
    zh = "对账日期 {day} 尚未结束。"
    en = "The day {day} is not over yet."


def digest_of(ids: Collection[str]) -> str:
    """SHA-256 of the ids, sorted by their bytes, each with a line break behind it."""
    body = "".join(f"{id}\n" for id in sorted(set(ids)))
    return hashlib.sha256(body.encode()).hexdigest()


def agrees(
    *, ours: Collection[str], count: int, digest: str | None, ids: Collection[str] | None
) -> bool:
    """By the ids where they were told, else by count and digest."""
    if ids is not None:
        return set(ours) == set(ids)
    return len(ours) == count and (digest is None or digest == digest_of(ours))
