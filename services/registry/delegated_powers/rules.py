"""Decisions about what can be delegated: values in, `Refused` out."""

from collections.abc import Collection, Sequence
from uuid import UUID

from shared.refusals import Refused


class PowerPassedOn(Refused):
    """What is held by delegation is not delegated on."""

    code = "delegation-passed-on"
    status = 422
    zh = "受委托的职权不得再委托（{powers}）：《中华人民共和国行政处罚法》第二十条。"
    en = (
        "What is held by delegation is not delegated on ({powers}):"
        " art. 20 of the Administrative Penalty Law."
    )
    basis = "《中华人民共和国行政处罚法》第二十条"


class PowerNotHeld(Refused):
    """Only what one holds can be delegated."""

    code = "delegation-power-not-held"
    status = 422
    zh = "委托机关不具有该职权（{powers}），只能在法定权限内委托。"
    en = "The delegator does not hold {powers}; only what one holds can be delegated."
    basis = "《中华人民共和国行政处罚法》第二十条"


class DelegationOverlaps(Refused):
    """One of the powers is delegated already, for the same place and time."""

    code = "delegation-overlaps"
    zh = "所列职权在同一区域、同一期间内已有委托。"
    en = "One of the powers is delegated already in a part of that place and period."


def may_hand_over(
    *, asked: Sequence[UUID], held: Collection[UUID], by_delegation: Collection[UUID]
) -> None:
    """Only held powers; `by_delegation` are those that the delegator has as a trustee."""
    if passed_on := [id for id in asked if id not in held and id in by_delegation]:
        raise PowerPassedOn(powers=", ".join(map(str, passed_on)))
    if missing := [id for id in asked if id not in held]:
        raise PowerNotHeld(powers=", ".join(map(str, missing)))
