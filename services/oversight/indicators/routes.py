"""The indicator board over HTTP."""

from datetime import date
from typing import Annotated

from fastapi import Path, Query

from services.oversight.indicators import actions
from services.oversight.indicators.actions import Asked, Result
from services.oversight.indicators.rules import Months, Value, months_meant
from services.oversight.indicators.schemas import (
    BoardExplainedQuery,
    BoardQuery,
    BoardView,
    IndicatorView,
)
from shared.access.actor import Actor, May
from shared.clock import today
from shared.db import Reading
from shared.figures import division_names
from shared.law.places import CITY
from shared.refusals import NotFound
from shared.web import router as router_of

router = router_of("/oversight/v1/indicators", "indicators")

Reader = Annotated[Actor, May("indicator:read")]
Code = Annotated[str, Path(max_length=60, description="Code of the indicator")]


def _asked(session: Reading, actor: Actor, query: BoardQuery) -> Asked:
    now = today(session)
    last = _month(query.last) or now.replace(day=1)
    first = _month(query.first) or last.replace(month=1)
    months: Months = months_meant(first, last, today=now)
    return Asked(actor, query.division or actor.division or CITY, months)


def _month(told: str | None) -> date | None:
    return None if told is None else date.fromisoformat(f"{told}-01")


def _view(result: Result, groups: list[tuple[str, str, Value]]) -> IndicatorView:
    return IndicatorView.of(*result, groups)


@router.get("")
async def list_indicators(
    session: Reading, actor: Reader, query: Annotated[BoardQuery, Query()]
) -> BoardView:
    """The indicators of the four aims (制度完善、机制健全、监督有力、运转高效) for a division.

    They are data: rule indicators.board, dated, with formula, target and basis; an installation
    adds its own by a new edition of the rule. What happens is counted over the months, coverage is
    that at their end; what was told late, corrected or taken back counts as it is known now.
    """
    asked = _asked(session, actor, query)
    indicators, rule = await actions.board_of(session, asked.months.last)
    found = await actions.results(session, asked, indicators)
    return BoardView(
        division=asked.division,
        first=f"{asked.months.first:%Y-%m}",
        last=f"{asked.months.last:%Y-%m}",
        basis=rule.legal_basis,
        effective_from=rule.effective_from,
        indicators=[_view(one, []) for one in found],
    )


@router.get("/{code}")
async def get_indicator(
    session: Reading, actor: Reader, code: Code, query: Annotated[BoardExplainedQuery, Query()]
) -> IndicatorView:
    """One indicator, with `by=district` also for each district."""
    asked = _asked(session, actor, query)
    indicators, _ = await actions.board_of(session, asked.months.last)
    for indicator in indicators:
        if indicator.code == code:
            break
    else:
        raise NotFound
    (found,) = await actions.results(session, asked, [indicator])
    groups: list[tuple[str, str, Value]] = []
    if query.by is not None:
        values = await actions.by_district(session, asked, indicator)
        names = await division_names(session, values) if values else {}
        groups = [(key, names.get(key, key), value) for key, value in values.items()]
    return _view(found, groups)
