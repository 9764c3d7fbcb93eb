"""Enumerations and values as people read them: English keys, Chinese words."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any, Self

from shared.clock import SHANGHAI


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


def in_words(value: Any, labels: Mapping[str, str]) -> str:
    """How people read a value of a fact; `labels` are the words for what it is one of."""
    match value:
        case None:
            return "–"
        case bool():
            return "是" if value else "否"
        case datetime():
            local = value.astimezone(SHANGHAI)
            if local.time() == time():
                # A deadline ends with its last day; the next day's name would be read as the last.
                return f"{in_words(local.date() - timedelta(days=1), labels)} 24:00"
            return f"{in_words(local.date(), labels)} {local:%H:%M}"
        case date():
            return f"{value.year}年{value.month}月{value.day}日"
        case list() | tuple():
            return "、".join(in_words(item, labels) for item in value) or "–"
        case _:
            return labels.get(str(value), str(value))
