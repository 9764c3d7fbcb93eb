"""Points over HTTP: with at most two decimals, as text so that nothing is rounded."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

PATTERN = r"^[0-9]{1,4}(\.[0-9]{1,2})?$"
_POINTS = re.compile(PATTERN[:-1] + r"\Z")


def told(points: Decimal) -> str:
    """Points as they are shown and kept: `12.50`."""
    return f"{points:.2f}"


def _points(value: object) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str) or not _POINTS.match(value):
        raise PydanticCustomError(
            "points-not-in-text",
            'points are text with at most two decimals: "12.50"',
            {"zh": '分值应为至多两位小数的文本,如 "12.50"'},
        )
    return Decimal(value)


Points = Annotated[
    Decimal,
    BeforeValidator(_points),
    PlainSerializer(told, return_type=str, when_used="json"),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": PATTERN,
            "description": "Points (分), at most two decimals, as text",
            "examples": ["12.50"],
        }
    ),
]
