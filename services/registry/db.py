"""The base of the registry's tables."""

from collections.abc import Iterable

from sqlalchemy import ColumnElement, MetaData, literal_column
from sqlalchemy.orm import DeclarativeBase

from shared.db import NAMING, TYPES, Scope, Scoped


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = TYPES


def one_of(column: str, keys: Iterable[str]) -> str:
    """The check that a column holds one of the keys of an enumeration."""
    return f"{column} IN ({', '.join(repr(str(key)) for key in keys)})"


def in_division(table: type[Scoped], code: str) -> ColumnElement[bool]:
    """The filter `division=`: what belongs to a division and to those below it."""
    match len(code):
        case 6:
            return table.district == code
        case 9:
            return table.township == code
        case _:
            # Literal: `false()` would swallow the rest of the WHERE, and `visible` with it.
            return literal_column("true" if code == Scope().city else "false")
