"""The tables' common ground: their base, and what every row about a subject says."""

from collections.abc import Iterable
from uuid import UUID

from sqlalchemy import ForeignKey, MetaData
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from shared.db import NAMING, TYPES, Scoped
from shared.events.oversight import Level


class Base(DeclarativeBase):
    """Base of the tables that only oversight has."""

    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = TYPES


def level_name(division: str) -> Level:
    """The level of a division, as facts name it."""
    match len(division):
        case 9:
            return "township"
        case 6:
            return "district"
        case _:
            return "bureau"


def one_of(column: str, keys: Iterable[str]) -> str:
    """The check that a column holds one of the keys of an enumeration."""
    return f"{column} IN ({', '.join(repr(str(key)) for key in keys)})"


class InHands(Scoped):
    """A row about somebody, in the hands of a supervising body."""

    domains: Mapped[list[str]] = mapped_column(default=list)
    division: Mapped[str]
    """Whole code of the division of whom it is about."""
    authority: Mapped[str]
    """Whole code of the division whose supervisors handle it; those above them may too."""

    @property
    def authority_level(self) -> Level:
        """The level of `authority`, as facts name it."""
        return level_name(self.authority)

    @property
    def credit_code(self) -> str | None:
        """Of whom it is about; None of a government, which its division's supervisors speak for."""
        raise NotImplementedError


class AboutSubject(InHands):
    """One about an enforcement subject."""

    subject_id: Mapped[UUID] = mapped_column(ForeignKey("subject_view.id"))
    subject_name: Mapped[str]
    """As it was called then."""

    @property
    def credit_code(self) -> str:
        """The subject's credit code."""
        raise NotImplementedError
