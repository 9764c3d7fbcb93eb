"""Files of issues over HTTP."""

from datetime import datetime
from typing import Literal
from uuid import UUID

from pydantic import Field

from services.escalation.issue_attachments.rules import IssueAttachmentKind
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, View


class IssueAttachmentUpload(Input):
    """What the file is; the file itself is the body."""

    issue_id: UUID
    kind: IssueAttachmentKind
    name: Line = Field(description="Name of the file, with the ending of its type")


class IssueAttachmentQuery(Paging):
    """Which files: those of one issue."""

    issue_id: UUID
    sort: Literal["id", "-id"] = "id"


class IssueAttachmentView(View):
    """A file of an issue."""

    id: UUID
    issue_id: UUID
    kind: IssueAttachmentKind
    name: str
    media_type: str
    size: int = Field(description="Bytes")
    sha256: str
    added_at: datetime
    added_by_name: str
