"""Gateways of the operator's: where messages become SMS or lines of an enterprise chat."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, LargeBinary, text
from sqlalchemy.orm import Mapped, mapped_column

from services.notify.db import Base, one_of
from services.notify.gateways.rules import GatewayState, GatewayThere
from shared.db import Versioned, new_id
from shared.sealing import sealed_as


class Gateway(Versioned, Base):
    """A receiver that passes messages on to people. The installation's, no division's."""

    __tablename__ = "gateway"
    __table_args__ = (
        CheckConstraint(one_of("state", GatewayState), name="state"),
        # One way a channel: nobody gets the same message twice.
        Index(
            "uq_gateway_channel",
            "channel",
            unique=True,
            postgresql_where=text("state <> 'removed'"),
            info={"refusal": GatewayThere},
        ),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    name: Mapped[str]
    channel: Mapped[str]
    url: Mapped[str]
    secret: Mapped[bytes] = mapped_column(LargeBinary, info=sealed_as("gateway.secret"))
    """Sealed."""
    state: Mapped[str]
    created_by: Mapped[str]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]
