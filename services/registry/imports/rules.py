"""Decisions about imports: values in, `Refused` out."""

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class ImportState(Term):
    QUEUED = "queued", "已接收"
    CHECKING = "checking", "校验中"
    APPLYING = "applying", "入库中"
    DONE = "done", "已完成"
    REJECTED = "rejected", "已退回"
    FAILED = "failed", "无法读取"
    CANCELLED = "cancelled", "已取消"


class FileKind(Term):
    """What the rows of a file are."""

    SUBJECTS = "subjects", "执法主体"
    OFFICERS = "officers", "执法人员"
    POWERS = "powers", "行政职权"
    ITEM_LISTS = "item_lists", "镇街事项清单"
    DELEGATIONS = "delegations", "委托执法"


class Accept(Term):
    """What is loaded of a file in which rows are wrong."""

    ALL_OR_NOTHING = "all_or_nothing", "全部正确方可入库"
    VALID_ROWS = "valid_rows", "仅入库正确的行"


_AT_WORK = (ImportState.CHECKING, ImportState.APPLYING)
ENDED = (ImportState.DONE, ImportState.REJECTED, ImportState.FAILED, ImportState.CANCELLED)

LIFECYCLE = Lifecycle(
    ImportState.QUEUED,
    [
        Transition("check", ImportState.QUEUED, ImportState.CHECKING, needs="a dry run"),
        Transition("apply", ImportState.QUEUED, ImportState.APPLYING),
        Transition("fail", ImportState.QUEUED, ImportState.FAILED, needs="a file that is none"),
        Transition("finish", _AT_WORK, ImportState.DONE),
        Transition(
            "reject", ImportState.APPLYING, ImportState.REJECTED, needs="wrong rows, all or nothing"
        ),
        Transition("cancel", (ImportState.QUEUED, *_AT_WORK), ImportState.CANCELLED, "import:run"),
    ],
    terminal=ENDED,
)


class FileTypeUnknown(Refused):
    """The content type is none of those that are read."""

    code = "file-type-unknown"
    status = 422
    zh = "请以 Content-Type: text/csv 或 XLSX 的媒体类型上传文件。"
    en = "Send the file as text/csv or with the media type of XLSX."


class SubjectUnknown(Refused):
    """No subject in force has the code, or it is not the sender's: the two look the same."""

    code = "import-subject-unknown"
    status = 422
    zh = "没有该统一社会信用代码的有效执法主体。"
    en = "There is no enforcement subject in force with this credit code."


class TrusteeNameMissing(Refused):
    """A body that is no registered subject is known by its name too."""

    code = "import-trustee-name-missing"
    status = 422
    zh = "受委托组织不是执法主体的，须填写其名称。"
    en = "A trustee that is no enforcement subject is given with its name."


class CertificateIncomplete(Refused):
    """A certificate is told whole."""

    code = "import-certificate-incomplete"
    status = 422
    zh = "执法证编号、发证日期和有效期截止日期须同时填写。"
    en = "A certificate is given with its number, its day of issue and its last day."


class HistoryOnlyAsBackfill(Refused):
    """What a legal office has decided already is taken over as such, or decided here."""

    code = "import-history-only-as-backfill"
    status = 422
    zh = "已公示日期和已签发的执法证只能在补录（backfill=true）时填写。"
    en = "Publication days and certificates already issued are given with backfill=true only."
