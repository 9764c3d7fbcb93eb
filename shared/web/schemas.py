"""What every schema shares."""

import re
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    StringConstraints,
)
from pydantic_core import CoreSchema, PydanticCustomError
from pydantic_core.core_schema import no_info_before_validator_function

Line = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=200, strip_whitespace=True, pattern=r"^[^\x00-\x1f\x7f]+$"
    ),
]
"""One line of text: a name, a title."""
Prose = Annotated[
    str,
    StringConstraints(
        min_length=1, max_length=10_000, strip_whitespace=True, pattern=r"^[^\x00]+$"
    ),
]
"""Text of several lines."""


_NUMBER = re.compile(r"\s*[+-]?[0-9]+(\.[0-9]*)?\s*")


def _written(value: object) -> object:
    if isinstance(value, int | float) or (isinstance(value, str) and _NUMBER.fullmatch(value)):
        raise PydanticCustomError(
            "date-not-written-out",
            "a date is written as 2026-03-01, a moment as 2026-03-01T09:00:00+08:00",
            {"zh": "日期应写作 2026-03-01,时刻应写作 2026-03-01T09:00:00+08:00"},
        )
    return value


_BEFORE = {"type": "no-info", "function": _written}


def _write_out(node: Any) -> None:
    """Put `_written` before each date and moment of a core schema, in place and once."""
    if isinstance(node, dict) and node.get("function") == _BEFORE:
        return
    for value in node.values() if isinstance(node, dict) else node:
        if isinstance(value, dict | list | tuple):
            _write_out(value)
    if isinstance(node, dict) and node.get("type") in {"date", "datetime"}:
        inner = dict(node)
        node.clear()
        node.update(no_info_before_validator_function(_written, inner))


class Written(BaseModel):
    """A model whose dates and moments are written out, as the OpenAPI document says they are.

    Left alone, pydantic also takes a number for one: `0` would be a day in 1970.
    """

    @classmethod
    def __get_pydantic_core_schema__(
        cls, source: type[BaseModel], handler: GetCoreSchemaHandler, /
    ) -> CoreSchema:
        schema = handler(source)
        _write_out(schema)
        return schema


class Input(Written):
    """What comes in: unknown fields are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Reference(Input):
    """A document that is named: what it is called, its number, the SHA-256 of the file."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"title": "人员调整通知", "number": "沙覃街发〔2026〕9号"}]}
    )

    title: Line
    number: Line | None = None
    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = Field(
        None, description="Of the file, in hexadecimal: what is shown later can be held against it"
    )


References = Annotated[list[Reference], Field(max_length=50)]
"""The documents that something rests on."""


class View(BaseModel):
    """What goes out."""

    model_config = ConfigDict(from_attributes=True, frozen=True)


class ReferenceView(View):
    title: str
    number: str | None = None
    sha256: str | None = None


class ResourceView(View):
    """A resource: its id, its version (the ETag's first part) and when it was made and changed."""

    id: UUID
    version: int = Field(description="Counts the changes; send it back in If-Match.")


Moment = Annotated[datetime, Field(description="RFC 3339 with offset")]
Extra = dict[str, Any]
