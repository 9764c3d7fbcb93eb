"""How far each year's numbers of a kind of matter have come."""

from sqlalchemy import SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.db import Base


class NumberSeries(Base):
    """The last number that was given of a series in a year."""

    __tablename__ = "number_series"

    series: Mapped[str] = mapped_column(primary_key=True)
    """The characters before the year: 渝诉."""
    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    last: Mapped[int]
