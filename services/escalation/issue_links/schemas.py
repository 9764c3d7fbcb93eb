"""What comes in and goes out over HTTP about links between issues."""

from datetime import datetime
from uuid import UUID

from pydantic import ConfigDict, Field

from services.escalation.issue_links.rules import LinkKind
from shared.web.paging import Paging
from shared.web.schemas import Input, Prose, View


class LinkRequest(Input):
    """How an issue belongs to another one."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "issue_id": "01932b6e-8f00-7000-8000-000000000001",
                    "other_id": "01932b6e-8f00-7000-8000-000000000002",
                    "kind": "related",
                    "note": "同一市场周边的同类问题",
                }
            ]
        }
    )

    issue_id: UUID
    other_id: UUID = Field(description="The related one, the whole, or the one that goes on")
    kind: LinkKind
    note: Prose | None = None


class LinkQuery(Paging):
    """The links of an issue."""

    issue_id: UUID


class LinkView(View):
    """A link between two issues."""

    id: UUID
    issue_id: UUID
    other_id: UUID
    kind: LinkKind
    note: str | None
    linked_at: datetime
    linked_by: str
