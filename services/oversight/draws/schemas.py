"""Draws over HTTP."""

from datetime import date, datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from services.oversight.draws.rules import (
    ALGORITHM,
    MOST_WANTED,
    MOST_WEIGHT,
    BarReason,
    DrawState,
    ExclusionReason,
    TieKind,
)
from services.oversight.draws.tables import Draw
from shared.law.identifiers import CreditCode
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View

_HASH = "66687aadf862bd776c8fc18b8e9f8e20089714856ee233b3902a591d0d5f2925"
_CAMPAIGN = "01932b70-1c00-7000-8000-0000000000c1"
_SUBJECT = "01932b6e-8f00-7000-8000-000000000001"
_BODY = "11500000009276403U"
_LI: dict[str, JsonValue] = {"sub": "li.na", "name": "李娜", "organisation": _BODY}
_WANG: dict[str, JsonValue] = {"sub": "wang.qiang", "name": "王强", "organisation": _BODY}

Weight = Annotated[
    int,
    Field(ge=1, le=MOST_WEIGHT, description="How likely, against the others; a risk class, say"),
]


class DrawRequest(Input):
    """A draw for a running campaign."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"campaign_id": _CAMPAIGN}]})

    campaign_id: UUID


class TieRequest(Input):
    """What ties an inspector to a body that may be drawn."""

    organisation: CreditCode = Field(description="Credit code of the body")
    kind: TieKind
    until: date | None = Field(
        None, description="When a former post ended; without a day it bars for good"
    )


class CandidateRequest(Input):
    """A supervision officer who may be drawn."""

    sub: Line = Field(description="Who they are to the identity provider")
    name: Line
    organisation: CreditCode = Field(description="Credit code of the body they work for")
    weight: Weight = 1
    ties: list[TieRequest] = Field(default_factory=list, max_length=50)


class WeightRequest(Input):
    """The weight of a subject; those without one weigh 1."""

    subject_id: UUID
    weight: Weight


class FixRequest(Input):
    """Who may be drawn. The subjects are those that the campaign is about, less what rules exclude:
    nobody leaves one out."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "wanted": 1,
                    "each": 2,
                    "inspectors": [
                        _LI,
                        {
                            **_WANG,
                            "ties": [
                                {
                                    "organisation": "11500228709467150P",
                                    "kind": "former_post",
                                    "until": "2024-06-30",
                                }
                            ],
                        },
                        {"sub": "chen.jie", "name": "陈洁", "organisation": _BODY, "weight": 2},
                    ],
                    "weights": [{"subject_id": _SUBJECT, "weight": 3}],
                }
            ]
        }
    )

    wanted: int = Field(ge=1, le=MOST_WANTED, description="Subjects to draw")
    each: int = Field(2, ge=1, le=20, description="Inspectors for each")
    inspectors: list[CandidateRequest] = Field(min_length=1, max_length=200)
    weights: list[WeightRequest] = Field(default_factory=list, max_length=2_000)


Said = Annotated[
    str,
    StringConstraints(max_length=200, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]*$"),
]


class RunRequest(Input):
    """The moment of the draw."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"witness": "现场见证:7319"}]})

    witness: Said = Field(
        "",
        description="What a witness says at the draw: it goes into the result, so that not even"
        " whoever knows the seed could have known it",
    )


class AssignRequest(Input):
    """When what was drawn is inspected."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"planned_on": "2026-03-20", "basis": "双随机抽查"}]}
    )

    planned_on: date
    basis: Prose = Field(description="What the inspections rest on")


