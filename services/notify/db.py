"""Base of notify's tables."""

from collections.abc import Iterable

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

from shared.db import NAMING, TYPES


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = TYPES


def one_of(column: str, keys: Iterable[str]) -> str:
    """The check that a column holds one of the keys of an enumeration."""
    return f"{column} IN ({', '.join(repr(str(key)) for key in keys)})"
