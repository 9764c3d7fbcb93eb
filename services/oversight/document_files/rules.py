"""How what a document says is set out on the page."""

from collections.abc import Mapping, Sequence
from typing import Any

from shared.documents.official import Paragraph
from shared.refusals import Refused

HEADINGS = {
    "facts": "基本事实",
    "reasons": "理由",
    "legal_basis": "依据",
    "held_on": "约谈时间",
    "participants": "参加人员",
    "statement": "约谈内容",
    "requirement": "",
    "remedy": "救济途径和期限",
}
"""The sections in their order; that of `requirement` is the kind's."""
NUMERALS = "一二三四五六七八"
UNITS = {"d": "日", "wd": "个工作日", "h": "小时"}
MOST_AT_ONCE = 50


class DocumentNotIssued(Refused):
    """A draft has no number and is nobody's document yet."""

    code = "document-not-issued"
    status = 409
    zh = "文书尚未签发，不能生成文件。"
    en = "The document is not signed; there is no file of it."


def body_of(
    content: Mapping[str, Any], *, asks: str, period: Mapping[str, Any] | None
) -> tuple[Paragraph, ...]:
    """The paragraphs of the body: a numbered heading over each section that is there."""
    found: list[Paragraph] = []
    present = [name for name in HEADINGS if content.get(name)]
    for numeral, name in zip(NUMERALS, present, strict=False):
        found.append(Paragraph(f"{numeral}、{HEADINGS[name] or asks}", heading=True))
        found += [Paragraph(text) for text in _written(name, content[name])]
        if name == "requirement" and period is not None:
            found.append(Paragraph(_term(period)))
    return tuple(found)


def _written(name: str, value: Any) -> Sequence[str]:
    match name:
        case "legal_basis":
            return [f"{'；'.join(text.rstrip('。；') for text in value)}。"]
        case "held_on":
            year, month, day = value.split("-")
            return [f"{year}年{int(month)}月{int(day)}日"]
        case "participants":
            return [f"{one['name']}（{one['role']}）" for one in value]
        case _:
            return [line for line in value.splitlines() if line.strip()]


def _term(period: Mapping[str, Any]) -> str:
    return f"请自收到本文书之次日起{period['n']}{UNITS[period['unit']]}内书面报告执行情况。"