class VoidRequest(Input):
    """Why nothing is drawn."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"reason": "检查人员名单有误"}]})

    reason: Prose


class DrawFilters(Paging):
    """Which draws."""

    campaign_id: UUID | None = None
    state: DrawState | None = None
    sort: Literal["id", "-id"] = "-id"


class NamedSubject(View):
    subject_id: UUID
    name: str


class NamedInspector(View):
    sub: str
    name: str
    organisation: str


class ExcludedView(NamedSubject):
    reason: ExclusionReason


class BarView(View):
    """That an inspector does not inspect a subject."""

    inspector: str
    subject_id: UUID
    reason: BarReason


class DrawnView(NamedSubject):
    inspectors: list[NamedInspector]


class DrawView(ResourceView):
    """A random draw (双随机抽取)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01932b70-1c00-7000-8000-0000000000d1",
                    "version": 3,
                    "state": "drawn",
                    "allowed_actions": ["assign"],
                    "campaign_id": _CAMPAIGN,
                    "authority": "500106",
                    "concealed": False,
                    "seed_hash": _HASH,
                    "lists_hash": _HASH,
                    "subjects": 31,
                    "inspectors": 12,
                    "wanted": 1,
                    "each": 2,
                    "excluded": [],
                    "bars": [],
                    "seed": "00" * 32,
                    "witness": "现场见证:7319",
                    "result": [
                        {
                            "subject_id": _SUBJECT,
                            "name": "沙坪坝区覃家岗街道办事处",
                            "inspectors": [_LI, _WANG],
                        }
                    ],
                    "skipped": [],
                    "committed_at": "2026-03-10T09:00:00+08:00",
                    "committed_by": "zhao.min",
                    "fixed_at": "2026-03-10T09:30:00+08:00",
                    "fixed_by": "zhao.min",
                    "drawn_at": "2026-03-10T10:00:00+08:00",
                    "drawn_by": "zhou.hong",
                    "assigned_at": None,
                    "assigned_by": None,
                    "voided_at": None,
                    "voided_by": None,
                    "void_reason": None,
                }
            ]
        }
    )

    state: DrawState
    allowed_actions: list[str] = Field(description="What this caller may do now")
    campaign_id: UUID
    authority: str = Field(description="Division whose supervisors draw")
    concealed: bool = Field(description="As its campaign")
    seed_hash: str = Field(description="SHA-256 of the seed, published before the lists are fixed")
    lists_hash: str | None = Field(description="SHA-256 of the lists, published before the draw")
    subjects: int | None = Field(description="Those that may be drawn")
    inspectors: int | None = Field(description="Those that may be drawn")
    wanted: int | None
    each: int | None
    excluded: list[ExcludedView] = Field(description="Subjects that a rule keeps out")
    bars: list[BarView] = Field(
        description="Who may not inspect whom, and why: for those who hold the draw"
    )
    seed: str | None = Field(description="Hexadecimal; shown when it has been used, or voided")
    witness: str
    result: list[DrawnView] | None
    skipped: list[UUID] = Field(description="Drawn subjects that had ended before the inspection")
    committed_at: datetime
    committed_by: str
    fixed_at: datetime | None
    fixed_by: str | None
    drawn_at: datetime | None
    drawn_by: str | None
    assigned_at: datetime | None
    assigned_by: str | None
    voided_at: datetime | None
    voided_by: str | None
    void_reason: str | None

    @classmethod
    def of(cls, row: Draw, *, allowed: list[str], holder: bool) -> Self:
        """The view of a draw; a `holder` also reads what bars inspectors."""
        lists: dict[str, Any] = row.lists or {}
        given = {
            *("allowed_actions", "subjects", "inspectors", "wanted", "each"),
            *("excluded", "bars", "result"),
        }
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if name not in given
        }

        def subject(id: str) -> dict[str, Any]:
            return {"subject_id": id, "name": row.names["subjects"][id]}

        result = None
        if row.result is not None:
            result = [
                {
                    **subject(id),
                    "inspectors": [{"sub": sub, **row.names["inspectors"][sub]} for sub in subs],
                }
                for id, subs in row.result
            ]
        return cls.model_validate(
            {
                **told,
                "allowed_actions": allowed,
                "subjects": len(lists["subjects"]) if lists else None,
                "inspectors": len(lists["inspectors"]) if lists else None,
                "wanted": lists.get("wanted"),
                "each": lists.get("each"),
                "excluded": [
                    {**subject(id), "reason": reason} for id, reason in lists.get("excluded", [])
                ],
                "bars": row.bars if holder else [],
                "result": result,
            }
        )


class DrawRecord(View):
    """All that it takes to draw again; `xiejian draw verify` reads it without a connection."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "algorithm": ALGORITHM,
                    "draw_id": "01932b70-1c00-7000-8000-0000000000d1",
                    "campaign_id": _CAMPAIGN,
                    "seed_hash": _HASH,
                    "lists_hash": None,
                    "lists": None,
                    "witness": "",
                    "seed": None,
                    "result": None,
                }
            ]
        }
    )

    algorithm: str
    draw_id: UUID
    campaign_id: UUID
    seed_hash: str
    lists_hash: str | None
    lists: dict[str, Any] | None = Field(
        description="`subjects` and `inspectors` with their weights, `barred`, `excluded`,"
        " `wanted`, `each`; hashed as JSON with ordered names and without blanks"
    )
    witness: str
    seed: str | None
    result: list[Any] | None = Field(description="`[[subject, [inspector, …]], …]` in order")

    @classmethod
    def of(cls, row: Draw) -> Self:
        told = {name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)}
        return cls.model_validate({**told, "algorithm": ALGORITHM, "draw_id": row.id})
