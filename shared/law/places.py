"""Where rows are: the filters `division=` and `direct=`, which every list takes alike."""

from datetime import date
from typing import Annotated, Any

from pydantic import Field
from sqlalchemy import ColumnElement, and_, func, literal_column, or_, select

from shared.db import Scope
from shared.law.tables import Division

CITY = Scope().city

Direct = Annotated[
    bool,
    Field(description="With `division`: only what belongs to it itself, and not to those below it"),
]
"""A query's parameter `direct`."""


def in_division(
    table: Any, code: str, day: date | None = None, *, direct: bool = False
) -> ColumnElement[bool]:
    """What belongs to a division and to those below it, or with `direct` to itself alone.

    With a day, to those that were below it then: rows move along with a township, so that its
    former district is found in the dated tree only.
    """
    # Literal: `false()` would swallow the rest of the WHERE, and `visible` with it.
    found: ColumnElement[bool] = literal_column("true" if code == CITY else "false")
    match len(code):
        case 2 if direct and code == CITY:
            found = table.district.is_(None)
        case 6:
            found = table.district == code
            if direct:
                found = and_(table.township.is_(None), found)
            elif day is not None:
                below = select(Division.code).where(Division.parent == code, _in_force(day))
                own = and_(table.township.is_(None), found)
                found = or_(own, table.township.in_(below))
        case 9:
            found = table.township == code
    return found


def district_of(table: Any, day: date | None = None) -> ColumnElement[str]:
    """The district that a row lies in (with a day: lay in), or the city whose own it is."""
    district = table.district
    if day is not None:
        then = select(Division.parent).where(Division.code == table.township, _in_force(day))
        district = func.coalesce(then.scalar_subquery(), district)
    return func.coalesce(district, literal_column(f"'{CITY}'"))


def smallest_of(table: Any) -> ColumnElement[str]:
    """The smallest division that a row belongs to."""
    return func.coalesce(table.township, table.district, literal_column(f"'{CITY}'"))


def _in_force(day: date) -> ColumnElement[bool]:
    return and_(
        Division.valid_from <= day, or_(Division.valid_to.is_(None), Division.valid_to > day)
    )
