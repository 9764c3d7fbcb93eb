"""Where the numbers of issues come from."""

from sqlalchemy import BigInteger, Sequence, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from services.escalation.db import Base

ISSUE_NUMBER = Sequence("issue_number", metadata=Base.metadata)
"""Never waits and never gives a number twice; a year's numbers count from its `IssueYear`."""


class IssueYear(Base):
    """Where the numbers of a year begin: written for the first issue of the year."""

    __tablename__ = "issue_year"

    year: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    base: Mapped[int] = mapped_column(BigInteger)
