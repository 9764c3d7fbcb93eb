"""Editions of checklists (检查表模板): drafted by one, published by another."""

from collections.abc import Collection, Sequence

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

MOST_ITEMS, MOST_WEIGHT = 200, 100


class ChecklistState(Term):
    DRAFT = "draft", "草稿"
    PUBLISHED = "published", "已发布"
    SUPERSEDED = "superseded", "已被新版替代"
    DISCARDED = "discarded", "已放弃"


_S = ChecklistState
DRAFT, PUBLISH = "checklist:draft", "checklist:publish"

LIFECYCLE = Lifecycle(
    _S.DRAFT,
    [
        Transition("change", _S.DRAFT, None, DRAFT),
        Transition("publish", _S.DRAFT, _S.PUBLISHED, PUBLISH, "by another than who wrote it"),
        Transition("discard", _S.DRAFT, _S.DISCARDED, DRAFT),
        Transition("supersede", _S.PUBLISHED, _S.SUPERSEDED, needs="a newer edition is published"),
    ],
    terminal=[_S.SUPERSEDED, _S.DISCARDED],
)


class ChecklistDraftOpen(Refused):
    """One edition is written at a time."""

    code = "checklist-draft-open"
    zh = "该检查表已有未发布的草稿。"
    en = "The checklist has a draft already."


class ChecklistItemTwice(Refused):
    code = "checklist-item-twice"
    status = 422
    zh = "检查项编码 {item} 重复。"
    en = "The item {item} is listed twice."


class OwnChecklist(Refused):
    """Two pairs of eyes."""

    code = "checklist-own-draft"
    status = 403
    zh = "不得发布本人编制或者修改的检查表。"
    en = "Nobody publishes a checklist of their own."


def may_write(items: Sequence[str]) -> None:
    """`items` are the codes of an edition's items."""
    for code in items:
        if items.count(code) > 1:
            raise ChecklistItemTwice(item=code)


def may_publish(*, sub: str, authors: Collection[str]) -> None:
    """Two pairs of eyes."""
    if sub in authors:
        raise OwnChecklist


def allowed_actions(
    *, state: str, sub: str, authors: Collection[str], permissions: Collection[str]
) -> list[str]:
    """What a holder of `permissions` may do now."""
    return [
        action
        for action in LIFECYCLE.allowed_actions(state, permissions)
        if action != "publish" or sub not in authors
    ]
