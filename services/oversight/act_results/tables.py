"""What became of each record that was sent."""

from typing import Any
from uuid import UUID

from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import Base


class ActBatchChunk(Base):
    """What became of the records of a chunk. Read through its batch only, which is scoped."""

    __tablename__ = "act_batch_chunk"

    batch_id: Mapped[UUID] = mapped_column(primary_key=True)
    number: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    last_line: Mapped[int]
    results: Mapped[list[Any]] = mapped_column(JSONB)
    """`[line, external_id, outcome, act_id, problems]` each; a problem is `[code, field, zh,
    en]`."""
