"""Acts from a file that people fill in: a row becomes a record as systems send it."""

import json
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from datetime import datetime
from typing import Annotated, Any

from services.oversight.act_batches.rules import MOST_RECORDS
from services.oversight.acts.rules import (
    STAGES,
    ActKind,
    ActOutcome,
    ActProcedure,
    PartyKind,
    PenaltyKind,
)
from shared.clock import SHANGHAI
from shared.files.spreadsheet import Column, Header, columns_of, read_rows
from shared.web.schemas import Input

_TIME = "2026-03-02 09:00"


class ActRow(Input):
    """The columns; what they hold is judged by the record that is made of them."""

    external_id: Annotated[str, Column("办案系统编号", "CG-2026-000123")]
    revision: Annotated[int | None, Column("版本号", "1")] = None
    reported_at: Annotated[str | None, Column("报送时间", _TIME, "不填为上传时间")] = None
    reason: Annotated[str | None, Column("更正或者撤回理由")] = None
    kind: Annotated[ActKind, Column("执法行为种类", "行政处罚")]
    organisation: Annotated[str, Column("执法主体统一社会信用代码", "11500228709467150P")]
    item_code: Annotated[str | None, Column("事项编码", "CQ-CG-0012")] = None
    procedure: Annotated[ActProcedure | None, Column("程序", "普通程序")] = None
    title: Annotated[str | None, Column("案由", "占道经营", "不得含个人信息")] = None
    certificate_nos: Annotated[list[str] | None, Column("执法证编号", "渝A-1；渝A-2")] = None
    delegation_no: Annotated[str | None, Column("委托书编号")] = None
    party_kind: Annotated[PartyKind | None, Column("相对人类型", "自然人")] = None
    party_name: Annotated[str | None, Column("相对人姓名或者名称", "张某", "密封存储")] = None
    party_identifier: Annotated[str | None, Column("相对人证件号码", "", "密封存储")] = None
    check_no: Annotated[str | None, Column("涉企检查编号")] = None
    filed: Annotated[str | None, Column("立案或者受理时间", _TIME)] = None
    filed_no: Annotated[str | None, Column("立案文书号")] = None
    investigated: Annotated[str | None, Column("调查终结时间")] = None
    legal_review: Annotated[str | None, Column("法制审核时间")] = None
    decided: Annotated[str | None, Column("决定时间", "2026-03-20 15:00")] = None
    decided_no: Annotated[str | None, Column("决定书文号")] = None
    served: Annotated[str | None, Column("送达时间")] = None
    published: Annotated[str | None, Column("公示时间")] = None
    executed: Annotated[str | None, Column("执行完毕时间")] = None
    closed: Annotated[str | None, Column("结案时间")] = None
    recording_ref: Annotated[str | None, Column("执法全过程记录位置")] = None
    penalties: Annotated[list[PenaltyKind] | None, Column("处罚种类", "警告、通报批评")] = None
    fine: Annotated[str | None, Column("罚款(元)", "200.00")] = None
    confiscated: Annotated[str | None, Column("没收(元)")] = None
    outcome: Annotated[ActOutcome | None, Column("结果")] = None
    publication_url: Annotated[str | None, Column("公示网址")] = None
    withdrawn: Annotated[bool | None, Column("撤回报送")] = None


COLUMNS = columns_of(ActRow)
_PARTY = ("kind", "name", "identifier")


async def records_of(
    content: bytes, kind: str, received_at: datetime
) -> AsyncGenerator[tuple[int, bytes, int], None]:
    """The records of a file in chunks: the row of the first, lines so that each stands on the line
    of its row, and how many there are. Raises `FileRefused`."""
    header: Header | None = None
    async with aclosing(read_rows(_whole(content), kind=kind)) as batches:
        async for batch, _ in batches:
            if header is None:
                ((_, cells),) = batch
                header = Header(COLUMNS, cells)
                continue
            for start in range(0, len(batch), MOST_RECORDS):
                rows = batch[start : start + MOST_RECORDS]
                yield rows[0][0], _lines(rows, header, received_at), len(rows)


async def _whole(content: bytes) -> AsyncIterator[bytes]:
    yield content


def _lines(rows: list[tuple[int, list[str]]], header: Header, received_at: datetime) -> bytes:
    lines: list[str] = []
    first = rows[0][0]
    for number, cells in rows:
        lines += [""] * (number - first - len(lines))
        record = _record(header.values(cells), received_at)
        lines.append(json.dumps(record, ensure_ascii=False))
    return "\n".join(lines).encode()


def _record(told: dict[str, Any], received_at: datetime) -> dict[str, Any]:
    """A row as a record; what is wrong with a value is left for the record's own form to say."""
    record = {key: value for key, value in told.items() if key not in _MADE}
    record["reported_at"] = _moment(told.get("reported_at")) or received_at.isoformat()
    if "withdrawn" in record:
        record["withdrawn"] = {"true": True, "false": False}.get(
            record["withdrawn"], record["withdrawn"]
        )
    if "revision" in record and str(record["revision"]).isdigit():
        record["revision"] = int(record["revision"])
    if party := {key: told[f"party_{key}"] for key in _PARTY if f"party_{key}" in told}:
        record["party"] = party
    record["stages"] = [
        {
            "stage": stage.value,
            "at": _moment(told[stage]),
            **({"document_no": told[f"{stage}_no"]} if f"{stage}_no" in told else {}),
        }
        for stage in STAGES
        if stage in told
    ]
    return record


_TRUTH = {"true": True, "false": False}
_MADE = {
    *("reported_at", "filed_no", "decided_no"),
    *(f"party_{key}" for key in _PARTY),
    *(stage.value for stage in STAGES),
}


def _moment(text: str | None) -> str | None:
    """`2026-03-02`, `2026-03-02 09:00` and the like, of Beijing unless an offset says otherwise."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=SHANGHAI)
    return moment.isoformat()
