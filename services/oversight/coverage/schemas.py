"""The five full coverages over HTTP."""

from datetime import date, datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.oversight.coverage_counts.rules import CoverageKind, GapReason
from services.oversight.coverage_counts.tables import CoverageGap
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
from shared.past import AsOfQuery
from shared.web.paging import Paging
from shared.web.schemas import View

By = Literal["district", "township", "division", "domain"]
_DIVISION = "This division and everything in it"
_DOMAIN = Field(default=None, max_length=40, description="Bodies of this domain")


class CoverageQuery(AsOfQuery):
    """Of what, when, and grouped by what."""

    division: DivisionCode | None = Field(default=None, description=_DIVISION)
    domain: str | None = _DOMAIN
    by: By | None = Field(
        default=None,
        description="By district (the city's own under the city), township, smallest division, or"
        " domain; a body of several domains stands under each",
    )


class GapsQuery(Paging, AsOfQuery):
    """Which gaps: those that are open, or were at the end of a day."""

    kind: CoverageKind | None = None
    reason: GapReason | None = None
    organisation: str | None = Field(None, max_length=18, description="Credit code of the body")
    division: DivisionCode | None = Field(default=None, description=_DIVISION)
    direct: Direct = False
    domain: str | None = _DOMAIN
    sort: Literal["id", "-id"] = "-id"


class ShareView(View):
    """How much of what should be is."""

    numerator: int
    denominator: int
    ratio: float | None = Field(description="null where there is nothing to be covered")
    gaps: str = Field(
        description="Path and query of the list of exactly what is missing",
        examples=["/oversight/v1/coverage/gaps?kind=officers&division=500106"],
    )


class CoverageGroupView(ShareView):
    key: str = Field(description="Code of the division, or the domain")
    label: str = Field(description="The division's name, or the domain")


class CoverageView(ShareView):
    """One of the coverages."""

    kind: CoverageKind
    label: str
    groups: list[CoverageGroupView] = Field(description="The most missing first")


class CoveragesView(View):
    """The five full coverages."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "as_of": "2026-03-20",
                    "division": "500106",
                    "domain": None,
                    "by": None,
                    "coverages": [
                        {
                            "kind": "officers",
                            "label": "人员",
                            "numerator": 431,
                            "denominator": 446,
                            "ratio": 0.9664,
                            "gaps": "/oversight/v1/coverage/gaps?kind=officers&division=500106",
                            "groups": [],
                        }
                    ],
                }
            ]
        }
    )

    as_of: date
    division: str | None
    domain: str | None
    by: By | None
    coverages: list[CoverageView]


class GapView(View):
    """Something that is not covered."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01932b7a-0000-7000-8000-000000000051",
                    "kind": "officers",
                    "ref": "01932b7a-0000-7000-8000-000000000007",
                    "name": "张某",
                    "reason": "no_certificate",
                    "organisation": "11500228709467150P",
                    "subject_id": "01932b7a-0000-7000-8000-000000000002",
                    "division": "500106001",
                    "domains": ["urban_management"],
                    "found_at": "2026-03-20T09:00:00+08:00",
                    "closed_at": None,
                }
            ]
        }
    )

    id: UUID
    kind: CoverageKind
    ref: str = Field(
        description="Id of the power, body or officer; the domain; of an act its source and number"
    )
    name: str
    reason: GapReason
    organisation: str | None = Field(description="The body; none for a domain of a division")
    subject_id: UUID | None
    division: str
    domains: list[str]
    found_at: datetime
    closed_at: datetime | None

    @classmethod
    def of(cls, row: CoverageGap) -> Self:
        given = {name: getattr(row, name) for name in cls.model_fields if name != "division"}
        return cls(**given, division=row.township or row.district or "50")
