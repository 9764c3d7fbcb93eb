"""Imports over HTTP."""

from datetime import datetime
from typing import Any, Literal, Self

from pydantic import ConfigDict, Field

from services.registry.imports.rules import LIFECYCLE, Accept, FileKind, ImportState
from services.registry.imports.tables import Import
from services.registry.permissions import in_charge
from shared.access.actor import Actor
from shared.files.writing import Format
from shared.web.paging import Paging
from shared.web.schemas import Input, ResourceView, View


class ImportQuery(Input):
    """What to do with the file."""

    kind: FileKind
    accept: Accept = Field(
        default=Accept.ALL_OR_NOTHING, description="What is loaded if rows are wrong"
    )
    dry_run: bool = Field(default=False, description="Check every row, load none")
    backfill: bool = Field(
        default=False,
        description="An existing register is taken over (补录): nobody is notified, and a legal"
        " office may give days of publication and certificates in force",
    )


class TemplateQuery(Input):
    """Of what, and as what."""

    kind: FileKind
    format: Format = Format.XLSX


class ImportsQuery(Paging):
    """Which imports; newest first unless said otherwise."""

    sort: Literal["id", "-id"] = "-id"
    kind: FileKind | None = None
    state: ImportState | None = None


class ErrorsQuery(Paging):
    """Which part of the errors; by row."""

    sort: Literal["row", "-row"] = "row"


class ProblemView(View):
    """Why the file was not read."""

    code: str
    detail: str
    details: dict[str, Any]


class ImportView(ResourceView):
    """A file on its way into the registry."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "019ab3a0-0000-7000-8000-000000000001",
                    "version": 7,
                    "kind": "officers",
                    "file_type": "csv",
                    "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
                    "accept": "valid_rows",
                    "dry_run": False,
                    "backfill": True,
                    "state": "applying",
                    "rows": 60000,
                    "checked": 24000,
                    "valid": 23998,
                    "wrong": 2,
                    "applied": 23998,
                    "progress": 0.4,
                    "problem": None,
                    "created_by": "clerk",
                    "created_at": "2026-03-02T09:00:00+08:00",
                    "updated_at": "2026-03-02T09:00:03+08:00",
                    "allowed_actions": ["cancel"],
                }
            ]
        }
    )

    kind: FileKind
    file_type: Literal["csv", "xlsx"]
    digest: str = Field(description="SHA-256 of the file")
    accept: Accept
    dry_run: bool
    backfill: bool
    state: ImportState
    rows: int = Field(description="Rows of the file; 0 until it was read")
    checked: int = Field(description="Rows that were checked so far")
    valid: int
    wrong: int = Field(description="Rows in which something is wrong; see `errors`")
    applied: int = Field(description="Rows that were loaded")
    progress: float = Field(description="Part of the file that is dealt with, from 0 to 1")
    problem: ProblemView | None = Field(description="Why the file was not read, if it was not")
    created_by: str
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str]

    @classmethod
    def of(cls, row: Import, actor: Actor, language: str) -> Self:
        """The view of an import for `actor`."""
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)
        }
        problem = row.problem
        return cls.model_validate(
            {
                **told,
                "valid": row.checked - row.wrong,
                "progress": round(row.worked / row.batches, 3) if row.batches else 0,
                "problem": problem
                and {
                    "code": problem["code"],
                    "detail": problem[language],
                    "details": problem["details"],
                },
                "allowed_actions": LIFECYCLE.allowed_actions(row.state, actor.permissions)
                if may_cancel(row, actor)
                else [],
            }
        )


def may_cancel(row: Import, actor: Actor) -> bool:
    """Who sent it, and whoever is in charge of what the sender's body files."""
    return row.created_by == actor.sub or in_charge(
        actor,
        district=row.district,
        township=row.township,
        organisation=row.organisation or "",
    )


class RowErrorView(View):
    """What is wrong with one field of one row."""

    row: int = Field(description="As a spreadsheet program counts: the header is 1")
    field: str | None = Field(description="Key of the column")
    column: str | None = Field(description="The column's Chinese label")
    code: str
    detail: str
