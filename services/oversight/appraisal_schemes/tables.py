"""Schemes of appraisal: what a year's appraisal by a division looks at, edition by edition."""

from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import CheckConstraint, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from services.oversight.appraisal_schemes.rules import (
    Appraised,
    SchemeAdoptedMeanwhile,
    SchemeDraftExists,
    SchemeState,
)
from services.oversight.db import Base, one_of
from shared.db import Scoped, Versioned, new_id, scope_indexes


class AppraisalScheme(Versioned, Scoped, Base):
    """An edition of the scheme of a division and a year for those of a kind; what was adopted is
    never changed."""

    __tablename__ = "appraisal_scheme"
    __table_args__ = (
        *scope_indexes("appraisal_scheme"),
        Index(
            "uq_appraisal_scheme_edition",
            *("division", "year", "appraised", "edition"),
            unique=True,
            info={"refusal": SchemeDraftExists},
        ),
        Index(
            "uq_appraisal_scheme_drafted",
            *("division", "year", "appraised"),
            unique=True,
            postgresql_where=text("state = 'drafted'"),
            info={"refusal": SchemeDraftExists},
        ),
        Index(
            "uq_appraisal_scheme_adopted",
            *("division", "year", "appraised"),
            unique=True,
            postgresql_where=text("state = 'adopted'"),
            info={"refusal": SchemeAdoptedMeanwhile},
        ),
        CheckConstraint(one_of("state", SchemeState), name="state"),
        CheckConstraint(one_of("appraised", Appraised), name="appraised"),
        CheckConstraint("appraised <> 'districts' OR district IS NULL", name="from_above"),
        CheckConstraint("township IS NULL", name="county_or_above"),
        CheckConstraint("NOT (adopted_by = ANY (authors))", name="two_hands"),
    )

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    division: Mapped[str]
    year: Mapped[int]
    appraised: Mapped[str] = mapped_column(server_default=Appraised.SUBJECTS)
    """The kind of those that it is for."""
    edition: Mapped[int]
    title: Mapped[str]
    basis: Mapped[list[str]]
    indicators: Mapped[list[dict[str, Any]]]
    """`{code, name, criteria, weight, source, measure, target, deduct, finding_codes}` each."""
    vetoes: Mapped[list[dict[str, Any]]]
    """`{code, name, measure, at_least, finding_codes}` each; without a measure a person says so."""
    authors: Mapped[list[str]]
    state: Mapped[str]
    reason: Mapped[str | None]
    """Why it was discarded."""
    adopted_by: Mapped[str | None]
    adopted_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]

    @property
    def weights(self) -> list[Decimal]:
        return [Decimal(indicator["weight"]) for indicator in self.indicators]
