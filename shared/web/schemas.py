"""What every schema shares."""

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Line = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=200, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]+$"
    ),
]
"""One line of text: a name, a title."""
Prose = Annotated[str, StringConstraints(min_length=1, max_length=10_000, strip_whitespace=True)]
"""Text of several lines."""


class Input(BaseModel):
    """What comes in: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class View(BaseModel):
    """What goes out."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class ResourceView(View):
    """A resource: its id, its version (the ETag's first part) and when it was made and changed."""

    id: UUID
    version: int = Field(description="Counts the changes; send it back in If-Match.")


Moment = Annotated[datetime, Field(description="RFC 3339 with offset")]
Extra = dict[str, Any]
