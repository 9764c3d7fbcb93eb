"""Decisions about batches of acts."""

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

MOST_RECORDS = 500
"""Records in a chunk, and so in a fact."""
MOST_LINE = 64 * 1024
"""Bytes of one record."""


class BatchState(Term):
    RECEIVING = "receiving", "接收中"
    QUEUED = "queued", "已接收"
    WORKING = "working", "处理中"
    DONE = "done", "已完成"
    FAILED = "failed", "无法读取"
    ABANDONED = "abandoned", "未传完"


ENDED = (BatchState.DONE, BatchState.FAILED, BatchState.ABANDONED)

LIFECYCLE = Lifecycle(
    BatchState.RECEIVING,
    [
        Transition("keep", BatchState.RECEIVING, BatchState.QUEUED, needs="all of it is here"),
        Transition("abandon", BatchState.RECEIVING, BatchState.ABANDONED, needs="the sender left"),
        Transition("begin", BatchState.QUEUED, BatchState.WORKING),
        Transition(
            "fail",
            (BatchState.RECEIVING, BatchState.QUEUED),
            BatchState.FAILED,
            needs="a file that is none",
        ),
        Transition("finish", BatchState.WORKING, BatchState.DONE),
    ],
    terminal=ENDED,
)


class BatchEmpty(Refused):
    code = "act-batch-empty"
    status = 422
    zh = "报送内容中没有记录。"
    en = "Nothing was sent that could be a record."


class RecordTooLong(Refused):
    code = "act-record-too-long"
    status = 422
    zh = "单条记录超过 {most} 字节。"
    en = "A record has more than {most} bytes."


class RecordUnreadable(Refused):
    code = "act-record-unreadable"
    status = 422
    zh = "该行不是 JSON 对象。"
    en = "The line is no JSON object."


class BatchTypeUnknown(Refused):
    """The content type is none of those that are read."""

    code = "act-batch-type-unknown"
    status = 422
    zh = "请以 application/x-ndjson、text/csv 或 XLSX 的媒体类型报送。"
    en = "Send application/x-ndjson, text/csv, or the media type of XLSX."
