"""Enumerations that people read: English keys, Chinese labels."""

from enum import StrEnum
from typing import Any, Self


class Term(StrEnum):
    """A key with its Chinese label: `NOTICE = "notice", "通知书"`."""

    label: str

    def __new__(cls, key: str, label: str = "") -> Self:
        term = str.__new__(cls, key)
        term._value_ = key
        term.label = label or key
        return term

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: Any, handler: Any) -> dict[str, Any]:
        schema: dict[str, Any] = handler(core_schema)
        target: dict[str, Any] = handler.resolve_ref_schema(schema)
        target["description"] = ", ".join(f"{term.value} {term.label}" for term in cls)
        return schema
