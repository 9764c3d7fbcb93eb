"""The five full coverages over HTTP."""

from typing import Annotated, Any

from fastapi import Query

from services.oversight.coverage import actions
from services.oversight.coverage.actions import Asked, Share
from services.oversight.coverage.schemas import (
    CoverageGroupView,
    CoverageQuery,
    CoveragesView,
    CoverageView,
    GapsQuery,
    GapView,
)
from services.oversight.coverage_counts.rules import CoverageKind
from shared.access.actor import Actor, May
from shared.clock import today
from shared.db import Reading, ReadSession
from shared.figures import division_names
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/oversight/v1/coverage", "coverage")

Reader = Annotated[Actor, May("coverage:read")]


def _told(share: Share, gaps: str) -> dict[str, Any]:
    covered, total = share
    ratio = round(covered / total, 4) if total else None
    return {"numerator": covered, "denominator": total, "ratio": ratio, "gaps": gaps}


def _missing(group: tuple[str, Share]) -> tuple[int, str]:
    key, share = group
    return share.covered - share.total, key


@router.get("")
async def read_coverage(
    session: Reading, actor: Reader, query: Annotated[CoverageQuery, Query()]
) -> CoveragesView:
    """The five full coverages (五个全覆盖), now or as they stood at the end of a day.

    - Powers (职权): in force under a code, of a publicised body; of all that are claimed.
    - Domains (领域): those that rule coverage.domains names in which this year has seen an
      administrative check, in the division; of all that it names. Districts and the city only.
    - Subjects (主体): publicised; of all that are known and have not ended.
    - Officers (人员): with a certificate in force, of a publicised body; of the staff on post.
    - Acts (行为): of this year and here; of these and those that the daily reconciliation with
      their source shows missing. Acts of unknown bodies count for none until these are known.

    `gaps` is the list of exactly what is missing: denominator less numerator.
    """
    asked = Asked(actor, query.as_of, query.division, query.domain, query.by)
    found = await actions.shares(session, asked)
    keys = {key for _, groups in found.values() for key in groups}
    names = await division_names(session, keys) if keys and query.by != "domain" else {}
    return CoveragesView(
        as_of=query.as_of or today(session),
        division=query.division,
        domain=query.domain,
        by=query.by,
        coverages=[_view(kind, *found[kind], asked, names) for kind in CoverageKind],
    )


def _view(
    kind: CoverageKind, total: Share, groups: Any, asked: Asked, names: dict[str, str]
) -> CoverageView:
    return CoverageView(
        kind=kind,
        label=kind.label,
        groups=[
            CoverageGroupView(
                key=key, label=names.get(key, key), **_told(share, asked.gaps(kind, key))
            )
            for key, share in sorted(groups.items(), key=_missing)
        ],
        **_told(total, asked.gaps(kind)),
    )


@router.get("/gaps")
async def list_coverage_gaps(
    session: ReadSession, actor: Reader, query: Annotated[GapsQuery, Query()]
) -> Page[GapView]:
    """What is not covered, and why: open now, or at the end of a day; the newest first."""
    rows, cursor, count = await actions.gaps(session, actor, query)
    return Page(items=[GapView.of(row) for row in rows], next_cursor=cursor, count=count)
