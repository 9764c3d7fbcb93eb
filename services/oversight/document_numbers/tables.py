"""Where each run of document numbers stands."""

from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import Base


class DocumentSeries(Base):
    """The last number of a run: one of a prefix and word in a year.

    Taken in the transaction that signs: one that fails gives its number back, so there are no gaps.
    """

    __tablename__ = "document_series"

    series: Mapped[str] = mapped_column(primary_key=True)
    year: Mapped[int] = mapped_column(primary_key=True)
    last: Mapped[int]
