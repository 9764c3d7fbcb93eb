"""Decisions about procedures: values in, `Refused` out."""

from collections.abc import Hashable, Sequence

from services.registry.item_lists.rules import PREPARING, ItemListState
from shared.refusals import Conflict, Refused

LISTED = (*PREPARING, ItemListState.PUBLISHED)


class ProcedureOfFormerItem(Refused):
    """A procedure is laid down for an item that is in force, or will be."""

    code = "procedure-of-a-former-item"
    zh = "该事项所属清单已被取代或撤回，不得再规定运行机制。"
    en = "The item's list was superseded or withdrawn; lay down the procedure at its present item."


class UnitRepeated(Refused):
    """A unit leads, or supports, once."""

    code = "procedure-unit-repeated"
    status = 422
    zh = "同一单位不得重复列为牵头或配合单位：{name}。"
    en = "A unit leads or supports once; {name} is named twice."


class UnitNameless(Refused):
    """A unit is named, by its subject or by words."""

    code = "procedure-unit-nameless"
    status = 422
    zh = "牵头单位和配合单位须写明名称或关联执法主体。"
    en = "A unit is named by its subject or by words."


class UnitUnknown(Refused):
    """The subject is none that is published in the township, its district or the city."""

    code = "procedure-unit-unknown"
    status = 422
    zh = "所列单位不是本乡镇（街道）、所属区县或市级已公示的执法主体。"
    en = "A unit is no published subject of the township, of its district or of the city."


class ProcedureChanged(Conflict):
    """Somebody else laid it down at the same time."""

    code = "procedure-changed"
    zh = "他人同时确定了该事项的程序，请重新读取后再试。"
    en = "Somebody else laid the procedure down at the same time; read it again."


def may_lay_down(*, list_state: str) -> None:
    """Not for an item of the past."""
    if list_state not in LISTED:
        raise ProcedureOfFormerItem


def may_take_part(*, units: Sequence[tuple[Hashable, str]]) -> None:
    """`units` by what they are told apart by, and their names: each once, the lead among them."""
    seen = set()
    for key, name in units:
        if key in seen:
            raise UnitRepeated(name=name)
        seen.add(key)
