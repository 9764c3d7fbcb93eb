"""Batches of acts over HTTP."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.oversight.act_batches.rules import BatchState
from services.oversight.act_batches.tables import ActBatch
from services.oversight.act_sources.rules import Channel
from shared.files.writing import Format
from shared.web.paging import Paging
from shared.web.schemas import Input, ResourceView, View


class BatchQuery(Input):
    """Whose records these are, and what is done with them."""

    source: str = Field(max_length=64, description="Code of the source", examples=["cq-spb-cg"])
    dry_run: bool = Field(False, description="Say what would become of each record; take none over")
    backfill: bool = Field(
        False, description="History (补录): it counts, but raises no warning and no message"
    )


class BatchTemplateQuery(Input):
    """As what."""

    format: Format = Format.XLSX


class BatchesQuery(Paging):
    """Which batches; newest first unless said otherwise."""

    source: str | None = Field(None, max_length=64, description="Code of the source")
    state: BatchState | None = None
    refused: bool | None = Field(None, description="Whether records of it were refused")
    sort: Literal["id", "-id"] = "-id"


class BatchProblemView(View):
    """Why a file was not read."""

    code: str
    detail: str


class ActBatchView(ResourceView):
    """A batch (报送批次), how far it is, and what came of it in numbers."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01932b7a-0000-7000-8000-000000000020",
                    "version": 2,
                    "state": "done",
                    "source_id": "01932b7a-0000-7000-8000-000000000019",
                    "source": "cq-spb-cg",
                    "organisation": "11500228709467150P",
                    "channel": "rest",
                    "problem": None,
                    "dry_run": False,
                    "backfill": False,
                    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    "records": 3,
                    "chunks": 1,
                    "worked": 1,
                    "accepted": 1,
                    "updated": 1,
                    "unchanged": 0,
                    "refused": 1,
                    "sent_by": "system:cq-spb-cg",
                    "received_at": "2026-03-10T09:00:00+08:00",
                    "ended_at": "2026-03-10T09:00:01+08:00",
                }
            ]
        }
    )

    state: BatchState
    source_id: UUID
    source: str = Field(description="Code of the source")
    organisation: str = Field(description="Credit code of the body that runs the source")
    channel: Channel
    dry_run: bool
    backfill: bool
    digest: str | None = Field(description="SHA-256 of what was sent, with how it was to be taken")
    records: int = Field(description="Lines that were sent")
    chunks: int
    worked: int = Field(description="Chunks that are dealt with")
    accepted: int
    updated: int
    unchanged: int
    refused: int
    problem: BatchProblemView | None = Field(description="Why a file was not read")
    sent_by: str
    received_at: datetime
    ended_at: datetime | None

    @classmethod
    def of(cls, row: ActBatch, language: str) -> Self:
        problem = None
        if row.problem is not None:
            problem = BatchProblemView(code=row.problem["code"], detail=row.problem[language])
        given = set(cls.model_fields) - {"source", "problem"}
        return cls(
            source=row.source_code, problem=problem, **{name: getattr(row, name) for name in given}
        )
