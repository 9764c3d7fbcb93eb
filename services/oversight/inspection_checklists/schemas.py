"""Checklists of inspections and their results over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Self
from uuid import UUID

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from services.oversight.inspection_checklists.rules import MOST_RESULTS, Outcome, Receipt, score
from services.oversight.inspection_checklists.tables import ChecklistResult, InspectionChecklist
from shared.web.schemas import Input, Line, Prose, ResourceView, View

_ONE = "01932b70-1c00-7000-8000-0000000000aa"


def _with_offset(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise PydanticCustomError(
            "moment-without-offset",
            "a moment is written with its offset: 2026-03-01T09:00:00+08:00",
            {"zh": "时刻应写明时区,如 2026-03-01T09:00:00+08:00"},
        )
    return moment


class ChoiceRequest(Input):
    """Which checklist."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"template_id": "01932b70-1c00-7000-8000-0000000000f1"}]}
    )

    template_id: UUID = Field(description="A published edition")


class ResultRequest(Input):
    """The result of one item, as a device wrote it down."""

    client_id: UUID = Field(description="Made by the device, once for this result")
    item: Line = Field(description="The item's code")
    outcome: Outcome
    note: Prose | None = None
    inspector: Line = Field(description="`sub` of the inspector who looked")
    recorded_at: Annotated[datetime, AfterValidator(_with_offset)]
    replaces: UUID | None = Field(
        None, description="`client_id` of the item's result that this one corrects"
    )


class BatchRequest(Input):
    """Results that were written down without a connection, in the order in which they were."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "results": [
                        {
                            "client_id": _ONE,
                            "item": "certificates-shown",
                            "outcome": "passed",
                            "note": None,
                            "inspector": "li.na",
                            "recorded_at": "2026-03-10T10:12:00+08:00",
                        }
                    ]
                }
            ]
        }
    )

    results: list[ResultRequest] = Field(min_length=1, max_length=MOST_RESULTS)


class ReceiptView(View):
    """What became of one result."""

    client_id: UUID
    receipt: Receipt
    code: str | None = Field(description="Why it was refused")
    detail: str | None


class BatchView(View):
    """What became of each result of a batch, in its order."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "accepted": 1,
                    "duplicates": 0,
                    "refused": 0,
                    "results": [
                        {"client_id": _ONE, "receipt": "accepted", "code": None, "detail": None}
                    ],
                }
            ]
        }
    )

    accepted: int
    duplicates: int
    refused: int
    results: list[ReceiptView]


class ItemResultView(View):
    """An item and its result."""

    code: str
    text: str
    weight: int
    basis: str | None
    client_id: UUID | None = Field(description="None while there is no result")
    outcome: Outcome | None
    note: str | None
    inspector: str | None
    recorded_at: datetime | None
    corrected: bool = Field(description="The result has taken the place of another")


class InspectionChecklistView(ResourceView):
    """A checklist of an inspection with its results and its score."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "01932b70-1c00-7000-8000-0000000000fc",
                    "version": 2,
                    "allowed_actions": ["results"],
                    "inspection_id": "01932b70-1c00-7000-8000-000000000002",
                    "template_id": "01932b70-1c00-7000-8000-0000000000f1",
                    "code": "on-site-enforcement",
                    "edition": 1,
                    "title": "现场执法规范检查表",
                    "answered": 1,
                    "complete": False,
                    "score": 100.0,
                    "items": [
                        {
                            "code": "certificates-shown",
                            "text": "两名以上执法人员出示执法证件",
                            "weight": 3,
                            "basis": None,
                            "client_id": _ONE,
                            "outcome": "passed",
                            "note": None,
                            "inspector": "li.na",
                            "recorded_at": "2026-03-10T10:12:00+08:00",
                            "corrected": False,
                        }
                    ],
                    "chosen_at": "2026-03-02T09:00:00+08:00",
                    "chosen_by": "zhao.min",
                }
            ]
        }
    )

    allowed_actions: list[str] = Field(description="`results` while they may be uploaded")
    inspection_id: UUID
    template_id: UUID
    code: str
    edition: int
    title: str
    answered: int
    complete: bool = Field(description="Every item has a result")
    score: float | None = Field(
        description="Of 100, by weight, of the items that were answered and apply"
    )
    items: list[ItemResultView]
    chosen_at: datetime
    chosen_by: str

    @classmethod
    def of(
        cls, row: InspectionChecklist, results: dict[str, ChecklistResult], *, open_: bool
    ) -> Self:
        """The view; `results` by item, `open_` whether the caller may upload some."""
        given = {"allowed_actions", "answered", "complete", "score", "items"}
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if name not in given
        }
        items = []
        for item in row.items:
            found = results.get(item["code"])
            names = ("client_id", "outcome", "note", "inspector", "recorded_at")
            answer = {name: getattr(found, name, None) for name in names}
            corrected = found is not None and found.replaces is not None
            items.append({**item, **answer, "corrected": corrected})
        weights = {item["code"]: item["weight"] for item in row.items}
        return cls.model_validate(
            {
                **told,
                "allowed_actions": ["results"] if open_ else [],
                "answered": len(results),
                "complete": len(results) == len(row.items),
                "score": score((weights[code], one.outcome) for code, one in results.items()),
                "items": items,
            }
        )


class ChecklistsView(View):
    """The checklists of an inspection."""

    items: list[InspectionChecklistView]
