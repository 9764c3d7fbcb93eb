"""Subjects and officers as oversight shows them."""

from datetime import date, datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue

from services.oversight.subject_views import rules
from services.oversight.subject_views.tables import OfficerView as OfficerRow
from services.oversight.subject_views.tables import SubjectView as SubjectRow
from shared.law.divisions import DivisionCode
from shared.web.paging import Paging
from shared.web.schemas import Line, View

EXAMPLE: dict[str, JsonValue] = {
    "id": "01932b6e-8f00-7000-8000-000000000001",
    "organisation": "11500228709467150P",
    "name": "沙坪坝区覃家岗街道办事处",
    "kind": "statutory",
    "level": "township",
    "division": "500106012",
    "domains": ["urban_management"],
    "state": "published",
    "told_at": "2026-03-02T09:00:00+08:00",
}


class SubjectFilters(Paging):
    """Which subjects."""

    division: DivisionCode | None = Field(None, description="This division and those below it")
    state: str | None = Field(None, max_length=50)
    organisation: str | None = Field(None, max_length=18, description="Credit code")
    q: Line | None = Field(None, description="Part of the name")
    sort: Literal["name", "-name", "id", "-id"] = "name"


class SubjectSummary(View):
    """An enforcement subject as the registry's facts tell of it."""

    model_config = ConfigDict(json_schema_extra={"examples": [EXAMPLE]})

    id: UUID
    organisation: str = Field(description="Credit code")
    name: str
    kind: str
    level: str
    division: str
    domains: list[str]
    state: str
    told_at: datetime = Field(description="Time of the newest fact about it")


class OfficerSummary(View):
    """An officer, and whether they may enforce today."""

    id: UUID
    name: str
    post: str
    staffing: str
    state: str
    certificate_no: str | None
    certificate_state: str | None
    certificate_valid_to: date | None
    certified: bool = Field(
        description="Holds a certificate that is in force today, of a subject that is published"
    )

    @classmethod
    def of(cls, row: OfficerRow, subject_state: str, on: date) -> Self:
        return cls(
            id=row.id,
            name=row.name,
            post=row.post,
            staffing=row.staffing,
            state=row.state,
            certificate_no=row.certificate_no,
            certificate_state=row.certificate_state,
            certificate_valid_to=row.certificate_valid_to,
            certified=rules.is_certified(
                subject_state=subject_state,
                certificate_state=row.certificate_state,
                certificate_valid_to=row.certificate_valid_to,
                on=on,
            ),
        )


class SubjectDetail(SubjectSummary):
    """A subject with its officers."""

    officers: list[OfficerSummary]

    @classmethod
    def of_rows(cls, row: SubjectRow, officers: list[OfficerSummary]) -> Self:
        return cls(**SubjectSummary.model_validate(row).model_dump(), officers=officers)
