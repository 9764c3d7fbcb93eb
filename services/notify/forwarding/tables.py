"""How far messages were looked at to be sent on."""

from sqlalchemy import BigInteger
from sqlalchemy.orm import Mapped, mapped_column

from services.notify.db import Base


class ForwardingMark(Base):
    """One row: the place in our own log up to which every message was sent on, or to nobody."""

    __tablename__ = "forwarding_mark"

    id: Mapped[int] = mapped_column(primary_key=True)
    log_index: Mapped[int] = mapped_column(BigInteger)
