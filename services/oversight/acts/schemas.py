"""Acts over HTTP."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.oversight.acts.rules import (
    STAGES,
    ActKind,
    ActOutcome,
    ActProcedure,
    ActStage,
    ActState,
    PartyKind,
    PenaltyKind,
    PeriodKind,
    missing_stages,
    out_of_order,
)
from services.oversight.acts.tables import Act, ActChange
from shared.law.divisions import DivisionCode
from shared.law.places import Direct
from shared.web.exports import Exported, ExportQuery
from shared.web.money import Yuan
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, ResourceView, View


class ActFilters(Input):
    """Which acts; the newest first, by when they began."""

    kind: ActKind | None = None
    state: ActState | None = None
    stage: ActStage | None = Field(None, description="That have reached this stage")
    stage_from: date | None = Field(None, description="With `stage`: on this day or later")
    stage_to: date | None = Field(None, description="With `stage`: on this day or before")
    began_from: date | None = None
    began_to: date | None = None
    subject_id: UUID | None = None
    organisation: str | None = Field(None, max_length=18, description="Credit code of the subject")
    certificate_no: str | None = Field(None, max_length=100, description="Of an officer who did it")
    item_code: str | None = Field(None, max_length=100)
    source_id: UUID | None = None
    external_id: str | None = Field(
        None,
        max_length=100,
        description="The source's own number; of whichever source, or with `source_id` of that one",
    )
    result: PenaltyKind | ActOutcome | None = Field(None, description="What it is counted as")
    unresolved: bool | None = Field(None, description="Refers to what is not known here yet")
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    q: Line | None = Field(None, description="Part of the cause")
    sort: Literal["id", "-id"] = "-id"


class ActsQuery(ActFilters, Paging):
    """Which acts, a page of them."""


class ActExport(ActFilters, ExportQuery):
    """The same, as a file."""


class StageView(View):
    """A stage that was told, or that is missing before one that was."""

    stage: ActStage
    at: datetime | None = Field(description="None: it was not told though a later one was")
    document_no: str | None
    out_of_order: bool = Field(description="Said to be before a stage that it follows")


class PeriodView(View):
    kind: PeriodKind
    from_: date = Field(serialization_alias="from", validation_alias="from")
    to: date | None


class PartyView(View):
    """The party, masked if it is a person."""

    kind: PartyKind
    name: str


class LegalReviewView(View):
    required: bool
    conclusion: str | None
    certificate_no: str | None


class ActSummary(ResourceView):
    """An enforcement act (执法行为) in a list."""

    state: ActState
    kind: ActKind
    procedure: ActProcedure | None
    title: str | None
    organisation: str = Field(description="Credit code of the subject, as told")
    subject_id: UUID | None = Field(description="None while the subject is not known here")
    subject_name: str | None
    domains: list[str]
    item_code: str | None
    party: PartyView | None
    began_at: datetime
    filed_at: datetime | None
    decided_at: datetime | None
    published_at: datetime | None
    closed_at: datetime | None
    result: str | None = Field(description="The heaviest penalty, else the outcome")
    fine: Yuan
    confiscated: Yuan
    unresolved: list[str] = Field(
        description="References that are not known here yet, as `kind:code`; no violation"
    )
    source_id: UUID
    external_id: str
    changed_at: datetime

    @classmethod
    def of(cls, row: Act, subject_name: str | None) -> Self:
        return cls(**_told(cls, row), subject_name=subject_name, **_made(row))


class ActView(ActSummary):
    """An enforcement act with its process (过程): what was told of it, and what is missing."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "019508f1-3a80-7000-8000-000000000021",
                    "version": 2,
                    "state": "decided",
                    "kind": "penalty",
                    "procedure": "ordinary",
                    "title": "占道经营",
                    "organisation": "11500228709467150P",
                    "subject_id": "01932b6e-8f00-7000-8000-000000000001",
                    "subject_name": "沙坪坝区覃家岗街道办事处",
                    "domains": ["urban_management"],
                    "item_code": "CQ-CG-0012",
                    "party": {"kind": "natural", "name": "张**"},
                    "began_at": "2026-03-02T09:00:00+08:00",
                    "filed_at": "2026-03-02T09:00:00+08:00",
                    "decided_at": "2026-03-20T15:00:00+08:00",
                    "published_at": None,
                    "closed_at": None,
                    "result": "fine",
                    "fine": "200.00",
                    "confiscated": "0.00",
                    "unresolved": ["certificate:渝A-500106-0001"],
                    "source_id": "01932b7a-0000-7000-8000-000000000019",
                    "external_id": "CG-2026-000123",
                    "changed_at": "2026-03-20T16:00:00+08:00",
                    "stages": [],
                    "power_id": None,
                    "delegation_no": None,
                    "delegation_id": None,
                    "certificate_nos": ["渝A-500106-0001"],
                    "performed_by": [],
                    "check_no": None,
                    "legal_review": None,
                    "recording_ref": None,
                    "penalties": ["fine"],
                    "outcome": None,
                    "publication_url": None,
                    "excluded_periods": [],
                    "extended_to": None,
                    "criminal_suspected": False,
                    "transfer_no": None,
                    "backfill": False,
                    "received_at": "2026-03-02T10:00:00+08:00",
                }
            ]
        }
    )

    stages: list[StageView] = Field(description="In their order, the missing ones among them")
    power_id: UUID | None
    delegation_no: str | None
    delegation_id: UUID | None
    certificate_nos: list[str]
    performed_by: list[str]
    check_no: str | None
    legal_review: LegalReviewView | None
    recording_ref: str | None
    penalties: list[PenaltyKind]
    outcome: ActOutcome | None
    publication_url: str | None
    excluded_periods: list[PeriodView]
    extended_to: date | None
    criminal_suspected: bool
    transfer_no: str | None
    backfill: bool
    received_at: datetime

    @classmethod
    def of(cls, row: Act, subject_name: str | None) -> Self:
        return cls(**_told(cls, row), subject_name=subject_name, **_made(row), stages=_stages(row))


