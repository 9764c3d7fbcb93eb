"""The bodies that issue documents."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import Index
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.db import Base
from services.oversight.document_issuers.rules import IssuerExists, PrefixTaken
from shared.db import Scoped, Versioned, new_id, scope_indexes


class DocumentIssuer(Scoped, Versioned, Base):
    """A supervising body (发文机关) with its name and the prefix of its numbers (机关代字)."""

    __tablename__ = "document_issuer"
    __table_args__ = (
        *scope_indexes("document_issuer"),
        Index(
            "uq_document_issuer_division",
            "division",
            unique=True,
            info={"refusal": IssuerExists},
        ),
        Index("uq_document_issuer_prefix", "prefix", unique=True, info={"refusal": PrefixTaken}),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    division: Mapped[str]
    name: Mapped[str]
    prefix: Mapped[str]
    registered_at: Mapped[datetime]
    registered_by: Mapped[str]
