"""A subject's profile over HTTP."""

from datetime import datetime
from typing import Any, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.oversight.subject_profiles.rules import Counted
from services.oversight.subject_views.tables import SubjectView
from shared.web.schemas import View


class PowerCounts(View):
    in_force: int
    by_kind: dict[str, int] = Field(description="Of those in force")


class OfficerCounts(View):
    on_record: int
    certified: int = Field(
        description="Hold a certificate that is in force today, of a subject that is published"
    )
    by_state: dict[str, int]


class CertificateCounts(View):
    by_state: dict[str, int] = Field(description="Of the newest one of each officer")
    expired: int = Field(description="Active, but their last day is over")


class Counts(View):
    total: int
    by_state: dict[str, int]


class FindingCounts(Counts):
    by_severity: dict[str, int] = Field(description="Of those that are confirmed")
    by_code: dict[str, int] = Field(description="Of those that are confirmed")


class DueCounts(Counts):
    overdue: int


class ProfileView(View):
    """What oversight knows of a subject (监督对象画像), as far as the caller may see it."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01932b6e-8f00-7000-8000-000000000001",
                    "organisation": "11500228709467150P",
                    "name": "沙坪坝区覃家岗街道办事处",
                    "kind": "statutory",
                    "level": "township",
                    "division": "500106012",
                    "domains": ["urban_management"],
                    "state": "published",
                    "told_at": "2026-03-02T09:00:00+08:00",
                    "powers": {"in_force": 102, "by_kind": {"penalty": 82, "check": 20}},
                    "officers": {
                        "on_record": 16,
                        "certified": 14,
                        "by_state": {"on_post": 15, "retired": 1},
                    },
                    "certificates": {"by_state": {"active": 15, "suspended": 1}, "expired": 1},
                    "inspections": {"total": 3, "by_state": {"closed": 3}},
                    "last_inspected_at": "2026-03-10T09:00:00+08:00",
                    "findings": {
                        "total": 2,
                        "by_state": {"confirmed": 1, "withdrawn": 1},
                        "by_severity": {"serious": 1},
                        "by_code": {"single-officer": 1},
                    },
                    "rectifications": {"total": 1, "by_state": {"verified": 1}, "overdue": 0},
                    "measures": {"total": 0, "by_state": {}, "overdue": 0},
                    "file_requests": {"total": 1, "by_state": {"closed": 1}, "overdue": 0},
                }
            ]
        }
    )

    id: UUID
    organisation: str = Field(description="Credit code")
    name: str
    kind: str
    level: str
    division: str
    domains: list[str]
    state: str
    told_at: datetime = Field(description="Time of the newest fact about it")
    powers: PowerCounts
    officers: OfficerCounts
    certificates: CertificateCounts
    inspections: Counts
    last_inspected_at: datetime | None = Field(
        description="When inspectors were last on site, of the inspections that are counted"
    )
    findings: FindingCounts
    rectifications: DueCounts
    measures: DueCounts
    file_requests: DueCounts

    @classmethod
    def of_rows(cls, row: SubjectView, counted: Counted) -> Self:
        """The profile of a subject from what was counted of it."""

        def under(section: str) -> dict[str, int]:
            return dict(sorted(counted.numbers.get(section, {}).items()))

        def counts(section: str) -> dict[str, Any]:
            by_state = under(section)
            return {"total": sum(by_state.values()), "by_state": by_state}

        def due(section: str) -> DueCounts:
            return DueCounts(**counts(section), overdue=under(f"{section} overdue").get("", 0))

        powers, officers = under("powers"), under("officers")
        return cls(
            id=row.id,
            organisation=row.organisation,
            name=row.name,
            kind=row.kind,
            level=row.level,
            division=row.division,
            domains=row.domains,
            state=row.state,
            told_at=row.told_at,
            powers=PowerCounts(in_force=sum(powers.values()), by_kind=powers),
            officers=OfficerCounts(
                on_record=sum(officers.values()),
                certified=under("certified").get("", 0),
                by_state=officers,
            ),
            certificates=CertificateCounts(
                by_state=under("certificates"), expired=under("certificates expired").get("", 0)
            ),
            inspections=Counts(**counts("inspections")),
            last_inspected_at=counted.last_inspected_at,
            findings=FindingCounts(
                **counts("findings"),
                by_severity=under("findings by severity"),
                by_code=under("findings by code"),
            ),
            rectifications=due("rectifications"),
            measures=due("measures"),
            file_requests=due("file_requests"),
        )
