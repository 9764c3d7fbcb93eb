"""Decisions about the items of a list: values in, `Refused` out."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any
from uuid import UUID

from shared.refusals import Refused
from shared.vocabulary import Term

MOST_ITEMS = 1_000
"""Of one list; the longest that is known has about 150."""


class ItemKind(Term):
    """By what right a township exercises an item."""

    STATUTORY = "statutory", "法定"
    EMPOWERED = "empowered", "赋权"
    ENTRUSTED = "entrusted", "委托"


class ItemListTooLong(Refused):
    """More items than a list can hold."""

    code = "item-list-too-long"
    status = 422
    zh = "一份清单最多 {most} 项。"
    en = "A list holds {most} items at most."


class ItemCodeRepeated(Refused):
    """An item stands once in a list."""

    code = "item-code-repeated"
    status = 422
    zh = "清单中的事项编码重复。"
    en = "An item code stands twice in the list."


class ItemIncomplete(Refused):
    """What the power does not say, the item has to."""

    code = "item-incomplete"
    status = 422
    zh = "事项须关联职权，或填写：{missing}。"
    en = "An item names a power, or says itself: {missing}."


class ItemPowerUnknown(Refused):
    """The power is none in force of the township, its district or the city."""

    code = "item-power-unknown"
    status = 422
    zh = "所列职权不是本乡镇（街道）、所属区县或市级的有效职权。"
    en = "A power listed is none in force of the township, of its district or of the city."


class ItemPowerOfAnother(Refused):
    """A statutory item is a power that the township holds itself."""

    code = "item-power-not-statutory"
    status = 422
    zh = "法定事项须为本乡镇（街道）自身的职权：{code}。"
    en = "A statutory item is a power of the township's own; {code} is held by another body."


class ItemPowerNotForTownships(Refused):
    """Only what may be handed down is handed down."""

    code = "item-power-not-for-townships"
    status = 422
    zh = "该职权不可下放乡镇（街道）：{code}。"
    en = "The power {code} may not be handed down to a township."
    basis = "《中华人民共和国行政处罚法》第二十四条"


class ItemWithoutDelegation(Refused):
    """An entrusted item rests on a delegation."""

    code = "item-without-delegation"
    status = 422
    zh = "委托事项须关联委托书，其他事项不得关联：{code}。"
    en = "An entrusted item refers to its delegation, and no other item does: {code}."


class ItemDelegationUnknown(Refused):
    """The delegation is none in force for the township, or not of that power."""

    code = "item-delegation-unknown"
    status = 422
    zh = "所列委托不是本乡镇（街道）现行有效的委托，或未包含该职权。"
    en = "The delegation is none in force for the township, or does not cover the power."


def may_hold(*, codes: Sequence[str], beside: int = 0) -> None:
    """`codes` are of the items to be written, `beside` the number of those that stay."""
    if len(codes) + beside > MOST_ITEMS:
        raise ItemListTooLong(most=MOST_ITEMS)
    if len(set(codes)) < len(codes):
        raise ItemCodeRepeated


def may_name(*, said: Mapping[str, Any]) -> None:
    """An item without a power says itself what it is."""
    if missing := [name for name, value in said.items() if not value]:
        raise ItemIncomplete(missing=missing)


def reaches(
    *, district: str | None, township: str | None, in_district: str | None, in_township: str | None
) -> bool:
    """Whether what lies at a place can be listed in a township: its own, its district's, the
    city's."""
    return district in (None, in_district) and township in (None, in_township)


def may_list(*, kind: str, code: str, own: bool, township_allowed: bool) -> None:
    """`own` says whether the township itself holds the power in force."""
    if kind == ItemKind.STATUTORY and not own:
        raise ItemPowerOfAnother(code=code)
    if kind == ItemKind.EMPOWERED and not township_allowed:
        raise ItemPowerNotForTownships(code=code)


def may_rest_on(*, kind: str, code: str, delegation_id: UUID | None, power_id: UUID | None) -> None:
    """规范委托执法: an entrusted item names the delegation and the power; no other a delegation."""
    if (kind == ItemKind.ENTRUSTED) is (delegation_id is None):
        raise ItemWithoutDelegation(code=code)
    if delegation_id is not None and power_id is None:
        raise ItemIncomplete(missing=["power_id"])


def may_be_entrusted(*, power_id: UUID | None, delegated: Collection[UUID] | None) -> None:
    """`delegated` are the powers of a delegation in force there, None if there is none."""
    if delegated is None or power_id not in delegated:
        raise ItemDelegationUnknown


def difference(
    before: Mapping[str, Mapping[str, Any]], after: Mapping[str, Mapping[str, Any]]
) -> tuple[list[str], list[str], dict[str, dict[str, list[Any]]]]:
    """Codes added and removed, and of what stayed the fields that changed: [before, after]."""
    changed = {}
    for code in before.keys() & after.keys():
        one, other = before[code], after[code]
        if fields := {name: [one[name], other[name]] for name in one if one[name] != other[name]}:
            changed[code] = fields
    return sorted(after.keys() - before.keys()), sorted(before.keys() - after.keys()), changed
