"""The kinds of supervision documents (监督文书种类): what each must say, and whom it is for."""

from collections.abc import Collection, Iterable
from datetime import date

from pydantic import BaseModel, ConfigDict

from shared.refusals import Refused
from shared.vocabulary import Term


class Addressee(Term):
    SUBJECT = "subject", "被监督单位"
    OTHER = "other", "其他单位"


class DocumentField(Term):
    ADDRESSEE = "addressee", "主送单位"
    FACTS = "facts", "事实"
    REASONS = "reasons", "理由"
    LEGAL_BASIS = "legal_basis", "依据"
    REQUIREMENT = "requirement", "要求或者决定"
    REMEDY = "remedy", "申请复查的途径和期限"
    HELD_ON = "held_on", "约谈日期"
    PARTICIPANTS = "participants", "参加人员"
    STATEMENT = "statement", "约谈内容"
    MATERIALS = "materials", "移送材料"
    CO_ISSUERS = "co_issuers", "联合发文机关"
    COPIES_TO = "copies_to", "抄送机关"
    ANSWERS_ID = "answers_id", "所复查的监督决定"


class DocumentKind(BaseModel):
    """A kind of document from a day on."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    label: str
    word: str
    """The character of the number; kinds of one word share one run of numbers."""
    asks: str
    """The heading of what it asks or decides."""
    addressee: Addressee
    required: list[DocumentField]
    executes: bool
    """Whether the addressee reports what it did, in a term."""
    objection: bool
    """Whether the addressee may apply for a re-examination."""
    sealed: bool
    """Whether the issuer's seal goes under it."""
    effective_from: date
    effective_to: date | None = None
    provisional: bool
    legal_basis: list[str]

    def in_force(self, on: date) -> bool:
        return self.effective_from <= on and (self.effective_to is None or on < self.effective_to)

    def missing(self, filled: Collection[str]) -> list[str]:
        """The fields that a document still lacks, in the order of the kind."""
        return [field for field in self.required if field not in filled]


class DocumentKindUnknown(Refused):
    code = "document-kind-unknown"
    status = 422
    zh = "文书种类 {kind} 不存在或已停用。"
    en = "No kind of document {kind} is in force."


def kind_in_force(book: Iterable[DocumentKind], code: str, *, on: date) -> DocumentKind:
    """The kind of a document as it is in force on a day."""
    for known in book:
        if known.code == code and known.in_force(on):
            return known
    raise DocumentKindUnknown(kind=code)
