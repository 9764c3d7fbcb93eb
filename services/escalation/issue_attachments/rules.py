"""Which files belong to an issue (附加材料), and who adds them: values in, `Refused` out."""

from dataclasses import dataclass

from services.escalation.issues.rules import OVER
from shared.refusals import Refused
from shared.vocabulary import Term


class IssueAttachmentKind(Term):
    PHOTO = "photo", "现场照片、影像"
    RECORD = "record", "笔录、记录"
    DOCUMENT = "document", "文书、函件"
    OTHER = "other", "其他材料"


class IssueNotYoursToAttach(Refused):
    """Who only sees an issue from above, or by its domain, adds nothing to it."""

    code = "issue-not-yours-to-attach"
    status = 403
    zh = "仅由现办层级、事项发生地、提出人或者承办单位附加材料。"
    en = "Files come from the level that has it, where it arose, who raised it or works on it."


class IssueOver(Refused):
    code = "issue-over"
    zh = "事项已经办结,不再附加材料。"
    en = "The issue is over and takes no more files."


@dataclass(frozen=True, kw_only=True)
class Part:
    """Which part a caller has in an issue."""

    holds: bool
    """Acts for the level that has it."""
    began: bool
    """Acts for the division where it arose."""
    raised: bool
    works_on: bool
    """Is of a body that has something to do for it."""


def may_attach(state: str, part: Part) -> None:
    if not (part.holds or part.began or part.raised or part.works_on):
        raise IssueNotYoursToAttach
    if state in OVER:
        raise IssueOver
