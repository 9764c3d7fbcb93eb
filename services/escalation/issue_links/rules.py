"""How issues belong together: values in, `Refused` out."""

from uuid import UUID

from shared.refusals import Refused
from shared.vocabulary import Term


class LinkKind(Term):
    RELATED = "related", "关联"
    PART_OF = "part_of", "子事项"
    MERGED_INTO = "merged_into", "并入"


class LinkedIssueUnknown(Refused):
    code = "linked-issue-unknown"
    status = 422
    zh = "没有可关联的事项 {issue_id}。"
    en = "There is no issue {issue_id} within your reach."


class IssueLinkedToItself(Refused):
    code = "issue-linked-to-itself"
    status = 422
    zh = "事项不能与自身关联。"
    en = "An issue is not linked to itself."


class IssueLinkedAlready(Refused):
    code = "issue-linked-already"
    zh = "两个事项已有关联。"
    en = "The two issues are linked already."


class IssueHierarchyTooDeep(Refused):
    """A part has no parts, and a whole is no part."""

    code = "issue-hierarchy-too-deep"
    zh = "子事项不能再有子事项,一个事项只能属于一个上级事项。"
    en = "A part has no parts of its own, and belongs to one issue only."


class MergeIntoFinished(Refused):
    code = "merge-into-finished"
    zh = "目标事项已不在办理中（{state}）,不能并入。"
    en = "The other issue is not being handled any more ({state})."


class MergeOfUnlike(Refused):
    """What is merged lies at one level of one place: nobody loses sight of their own."""

    code = "merge-of-unlike"
    zh = "只能合并同一层级、同一属地的事项。"
    en = "Issues are merged that lie at the same level of the same place."


def may_link(id: UUID, other: UUID) -> None:
    if id == other:
        raise IssueLinkedToItself


def may_be_part(*, is_part: bool, has_parts: bool, whole_is_part: bool) -> None:
    if is_part or has_parts or whole_is_part:
        raise IssueHierarchyTooDeep


def may_merge(*, alike: bool, unfinished: bool, state: str) -> None:
    if not unfinished:
        raise MergeIntoFinished(state=state)
    if not alike:
        raise MergeOfUnlike
