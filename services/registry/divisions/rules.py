"""Decisions about divisions: values in, `Refused` out."""

from datetime import date

from shared.law.divisions import Level
from shared.refusals import Refused


class MoveNotOfTownship(Refused):
    """Only townships change district."""

    code = "division-move-not-a-township"
    status = 422
    zh = "只有乡镇（街道）可以调整所属区县。"
    en = "Only a township can move to another district."


class MoveNotToDistrict(Refused):
    """The new parent is no district, or the present one."""

    code = "division-move-not-to-another-district"
    status = 422
    zh = "调入地 {parent} 须为另一个有效的区县。"
    en = "The new parent {parent} must be another district in force."


class MoveNotOnDay(Refused):
    """The day is to come, or not after the beginning of the present record."""

    code = "division-move-day"
    status = 422
    zh = "调整日期 {on} 须晚于 {after} 且不晚于今天。"
    en = "The day of the move {on} must be after {after} and not after today."


class DivisionEnded(Refused):
    """A division that has ended moves no more."""

    code = "division-ended"
    zh = "该区划已撤销。"
    en = "The division has ended."


def may_move(
    *,
    level: str,
    began: date,
    ended: bool,
    parent: str | None,
    to: str,
    to_level: str,
    on: date,
    today: date,
) -> None:
    """A township moves to another district on a day within its present record, up to today.

    An announced move is recorded on its day: rows of every service change district then.
    """
    if level != Level.TOWNSHIP:
        raise MoveNotOfTownship
    if ended:
        raise DivisionEnded
    if to_level != Level.DISTRICT or to == parent:
        raise MoveNotToDistrict(parent=to)
    if not began < on <= today:
        raise MoveNotOnDay(on=on.isoformat(), after=began.isoformat())
