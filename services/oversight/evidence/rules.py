"""What may be kept as evidence (证据材料), and when it can change no more (封存)."""

from pathlib import PurePath

from shared.refusals import Refused
from shared.vocabulary import Term


class EvidenceTarget(Term):
    INSPECTION = "inspection", "监督检查"
    FINDING = "finding", "检查发现"
    RECTIFICATION = "rectification", "责令整改"
    DOCUMENT = "document", "监督文书"
    MEASURE = "measure", "监督处理"
    CASE_FILE = "case_file", "被评查案卷"


ADD, SEAL = "evidence:add", "evidence:seal"
ALLOWED = {
    "application/pdf": {".pdf"},
    "image/jpeg": {".jpg", ".jpeg"},
    "image/png": {".png"},
    "audio/mpeg": {".mp3"},
    "audio/wav": {".wav"},
    "video/mp4": {".mp4"},
    "text/plain": {".txt"},
    "text/csv": {".csv"},
    "application/vnd.openxmlformats-officedocument.wordprocessingml.document": {".docx"},
    "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet": {".xlsx"},
}
"""By what they say they are, which proves nothing: no file is ever shown, only saved."""
MOST_BYTES = 32 * 1024 * 1024
OF_SUBJECTS = frozenset(
    {
        EvidenceTarget.FINDING,
        EvidenceTarget.RECTIFICATION,
        EvidenceTarget.DOCUMENT,
        EvidenceTarget.MEASURE,
    }
)
"""What the subject itself attaches files to."""


class TargetUnknown(Refused):
    code = "evidence-target-unknown"
    status = 422
    zh = "没有可由您附加材料的事项 {target_id}。"
    en = "There is no {target} {target_id} within your reach."


class FileTypeNotAllowed(Refused):
    code = "evidence-type-not-allowed"
    status = 415
    zh = "不接受该类型的文件（{media_type}，{name}）。"
    en = "Files of the type {media_type} called {name} are not taken."


class FileEmpty(Refused):
    code = "evidence-empty"
    status = 422
    zh = "文件为空。"
    en = "The file is empty."


class FileTooLarge(Refused):
    code = "evidence-too-large"
    status = 413
    zh = "文件超过 {most} 字节。"
    en = "The file is larger than {most} bytes."


class EvidenceReplaced(Refused):
    """Only the newest edition has a next one."""

    code = "evidence-replaced"
    status = 409
    zh = "该材料已有新版本。"
    en = "The file has a newer edition already."


class LateWithoutReason(Refused):
    """What comes after the set was sealed says why it comes late, in the set's next edition."""

    code = "evidence-late-without-reason"
    status = 422
    zh = "该检查的证据已封存，补充材料须说明理由。"
    en = "The evidence of the inspection is sealed: say why a file comes late."


class NotLate(Refused):
    code = "evidence-not-late"
    status = 422
    zh = "证据尚未封存，不属于补充材料。"
    en = "The evidence is not sealed yet, so nothing comes late."


class TargetConcealed(Refused):
    """What the subject does not know of is not told to the world."""

    code = "evidence-target-concealed"
    status = 409
    zh = "被监督单位尚未知悉该事项，不能封存。"
    en = "The subject does not know of it yet; it is sealed later."


def may_keep(*, name: str, media_type: str) -> None:
    """A type of the list, with a name that ends as it should."""
    if PurePath(name).suffix.lower() not in ALLOWED.get(media_type, ()):
        raise FileTypeNotAllowed(name=name, media_type=media_type)


def may_come(*, sealed: bool, late_because: str | None) -> None:
    """A file that comes once the evidence is `sealed` gives a reason, and no other does."""
    if sealed and late_because is None:
        raise LateWithoutReason
    if late_because is not None and not sealed:
        raise NotLate
