"""Checklists over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, JsonValue, StringConstraints

from services.oversight.checklists.rules import (
    MOST_ITEMS,
    MOST_WEIGHT,
    ChecklistState,
    allowed_actions,
)
from services.oversight.checklists.tables import Checklist
from shared.access.actor import Actor
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, ResourceView, View

Code = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,60}$")]

_EXAMPLE: dict[str, JsonValue] = {
    "code": "on-site-enforcement",
    "title": "现场执法规范检查表",
    "domains": ["urban_management"],
    "items": [
        {
            "code": "certificates-shown",
            "text": "两名以上执法人员出示执法证件",
            "weight": 3,
            "basis": "《中华人民共和国行政处罚法》第四十二条、第五十五条",
        },
        {"code": "recording", "text": "执法全过程记录完整", "weight": 2, "basis": None},
    ],
}


class ItemRequest(Input):
    """What is looked at."""

    code: Code
    text: Prose
    weight: int = Field(1, ge=1, le=MOST_WEIGHT, description="Its part in the score")
    basis: Line | None = Field(None, description="The article that it rests on")


Items = Annotated[list[ItemRequest], Field(min_length=1, max_length=MOST_ITEMS)]
Domains = Annotated[list[Line], Field(max_length=50, description="None are all")]


class ChecklistRequest(Input):
    """A new checklist, or with a known code the next edition of one."""

    model_config = ConfigDict(json_schema_extra={"examples": [_EXAMPLE]})

    code: Code
    title: Line
    domains: Domains = Field(default_factory=list)
    items: Items


class ChecklistPatch(Input):
    """What to change of a draft; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"title": "现场执法检查表"}]})

    # The factories only make the fields optional: what was not sent is never looked at.
    title: Line = Field(default_factory=str)
    domains: Domains = Field(default_factory=list)
    items: Items = Field(default_factory=list)


class ChecklistFilters(Paging):
    """Which editions."""

    code: Code | None = None
    state: ChecklistState | None = None
    sort: Literal["id", "-id"] = "-id"


class ItemView(View):
    code: str
    text: str
    weight: int
    basis: str | None


class ChecklistView(ResourceView):
    """An edition of a checklist (检查表模板)."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    **_EXAMPLE,
                    "id": "01932b70-1c00-7000-8000-0000000000f1",
                    "version": 2,
                    "edition": 1,
                    "state": "published",
                    "allowed_actions": [],
                    "authors": ["zhou.hong"],
                    "drafted_at": "2026-02-10T09:00:00+08:00",
                    "changed_at": "2026-02-10T09:00:00+08:00",
                    "published_at": "2026-02-12T09:00:00+08:00",
                    "published_by": "zhao.min",
                }
            ]
        }
    )

    code: str
    edition: int
    title: str
    domains: list[str]
    items: list[ItemView]
    state: ChecklistState
    allowed_actions: list[str] = Field(description="What this caller may do now; `change` is PATCH")
    authors: list[str]
    drafted_at: datetime
    changed_at: datetime
    published_at: datetime | None
    published_by: str | None

    @classmethod
    def of(cls, row: Checklist, actor: Actor) -> Self:
        told: dict[str, Any] = {
            name: getattr(row, name) for name in cls.model_fields if name != "allowed_actions"
        }
        allowed = allowed_actions(
            state=row.state, sub=actor.sub, authors=row.authors, permissions=actor.permissions
        )
        return cls.model_validate({**told, "allowed_actions": allowed})
