"""What became known that acts may wait for."""

from uuid import UUID

from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import Base


class ReferenceTold(Base):
    """A reference that became known and that acts may wait for; gone when they were looked at.

    As acts name it (`subject:…`), or `power:organisation:code`, or `list:township`.
    """

    __tablename__ = "act_reference_told"

    reference: Mapped[str] = mapped_column(primary_key=True)
    looked_to: Mapped[UUID | None]
    """The last act that was looked at again for it; the acts behind are still to be."""
