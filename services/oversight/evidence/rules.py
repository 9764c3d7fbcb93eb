"""What may be kept as evidence (证据材料), and when it can change no more (封存)."""

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


def may_come(*, sealed: bool, late_because: str | None) -> None:
    """A file that comes once the evidence is `sealed` gives a reason, and no other does."""
    if sealed and late_because is None:
        raise LateWithoutReason
    if late_because is not None and not sealed:
        raise NotLate
