"""Amounts of money over HTTP: yuan with two decimals, as text so that nothing is rounded."""

import re
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, PlainSerializer, WithJsonSchema
from pydantic_core import PydanticCustomError

PATTERN = r"^[0-9]{1,12}(\.[0-9]{1,2})?$"
_AMOUNT = re.compile(PATTERN[:-1] + r"\Z")


def _amount(value: object) -> Decimal:
    if isinstance(value, Decimal):
        return value
    if not isinstance(value, str) or not _AMOUNT.match(value):
        raise PydanticCustomError(
            "amount-not-in-yuan",
            'an amount is text in yuan with at most two decimals: "120000.00"',
            {"zh": '金额应为以元为单位、至多两位小数的文本，如 "120000.00"'},
        )
    return Decimal(value)


Yuan = Annotated[
    Decimal,
    BeforeValidator(_amount),
    PlainSerializer(lambda amount: f"{amount:.2f}", return_type=str, when_used="json"),
    WithJsonSchema(
        {
            "type": "string",
            "pattern": PATTERN,
            "description": "Yuan (元), at most two decimals, as text",
            "examples": ["120000.00"],
        }
    ),
]
