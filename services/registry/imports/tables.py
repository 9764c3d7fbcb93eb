"""Imports: a file that was handed in, how far it is, and what is wrong with its rows."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary
from sqlalchemy.orm import Mapped, mapped_column

from services.registry.db import Base, one_of
from services.registry.imports.rules import Accept, ImportState
from shared.db import Scoped, Versioned, new_id, scope_indexes
from shared.sealing import sealed_as

SEALED_AS = "import_content.content"
"""What a file is sealed for."""


class Import(Versioned, Scoped, Base):
    """A file whose rows are to be loaded. It lies in the division of who sent it."""

    __tablename__ = "import"
    __table_args__ = (
        *scope_indexes("import"),
        Index("ix_import_organisation", "organisation"),
        CheckConstraint(one_of("state", ImportState), name="state"),
        CheckConstraint(one_of("accept", Accept), name="accept"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    kind: Mapped[str]
    file_type: Mapped[str]
    """`csv` or `xlsx`."""
    digest: Mapped[str]
    """SHA-256 of the file, in hexadecimal."""
    accept: Mapped[str]
    dry_run: Mapped[bool]
    backfill: Mapped[bool]
    state: Mapped[str]
    organisation: Mapped[str | None]
    """Credit code of the body that the sender works for."""
    created_by: Mapped[str]
    sender: Mapped[dict[str, Any]]
    """Roles, division, organisation and domains as the token said them: the rows are judged by
    them, however long that takes."""
    header: Mapped[list[str]]
    """The columns' names as the file has them; empty until it was read."""
    rows: Mapped[int]
    checked: Mapped[int]
    wrong: Mapped[int]
    applied: Mapped[int]
    batches: Mapped[int]
    worked: Mapped[int]
    """Batches that are dealt with; with all or nothing, as far as it has got."""
    problem: Mapped[dict[str, Any] | None]
    """Why the file was not read: code, zh, en and details."""
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class ImportContent(Base):
    """The file in pieces from 0 down, then instead of it its rows in batches from 1 up; gone at the
    end.

    Sealed: it may hold identity numbers. Read by the import's timer only. Without a foreign key,
    which would lock the import against being cancelled for as long as a step takes.
    """

    __tablename__ = "import_content"

    import_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary, info=sealed_as(SEALED_AS))


class RowError(Base):
    """What is wrong with a row. Read through its import only, which is scoped; no foreign key, as
    above."""

    __tablename__ = "import_error"
    __table_args__ = (Index("ix_import_error_import_id", "import_id", "row", "id"),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    import_id: Mapped[UUID]
    row: Mapped[int]
    field: Mapped[str | None]
    code: Mapped[str]
    zh: Mapped[str]
    en: Mapped[str]
