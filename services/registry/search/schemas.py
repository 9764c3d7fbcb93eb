"""Search over HTTP."""

from typing import Annotated
from uuid import UUID

from pydantic import Field, StringConstraints

from services.registry.search.rules import SearchKind
from shared.web.schemas import Input, View


class SearchQuery(Input):
    """What is sought."""

    q: Annotated[str, StringConstraints(min_length=1, max_length=100)] = Field(
        description="Part of a name or code, or pinyin initials", examples=["沙坪坝", "spb"]
    )
    kind: SearchKind | None = Field(default=None, description="Only these; all kinds if left out")
    limit: int = Field(default=20, ge=1, le=50)


class HitView(View):
    """One thing that was found."""

    kind: SearchKind
    id: UUID
    name: str
    code: str | None = Field(description="Credit code, certificate number and the like")
    state: str
    division: str = Field(description="The smallest division that it belongs to")
    link: str = Field(
        description="Path of the thing itself",
        examples=["/registry/v1/subjects/019ab3a0-0000-7000-8000-000000000001"],
    )


class SearchView(View):
    """The best hits, the best first."""

    items: list[HitView]
    more: bool = Field(description="Whether there are others, which rank lower")
