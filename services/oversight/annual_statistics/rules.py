"""Decisions about the publication of annual statistics: values in, `Refused` out."""

from datetime import date

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class AnnualStatisticsState(Term):
    COMPILED = "compiled", "已编制"
    RETURNED = "returned", "退回修改"
    CONFIRMED = "confirmed", "已审定"
    PUBLISHED = "published", "已公开"
    SUPERSEDED = "superseded", "已被更正版替代"


_S = AnnualStatisticsState
_ANOTHER = "another person than who compiled it"
OPEN = (_S.COMPILED, _S.RETURNED, _S.CONFIRMED)

LIFECYCLE = Lifecycle(
    _S.COMPILED,
    [
        Transition("recompile", [_S.COMPILED, _S.RETURNED], _S.COMPILED, "statistics:compile"),
        Transition("confirm", _S.COMPILED, _S.CONFIRMED, "statistics:confirm", needs=_ANOTHER),
        Transition(
            "return",
            [_S.COMPILED, _S.CONFIRMED],
            _S.RETURNED,
            "statistics:confirm",
            needs="a reason",
        ),
        Transition("publish", _S.CONFIRMED, _S.PUBLISHED, "statistics:publish", needs=_ANOTHER),
        Transition("supersede", _S.PUBLISHED, _S.SUPERSEDED),
    ],
    terminal=(_S.SUPERSEDED,),
)


class StatisticsYearNotOver(Refused):
    code = "statistics-year-not-over"
    status = 422
    zh = "{year} 年度尚未结束，不能编制年度统计。"
    en = "The year {year} is not over: its statistics cannot be compiled."


class StatisticsAlreadyOpen(Refused):
    """One edition is worked on at a time."""

    code = "statistics-already-open"
    status = 409
    zh = "该地区该年度已有编制中的统计。"
    en = "Statistics of this division and year are being worked on already."


class CorrectionNeedsNote(Refused):
    """What was published is not replaced without saying why."""

    code = "statistics-correction-needs-note"
    status = 422
    zh = "该年度统计已公开；编制更正版须说明更正原因（note）。"
    en = "These statistics were published: a corrected edition says why (note)."


class StatisticsByCompiler(Refused):
    """Two pairs of eyes."""

    code = "statistics-confirmed-by-compiler"
    status = 403
    zh = "编制人不得审定或者公开自己编制的统计。"
    en = "Who compiled the statistics neither confirms nor publishes them."


def may_compile(year: int, *, today: date, published: bool, note: str | None) -> None:
    """Of a year that is over; a second edition gives its reason."""
    if year >= today.year:
        raise StatisticsYearNotOver(year=year)
    if published and not note:
        raise CorrectionNeedsNote


def by_another(action: str, *, sub: str, compiled_by: str) -> None:
    """国办发〔2018〕118号 asks for accuracy; that another person confirms is our own rule."""
    if action in ("confirm", "publish") and sub == compiled_by:
        raise StatisticsByCompiler


def allowed_actions(
    state: str, permissions: frozenset[str], *, sub: str, compiled_by: str
) -> list[str]:
    """What a caller who is in charge may do now."""
    own = sub == compiled_by
    return [
        action
        for action in LIFECYCLE.allowed_actions(state, permissions)
        if not (own and action in ("confirm", "publish"))
    ]
