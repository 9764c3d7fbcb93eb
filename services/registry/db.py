"""The base of the registry's tables."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import ColumnElement, MetaData, and_, literal_column, or_, select
from sqlalchemy.orm import DeclarativeBase

from shared.db import NAMING, TYPES, Scope, Scoped
from shared.law.tables import Division


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = TYPES


def one_of(column: str, keys: Iterable[str]) -> str:
    """The check that a column holds one of the keys of an enumeration."""
    return f"{column} IN ({', '.join(repr(str(key)) for key in keys)})"


def in_division(table: type[Scoped], code: str, day: date | None = None) -> ColumnElement[bool]:
    """The filter `division=`: what belongs to a division and to those below it.

    With a day, to those that were below it then: rows move along with a township, so that its
    former district is found in the dated tree only.
    """
    match len(code):
        case 6 if day is not None:
            below = select(Division.code).where(
                Division.parent == code,
                Division.valid_from <= day,
                or_(Division.valid_to.is_(None), Division.valid_to > day),
            )
            own = and_(table.township.is_(None), table.district == code)
            return or_(own, table.township.in_(below))
        case 6:
            return table.district == code
        case 9:
            return table.township == code
        case _:
            # Literal: `false()` would swallow the rest of the WHERE, and `visible` with it.
            return literal_column("true" if code == Scope().city else "false")
