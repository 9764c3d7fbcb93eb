"""How a recommendation is set out on paper."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from services.escalation.recommendations.rules import SourceKind
from shared.documents.official import Paragraph, Table, chinese_date

Block = Paragraph | Table


def paper_body(
    *,
    first: date,
    last: date,
    summary: str | None,
    items: Iterable[Mapping[str, Any]],
    compiled: Mapping[str, Any],
) -> tuple[Block, ...]:
    """What the pilot showed, then what is recommended and what each rests on."""
    days = f"{chinese_date(first)}至{chinese_date(last)}"
    found: list[Block] = [Paragraph("一、试点反映的情况", heading=True)]
    found += [Paragraph(line) for line in (summary or "").splitlines() if line.strip()]
    for name, groups in (("上报事项", compiled["issues"]), ("执法争议", compiled["disputes"])):
        found.append(Paragraph(f"{days}，{name}{_sum(groups)}件。"))
        if groups:
            found.append(_table(name, groups))
    if reports := compiled["reports"]:
        told = "；".join(f"{one['reporter']}《{one['title']}》" for one in reports)
        found.append(Paragraph(f"已接收的总结报告{len(reports)}份：{told}。"))
    found.append(Paragraph("二、意见建议", heading=True))
    for number, item in enumerate(items, start=1):
        found.append(Paragraph(f"{number}. {item['text']}"))
        found.append(Paragraph(f"建议对象：{item['addressed_to']}。依据：{_sources(item)}。"))
    return tuple(found)


def _sum(groups: Iterable[Mapping[str, Any]]) -> int:
    return sum(group["count"] for group in groups)


def _table(name: str, groups: Iterable[Mapping[str, Any]]) -> Table:
    rows = [(one["kind_name"], one["outcome_name"], str(one["count"])) for one in groups]
    total = ("合计", "", str(sum(int(row[2]) for row in rows)))
    return Table((name, "办理情况", "件数"), (*rows, total), (4, 4, 2))


def _sources(item: Mapping[str, Any]) -> str:
    return "、".join(f"{SourceKind(one['kind']).label}{one['label']}" for one in item["sources"])