class ActChangeView(View):
    """What one record changed in an act that was there, or a reference that became known."""

    version: int = Field(description="Of the act after the change")
    changed_at: datetime
    batch_id: UUID | None = Field(description="None: a reference became known")
    reason: str | None
    before: dict[str, Any]
    after: dict[str, Any]

    @classmethod
    def of(cls, row: ActChange) -> Self:
        return cls.model_validate(row)


class ChangesQuery(Paging):
    """Which changes, newest first."""

    sort: Literal["version", "-version"] = "-version"


EXPORTED = (
    Exported("数据源编号", "external_id"),
    Exported("种类", "kind"),
    Exported("状态", "state"),
    Exported("程序", "procedure"),
    Exported("案由", "title"),
    Exported("执法主体", "subject_name"),
    Exported("统一社会信用代码", "organisation"),
    Exported("事项编码", "item_code"),
    Exported("相对人", "party.name"),
    Exported("立案时间", "filed_at"),
    Exported("决定时间", "decided_at"),
    Exported("公示时间", "published_at"),
    Exported("结案时间", "closed_at"),
    Exported("结果", "result"),
    Exported("罚款(元)", "fine"),
    Exported("没收(元)", "confiscated"),
    Exported("待核实引用", "unresolved"),
)

_OWN = {"subject_name", "party", "fine", "confiscated", "unresolved", "stages"}


def _told(view: type[ActSummary], row: Act) -> dict[str, Any]:
    return {name: getattr(row, name) for name in view.model_fields if name not in _OWN}


def _made(row: Act) -> dict[str, Any]:
    party = None
    if row.party_kind is not None and row.party_masked is not None:
        party = PartyView(kind=PartyKind(row.party_kind), name=row.party_masked)
    return {
        "party": party,
        "fine": Decimal(row.fine_fen) / 100,
        "confiscated": Decimal(row.confiscated_fen) / 100,
        "unresolved": row.awaiting,
    }


def _stages(row: Act) -> list[StageView]:
    act = {f"{stage}_at": getattr(row, f"{stage}_at") for stage in STAGES}
    missing, disordered = missing_stages(act), out_of_order(act)
    return [
        StageView(
            stage=stage,
            at=act[f"{stage}_at"],
            document_no=row.documents.get(stage),
            out_of_order=stage in disordered,
        )
        for stage in STAGES
        if act[f"{stage}_at"] is not None or stage in missing
    ]
