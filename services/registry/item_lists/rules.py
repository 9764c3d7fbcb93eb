"""Decisions about township item lists: values in, `Refused` out."""

from collections.abc import Collection
from datetime import date

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

ITEMS_A_FACT = 500


class ItemListState(Term):
    DRAFT = "draft", "草稿"
    LEGAL_REVIEW = "legal_review", "合法性审核"
    COUNCIL = "council", "会议审议"
    PUBLISHED = "published", "已公布"
    SUPERSEDED = "superseded", "已被新版取代"
    WITHDRAWN = "withdrawn", "已撤回"


class EvaluationResult(Term):
    """What a yearly evaluation says of the list."""

    KEEP = "keep", "继续实施"
    ADJUST = "adjust", "需要调整"


PREPARING = (ItemListState.DRAFT, ItemListState.LEGAL_REVIEW, ItemListState.COUNCIL)
PUBLIC = (ItemListState.PUBLISHED, ItemListState.SUPERSEDED)

LIFECYCLE = Lifecycle(
    ItemListState.DRAFT,
    [
        Transition("items", ItemListState.DRAFT, None, "item_list:draft"),
        Transition(
            "submit",
            ItemListState.DRAFT,
            ItemListState.LEGAL_REVIEW,
            "item_list:draft",
            needs="at least one item",
        ),
        Transition(
            "review",
            ItemListState.LEGAL_REVIEW,
            ItemListState.COUNCIL,
            "item_list:review",
            needs="another person than who drew it up",
        ),
        Transition(
            "return",
            (ItemListState.LEGAL_REVIEW, ItemListState.COUNCIL),
            ItemListState.DRAFT,
            "item_list:review",
            needs="a reason",
        ),
        Transition("decide", ItemListState.COUNCIL, None, "item_list:publish"),
        Transition(
            "publish",
            ItemListState.COUNCIL,
            ItemListState.PUBLISHED,
            "item_list:publish",
            needs="the council's decision, and every power and delegation in force",
        ),
        Transition("evaluate", ItemListState.PUBLISHED, None, "item_list:evaluate"),
        Transition(
            "supersede",
            ItemListState.PUBLISHED,
            ItemListState.SUPERSEDED,
            needs="the next list published",
        ),
        Transition("withdraw", PREPARING, ItemListState.WITHDRAWN, "item_list:draft"),
    ],
    terminal=(ItemListState.SUPERSEDED, ItemListState.WITHDRAWN),
)


class ItemListNotForTownship(Refused):
    """Townships and subdistricts have such lists."""

    code = "item-list-not-for-a-township"
    status = 422
    zh = "事项清单只由乡镇（街道）编制：{division} 不是乡镇（街道）。"
    en = "Item lists are those of townships; {division} is none."


class ItemListInPreparation(Refused):
    """One list of a township is prepared at a time."""

    code = "item-list-in-preparation"
    zh = "该乡镇（街道）已有正在编制的清单。"
    en = "A list of this township is being prepared already."


class ItemListPublished(Refused):
    """Another list of the township was published meanwhile."""

    code = "item-list-published-already"
    zh = "该乡镇（街道）的另一份清单刚刚公布。"
    en = "Another list of this township has just been published."


class ItemListClosed(Refused):
    """What was submitted changes no more, unless it is returned."""

    code = "item-list-closed"
    zh = "清单已提交或公布，事项不得变更；须退回或编制新版。"
    en = "The list is no draft any more; its items change in the next version only."


class ItemListEmpty(Refused):
    """A list without items is none."""

    code = "item-list-empty"
    status = 422
    zh = "清单没有事项。"
    en = "The list has no items."


class ItemListSelfReview(Refused):
    """Who drew it up does not review it."""

    code = "item-list-self-review"
    zh = "编制人不得审核自己编制的清单。"
    en = "Who drew up the list cannot review it."


class CouncilDecisionMissing(Refused):
    """A list is published by a decision of the council (会议审议)."""

    code = "item-list-without-council-decision"
    zh = "尚未登记会议审议决定。"
    en = "The council's decision has not been recorded."


class ItemListUnfounded(Refused):
    """A power has been repealed meanwhile, or a delegation has ended."""

    code = "item-list-unfounded"
    zh = "清单所列职权有已废止的，或者委托已终止，须退回修改。"
    en = "A power or delegation listed is not in force any more; the list has to be returned."


class EffectiveDayInvalid(Refused):
    """A list is in force from the decision on, and from today at the latest."""

    code = "item-list-effective-day-invalid"
    status = 422
    zh = "生效日期 {effective_from} 须不早于 {after}，且不晚于今天。"
    en = "The first day {effective_from} must not be before {after}, nor to come."


class DecisionDayInvalid(Refused):
    """What was decided was decided by today."""

    code = "item-list-day-to-come"
    status = 422
    zh = "日期 {on} 尚未到来。"
    en = "The day {on} is still to come."


def may_prepare(*, is_township: bool, division: str) -> None:
    """Lists are those of townships and subdistricts."""
    if not is_township:
        raise ItemListNotForTownship(division=division)


def may_edit(*, state: str) -> None:
    """Items are those of a draft; a published list never changes."""
    if state != ItemListState.DRAFT:
        raise ItemListClosed


def may_submit(*, items: int) -> None:
    """A list without items is none."""
    if not items:
        raise ItemListEmpty


def may_review(*, reviewer: str, authors: Collection[str]) -> None:
    """合法性审核 is the decision of somebody who had no hand in the list."""
    if reviewer in authors:
        raise ItemListSelfReview


def has_been(on: date, *, today: date) -> None:
    """A day on which something was decided or found is not to come."""
    if on > today:
        raise DecisionDayInvalid(on=on.isoformat())


def may_publish(*, decided_on: date | None, founded: bool) -> None:
    """After the council, and with no power or delegation that has ended meanwhile."""
    if decided_on is None:
        raise CouncilDecisionMissing
    if not founded:
        raise ItemListUnfounded


def may_take_effect(
    *, effective_from: date, decided_on: date, former: date | None, today: date
) -> None:
    """From the decision on, not before the list that it supersedes (`former`), and by today."""
    after = max(decided_on, former or decided_on)
    if not after <= effective_from <= today:
        raise EffectiveDayInvalid(
            effective_from=effective_from.isoformat(), after=after.isoformat()
        )


def allowed_actions(
    *,
    state: str,
    permissions: Collection[str],
    caller: str,
    authors: Collection[str],
    items: int,
    decided: bool,
    founded: bool,
) -> list[str]:
    """What somebody in charge may do now; `founded`: what its items rest on is in force."""
    barred = set()
    if not items:
        barred.add("submit")
    if caller in authors:
        barred.add("review")
    if not (decided and founded):
        barred.add("publish")
    return [a for a in LIFECYCLE.allowed_actions(state, permissions) if a not in barred]
