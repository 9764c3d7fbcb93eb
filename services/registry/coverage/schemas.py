"""The five full coverages over HTTP."""

from datetime import date
from typing import Literal

from pydantic import Field

from services.registry.coverage.rules import CoverageKind
from services.registry.subjects.rules import Domain
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
from shared.past import AsOfQuery
from shared.web.schemas import View

By = Literal["district", "township", "division"]


class CoverageQuery(AsOfQuery):
    """Of what, when, and grouped by what."""

    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )
    by: By | None = Field(
        default=None,
        description="By district (the city's own under the city), township or smallest division",
    )


class DomainsQuery(AsOfQuery):
    """Of which domains."""

    division: DivisionCode | None = Field(
        default=None, description="This division and everything in it"
    )
    direct: Direct = False
    covered: bool | None = None


class ShareView(View):
    """How much of what should be is."""

    numerator: int
    denominator: int
    ratio: float | None = Field(description="null where there is nothing to be covered")
    gaps: str = Field(
        description="Path and query of the list of exactly what is missing",
        examples=["/registry/v1/officers?certified=false&division=500106"],
    )


class CoverageGroupView(ShareView):
    key: str = Field(description="Code of the division")
    label: str = Field(description="Its name")


class CoverageView(ShareView):
    """One of the coverages."""

    kind: CoverageKind
    label: str
    groups: list[CoverageGroupView] = Field(description="The most missing first")


class CoveragesView(View):
    """The registry's share of the five full coverages."""

    as_of: date
    division: str | None
    by: By | None
    coverages: list[CoverageView]


class DomainView(View):
    """What there is for a domain."""

    domain: Domain
    label: str
    covered: bool
    powers: int = Field(description="Powers in force")
    subjects: int = Field(description="Publicised subjects")
    officers: int = Field(description="Officers who may enforce")


class DomainsView(View):
    """The domains that rule coverage.domains names."""

    as_of: date
    division: str | None
    domains: list[DomainView]
