"""The five full coverages over HTTP."""

from typing import Annotated, Any

from fastapi import Query

from services.registry.coverage import actions
from services.registry.coverage.actions import Asked, Coverage, Share
from services.registry.coverage.rules import is_covered
from services.registry.coverage.schemas import (
    CoverageGroupView,
    CoverageQuery,
    CoveragesView,
    CoverageView,
    DomainsQuery,
    DomainsView,
    DomainView,
)
from services.registry.subjects.rules import Domain
from shared.access.actor import Actor, May
from shared.clock import today
from shared.db import Reading
from shared.figures import PLACES, division_names
from shared.web import router as router_of

router = router_of("/registry/v1/coverage", "coverage")

_BY = {one.key: one for one in PLACES}


def _told(share: Share, gaps: str) -> dict[str, Any]:
    ratio = round(share.numerator / share.denominator, 4) if share.denominator else None
    return {**share._asdict(), "ratio": ratio, "gaps": gaps}


def _missing(group: tuple[str, Share]) -> tuple[int, str]:
    key, share = group
    return share.numerator - share.denominator, key


def _view(coverage: Coverage, asked: Asked, names: dict[str, str]) -> CoverageView:
    groups = [
        CoverageGroupView(
            key=key, label=names.get(key, key), **_told(share, asked.gaps(coverage.kind, key))
        )
        for key, share in sorted(coverage.groups.items(), key=_missing)
    ]
    total = _told(coverage.total, asked.gaps(coverage.kind))
    return CoverageView(kind=coverage.kind, label=coverage.kind.label, groups=groups, **total)


@router.get("")
async def read_coverage(
    session: Reading,
    actor: Annotated[Actor, May("coverage:read")],
    query: Annotated[CoverageQuery, Query()],
) -> CoveragesView:
    """The registry's share of the five full coverages (五个全覆盖), now or as of a day.

    Powers (职权) in force under a code, of a publicised body, of all that were filed; domains
    (领域) in which somebody may enforce; subjects (主体) publicised, of all that are known;
    officers (人员) who may enforce, of the staff on post. Acts (行为) are counted by oversight.
    Each names in `gaps` the list of exactly what is missing.
    """
    by = _BY[query.by] if query.by else None
    asked = Asked(actor, query.as_of, query.division, by=by)
    found = await actions.coverages(session, asked)
    keys = {key for one in found for key in one.groups}
    names = await division_names(session, keys) if keys else {}
    return CoveragesView(
        as_of=query.as_of or today(session),
        division=query.division,
        by=query.by,
        coverages=[_view(one, asked, names) for one in found],
    )


@router.get("/domains")
async def list_domain_coverage(
    session: Reading,
    actor: Annotated[Actor, May("coverage:read")],
    query: Annotated[DomainsQuery, Query()],
) -> DomainsView:
    """What there is for each domain (领域) that rule coverage.domains wants covered."""
    asked = Asked(actor, query.as_of, query.division, query.direct)
    found = await actions.domains(session, asked, query.covered)
    return DomainsView(
        as_of=query.as_of or today(session),
        division=query.division,
        domains=[
            DomainView(
                domain=Domain(domain),
                label=Domain(domain).label,
                covered=is_covered(there),
                **there._asdict(),
            )
            for domain, there in found
        ],
    )
