"""How a result report is set out on the page."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from services.oversight.campaign_reports.rules import Compared
from services.oversight.campaigns.rules import Ground
from services.oversight.documents.rules import DocumentState
from services.oversight.findings.rules import Severity
from services.oversight.inspections.rules import InspectionKind, InspectionMode
from services.oversight.measures.rules import MeasureKind, MeasureState
from services.oversight.rectifications.rules import RectificationState
from shared.documents.official import Paragraph, Table, chinese_date
from shared.vocabulary import Term

NUMERALS = "一二三四五六七八九十"
Block = Paragraph | Table


def body_of(content: Mapping[str, Any]) -> tuple[Block, ...]:
    """The report: a numbered heading over each section that has something to say."""
    sections: Sequence[tuple[str, list[Block]]] = (
        ("基本情况", _outline(content)),
        ("检查开展情况", _inspections(content)),
        ("发现的问题", _findings(content)),
        ("整改情况", _counted("整改状态", RectificationState, content["rectifications"])),
        ("监督处理情况", _measures(content)),
        ("制发文书情况", _documents(content)),
        ("与上次监督比较", _comparison(content)),
        ("共性问题", [Paragraph(f"{n}. {text}") for n, text in _numbered(content["problems"])]),
        ("意见建议", _prose(content["recommendations"])),
    )
    there = [(title, blocks) for title, blocks in sections if blocks]
    found: list[Block] = []
    for numeral, (title, blocks) in zip(NUMERALS, there, strict=False):
        found += [Paragraph(f"{numeral}、{title}", heading=True), *blocks]
    return tuple(found)


def _outline(content: Mapping[str, Any]) -> list[Block]:
    first, last = (_day(content[name]) for name in ("starts_on", "ends_on"))
    ground = Ground(content["ground"]).label
    reference = f"（{content['ground_reference']}）" if content["ground_reference"] else ""
    target = f"，计划检查{content['target']}次" if content["target"] else ""
    told = (
        f"根据{ground}{reference}，{first}至{last}，在{'、'.join(content['divisions'])}开展“"
        f"{content['theme']}”{InspectionKind(content['kind']).label}，"
        f"方式为{InspectionMode(content['mode']).label}{target}。"
    )
    return [Paragraph(told), *_prose(content["summary"])]


def _inspections(content: Mapping[str, Any]) -> list[Block]:
    counted, drawn = content["figures"], content["drawn"]
    found: list[Block] = []
    if drawn["draws"]:
        names = "、".join(drawn["subjects"])
        told = f"随机抽取{drawn['draws']}次，抽中单位{len(drawn['subjects'])}家：{names}。"
        found.append(Paragraph(told))
    told = f"办结检查{counted['inspections']}次，涉及单位{counted['subjects']}家"
    told += f"；取消{counted['cancelled']}次。" if counted["cancelled"] else "。"
    found.append(Paragraph(told))
    rows = tuple(
        (one["subject"], one["division"], one["closed_on"], *map(str, one["counted"]))
        for one in content["inspections"]
    )
    head = ("受检单位", "所在地区", "办结日期", "发现", "认定")
    return [*found, Table(head, rows, (6, 4, 3, 2, 2))] if rows else found


def _findings(content: Mapping[str, Any]) -> list[Block]:
    counted = content["figures"]
    told = (
        f"共发现问题{counted['findings']}个，认定{counted['confirmed']}个，"
        f"撤销{counted['withdrawn']}个。"
    )
    severities = list(Severity)
    rows = [
        (one["label"], *(str(one["by_severity"].get(each, 0)) for each in severities), str(total))
        for one in content["findings"]
        for total in [sum(one["by_severity"].values())]
    ]
    if not rows:
        return [Paragraph(told)]
    sums = [counted["by_severity"].get(each, 0) for each in severities]
    rows.append(("合计", *map(str, sums), str(sum(sums))))
    head = ("问题类别", *(each.label for each in severities), "合计")
    return [Paragraph(told), Table(head, tuple(rows), (8, 2, 2, 2, 2))]


def _counted(head: str, terms: type[Term], counted: Mapping[str, int]) -> list[Block]:
    rows = tuple((each.label, str(counted[each])) for each in terms if counted.get(each))
    total = (("合计", str(sum(counted.values()))),)
    return [Table((head, "件数"), rows + total, (3, 1))] if rows else []


def _measures(content: Mapping[str, Any]) -> list[Block]:
    rows = tuple(
        (MeasureKind(one["kind"]).label, MeasureState(one["state"]).label, str(one["count"]))
        for one in content["measures"]
    )
    return [Table(("处理方式", "状态", "件数"), rows, (3, 3, 2))] if rows else []


def _documents(content: Mapping[str, Any]) -> list[Block]:
    rows = tuple(
        (one["number"], one["label"], DocumentState(one["state"]).label)
        for one in content["documents"]
    )
    return [Table(("发文字号", "文书", "状态"), rows, (5, 5, 3))] if rows else []


def _comparison(content: Mapping[str, Any]) -> list[Block]:
    before = content["before"]
    if before is None:
        return []
    rows = tuple(
        (
            each.label,
            str(before["compared"][each]),
            str(now),
            f"{now - before['compared'][each]:+d}",
        )
        for each in Compared
        for now in [content["compared"][each]]
    )
    first, last = (_day(before[name]) for name in ("starts_on", "ends_on"))
    told = f"上次为“{before['theme']}”（{before['number']}，{first}至{last}）。"
    return [Paragraph(told), Table(("项目", "上次", "本次", "增减"), rows, (4, 2, 2, 2))]


def _prose(text: str | None) -> list[Block]:
    return [Paragraph(line.strip()) for line in (text or "").splitlines() if line.strip()]


def _numbered(texts: Iterable[str]) -> Iterable[tuple[int, str]]:
    return enumerate((" ".join(text.split()) for text in texts), start=1)


def _day(told: str) -> str:
    return chinese_date(date.fromisoformat(told))
