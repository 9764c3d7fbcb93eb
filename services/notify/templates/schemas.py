"""Templates over HTTP."""

from datetime import datetime
from typing import Annotated, Any, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from services.notify.gateways.rules import Channel
from services.notify.templates.rules import LIFECYCLE, TemplateName, TemplateState
from services.notify.templates.tables import Template
from shared.access.actor import Actor
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, ResourceView, View

Text = Annotated[str, StringConstraints(min_length=1, max_length=5_000, pattern=r"^[^\x00]+$")]
_WORDS: dict[str, Any] = {
    "title": "【{{ urgency }}】{{ title }}",
    "text": "{{ text }}\n\n办理:{{ link }}",
}


class TemplateRequest(Input):
    model_config = ConfigDict(
        json_schema_extra={"examples": [{"name": "message", "channel": "email", **_WORDS}]}
    )

    name: TemplateName
    channel: Channel
    language: Literal["zh-CN"] = "zh-CN"
    title: Line = Field(
        description="Jinja2: names, conditions and a few filters; no loops, no calls"
    )
    text: Text


class TemplatePatch(Input):
    model_config = ConfigDict(json_schema_extra={"examples": [_WORDS]})

    title: Line | None = None
    text: Text | None = None


class AboutRequest(Input):
    """Which message of the caller's inbox to fill it in with."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"message_id": "0198f3a2-7c11-7d3e-9d0a-2f6a4c1b8e55"}]}
    )

    message_id: UUID


class TemplateQuery(Paging):
    """Which templates, the newest first."""

    name: TemplateName | None = None
    channel: Channel | None = None
    state: TemplateState | None = None


class TemplateView(ResourceView):
    """One edition of the words for a channel."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0198f3a2-7c11-7d3e-9d0a-2f6a4c1b8e55",
                    "version": 1,
                    "name": "message",
                    "channel": "email",
                    "language": "zh-CN",
                    "edition": 1,
                    **_WORDS,
                    "state": "draft",
                    "written_by": "zhao",
                    "activated_by": None,
                    "created_at": "2026-03-02T01:00:00Z",
                    "updated_at": "2026-03-02T01:00:00Z",
                    "allowed_actions": ["change", "activate", "retire"],
                }
            ]
        }
    )

    name: TemplateName
    channel: Channel
    language: str
    edition: int
    title: str
    text: str
    state: TemplateState
    written_by: str
    activated_by: str | None
    created_at: datetime
    updated_at: datetime
    allowed_actions: list[str]

    @classmethod
    def of(cls, row: Template, actor: Actor) -> Self:
        told = {name: getattr(row, name, None) for name in cls.model_fields}
        allowed = LIFECYCLE.allowed_actions(row.state, actor.permissions)
        if row.written_by == actor.sub:
            allowed = [action for action in allowed if action != "activate"]
        return cls.model_validate({**told, "allowed_actions": allowed})


class WordsView(View):
    """A template filled in."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"title": "【紧急】整改逾期", "text": "…"}]}
    )

    title: str
    text: str
