"""Attachments over HTTP."""

from datetime import datetime
from typing import Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from services.escalation.attachments.rules import AttachmentKind
from services.escalation.matters.rules import MatterKind
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, View


class AttachmentOf(Input):
    """The one matter that files belong to."""

    transfer_id: UUID | None = None
    reverse_transfer_id: UUID | None = None
    referral_id: UUID | None = None
    cooperation_id: UUID | None = None

    @model_validator(mode="after")
    def _one_matter(self) -> Self:
        if sum(getattr(self, f"{target}_id") is not None for target in MatterKind) != 1:
            raise PydanticCustomError(
                "attachment-of-one-matter",
                "name one transfer, reverse transfer, referral or cooperation",
                {"zh": "须且仅须指明一项移送、反向移送、衔接或者协作"},
            )
        return self

    @property
    def target(self) -> MatterKind:
        return next(one for one in MatterKind if getattr(self, f"{one}_id") is not None)

    @property
    def target_id(self) -> UUID:
        found: UUID = getattr(self, f"{self.target}_id")
        return found


class AttachmentUpload(AttachmentOf):
    """What the file is; the file itself is the body."""

    kind: AttachmentKind
    name: Line = Field(description="Name of the file, with the ending of its type")


class AttachmentQuery(Paging, AttachmentOf):
    """Which files: those of one matter."""

    sort: Literal["id", "-id"] = "id"


class AttachmentView(View):
    """A file of a matter."""

    id: UUID
    target: MatterKind
    target_id: UUID
    kind: AttachmentKind
    name: str
    media_type: str
    size: int = Field(description="Bytes")
    sha256: str
    added_at: datetime
    added_by: str
