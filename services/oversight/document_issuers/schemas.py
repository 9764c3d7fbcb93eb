"""Issuing bodies over HTTP."""

from datetime import datetime
from typing import Annotated, Literal, Self
from uuid import UUID

from pydantic import ConfigDict, Field, StringConstraints

from services.oversight.document_issuers.tables import DocumentIssuer
from shared.access.actor import Actor
from shared.law.divisions import DivisionCode
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, ResourceView

KEEP = "document_issuer:keep"
Prefix = Annotated[
    str,
    StringConstraints(pattern=r"^[\u4e00-\u9fff]{1,10}$"),
    Field(description="机关代字: what stands before the word of the kind in a number"),
]


class DocumentIssuerRequest(Input):
    """A body that issues documents."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"division": "500106", "name": "重庆市沙坪坝区司法局", "prefix": "沙司执监"}
            ]
        }
    )

    division: DivisionCode = Field(description="`50` for the Bureau, six digits for a district")
    name: Line = Field(description="As it stands at the head of the page")
    prefix: Prefix


class DocumentIssuerPatch(Input):
    """Fields to change; what is left out stays. Documents that are numbered keep theirs."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"name": "重庆市两江新区司法局"}]})

    # The factories only make the fields optional: what was not sent is never looked at.
    name: Line = Field(default_factory=str)
    prefix: Prefix = Field(default_factory=str)


class DocumentIssuerQuery(Paging):
    """Which issuing bodies."""

    sort: Literal["id", "-id", "division", "-division"] = "division"
    division: DivisionCode | None = Field(None, description="That of this division")


class DocumentIssuerView(ResourceView):
    """A body that issues documents (发文机关)."""

    id: UUID
    allowed_actions: list[str] = Field(description="What this caller may do now")
    division: str
    name: str
    prefix: str
    registered_at: datetime
    registered_by: str

    @classmethod
    def of(cls, row: DocumentIssuer, actor: Actor) -> Self:
        keeps = actor.may(KEEP) and (actor.division == row.division or len(actor.division) == 2)
        told = {name: getattr(row, name) for name in cls.model_fields if name != "allowed_actions"}
        return cls(**told, allowed_actions=["change"] if keeps else [])
