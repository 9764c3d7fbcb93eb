"""What became known that acts may wait for."""

from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import Base


class ReferenceTold(Base):
    """A reference that became known and that acts may wait for; gone when they were looked at."""

    __tablename__ = "act_reference_told"

    reference: Mapped[str] = mapped_column(primary_key=True)
