"""Procedures over HTTP."""

from datetime import date, datetime
from typing import Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field

from services.registry.procedures.tables import Procedure
from shared.law.calendar import Deadline
from shared.past import Since
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View


class UnitRequest(Input):
    """A unit of the township or a department: by its subject, or by words."""

    subject_id: UUID | None = Field(
        default=None, description="A published subject of the township, its district or the city"
    )
    name: Line | None = Field(default=None, description="The subject's name if left out")
    duty: Prose | None = None


class StepRequest(Input):
    """A step, by whom, and within what time."""

    name: Line
    by: Line | None = None
    time_limit: Deadline | None = None


class ProcedureRequest(Input):
    """Who leads, who supports, in which steps and within what time."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "lead": {"name": "综合行政执法大队", "duty": "巡查、立案、处罚"},
                    "support": [{"name": "区城市管理局", "duty": "技术鉴定"}],
                    "steps": [
                        {"name": "巡查发现", "by": "综合行政执法大队"},
                        {"name": "立案", "time_limit": {"n": 7, "unit": "wd"}},
                    ],
                    "time_limit": {"n": 90, "unit": "d"},
                }
            ]
        }
    )

    lead: UnitRequest = Field(description="The one unit that leads (牵头)")
    support: list[UnitRequest] = Field(
        default_factory=list, max_length=50, description="Units that support (配合)"
    )
    steps: list[StepRequest] = Field(default_factory=list, max_length=50)
    time_limit: Deadline | None = Field(default=None, description="For the whole of it")
    since: Since = None


class UnitView(View):
    """A unit of the township, or a department."""

    subject_id: UUID | None
    name: str
    duty: str | None


class StepView(View):
    """A step, by whom, and within what time."""

    name: str
    by: str | None
    time_limit: Deadline | None


class ProcedureView(ResourceView):
    """An edition of the procedure of an item."""

    version: int = Field(description="The edition; send it back in If-Match.")
    division: str = Field(description="The township")
    code: str = Field(description="Of the item")
    lead: UnitView
    support: list[UnitView]
    steps: list[StepView]
    time_limit: Deadline | None
    since: date
    until: date | None = Field(description="The first day of the next edition")
    laid_down_by: str = Field(description="`sub` of the person")
    created_at: datetime

    @classmethod
    def of(cls, procedure: Procedure) -> Self:
        """The view of `procedure`."""
        told: dict[str, Any] = {
            name: getattr(procedure, name) for name in cls.model_fields if name != "version"
        }
        return cls.model_validate({**told, "version": procedure.edition})


class EditionQuery(Paging):
    """Which part of the editions; newest first unless said otherwise."""

    sort: Literal["edition", "-edition"] = "-edition"
