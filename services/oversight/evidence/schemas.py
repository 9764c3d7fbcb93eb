"""Evidence over HTTP."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from services.oversight.evidence.rules import EvidenceTarget
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, View

EVIDENCE = "01932b90-0000-7000-8000-000000000008"
TARGET = "01932b70-1c00-7000-8000-000000000002"


class EvidenceOf(Input):
    """The one thing that evidence belongs to."""

    inspection_id: UUID | None = None
    finding_id: UUID | None = None
    rectification_id: UUID | None = None
    document_id: UUID | None = None
    measure_id: UUID | None = None
    case_file_id: UUID | None = None

    @model_validator(mode="after")
    def _one_thing(self) -> Self:
        if sum(getattr(self, f"{target}_id") is not None for target in EvidenceTarget) != 1:
            raise PydanticCustomError(
                "evidence-of-one-thing",
                "name one inspection, finding, rectification, document, measure or case file",
                {"zh": "须且仅须指明一项检查、问题、整改、文书、监督处理或者被评查案卷"},
            )
        return self

    @property
    def target(self) -> EvidenceTarget:
        return next(one for one in EvidenceTarget if getattr(self, f"{one}_id") is not None)

    @property
    def target_id(self) -> UUID:
        found: UUID = getattr(self, f"{self.target}_id")
        return found


class EvidenceUpload(EvidenceOf):
    """What the file is; the file itself is the body."""

    name: Line = Field(description="Name of the file, with the ending of its type")
    note: Line | None = Field(None, description="What it proves")
    replaces: UUID | None = Field(
        None, description="The newest edition of a file that this is the next one of"
    )
    late_because: Line | None = Field(
        None,
        description="Why it comes after the evidence of the inspection was sealed: needed then,"
        " and only then",
    )


class EvidenceQuery(Paging, EvidenceOf):
    """Which evidence: that of one thing."""

    sort: Literal["id", "-id"] = "id"


class SealRequest(EvidenceOf):
    """Which files are sealed together, and why."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "inspection_id": TARGET,
                    "evidence_ids": [EVIDENCE],
                    "reason": "现场检查结束,封存取得的材料。",
                }
            ]
        }
    )

    evidence_ids: Annotated[list[UUID], Field(min_length=1, max_length=500)]
    reason: Prose


class EvidenceView(View):
    """A file (证据材料), one edition of it."""

    id: UUID
    target: EvidenceTarget
    target_id: UUID
    series_id: UUID = Field(description="The same for all editions of a file")
    edition: int
    name: str
    media_type: str
    size: int = Field(description="Bytes")
    sha256: str
    note: str | None
    seal_id: UUID | None = Field(description="The sealed set that it is in")
    added_at: datetime
    added_by: str


class SealView(View):
    """A sealed set (封存)."""

    id: UUID
    target: EvidenceTarget
    target_id: UUID
    edition: int | None = Field(
        None,
        description="Of all the evidence of an inspection: 1 when it was sealed on site, one more"
        " with each late file; none for a part of something",
    )
    files: int
    digest: str = Field(
        description="SHA-256 of the sorted SHA-256 of the files, each with a line feed behind it"
    )
    reason: str
    sealed_at: datetime
    sealed_by: str
