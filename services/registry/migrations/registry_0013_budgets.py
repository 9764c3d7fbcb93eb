"""budget lines"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "registry_0013"
down_revision = "registry_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "budget_line",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("in_budget", sa.Boolean(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=16, scale=2), nullable=False),
        sa.Column("appropriated", sa.Numeric(precision=16, scale=2), nullable=True),
        sa.Column("spent", sa.Numeric(precision=16, scale=2), nullable=False),
        sa.Column("overspent_reason", sa.Text(), nullable=True),
        sa.Column("document_no", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("drafted_by", sa.Text(), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "(appropriated IS NOT NULL) = (state IN ('approved', 'executed', 'closed'))",
            name=op.f("ck_budget_line_appropriated"),
        ),
        sa.CheckConstraint(
            "level IN ('city', 'district', 'township')", name=op.f("ck_budget_line_level")
        ),
        sa.CheckConstraint(
            "purpose IN ('enforcement', 'supervision')", name=op.f("ck_budget_line_purpose")
        ),
        sa.CheckConstraint(
            "source IN ('own_budget', 'transfer', 'other')", name=op.f("ck_budget_line_source")
        ),
        sa.CheckConstraint(
            "state IN ('drafted', 'submitted', 'approved', 'executed', 'closed', 'withdrawn')",
            name=op.f("ck_budget_line_state"),
        ),
        sa.CheckConstraint("amount > 0 AND spent >= 0", name=op.f("ck_budget_line_amounts")),
        sa.CheckConstraint(
            "spent = 0 OR spent <= appropriated OR overspent_reason IS NOT NULL",
            name=op.f("ck_budget_line_overspent"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_line")),
    )
    op.create_index("ix_budget_line_district", "budget_line", ["district", "id"], unique=False)
    op.create_index("ix_budget_line_organisation", "budget_line", ["organisation"], unique=False)
    op.create_index(
        "ix_budget_line_parties", "budget_line", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_budget_line_township", "budget_line", ["township", "id"], unique=False)
    op.create_index(
        "uq_budget_line_year",
        "budget_line",
        ["division", "organisation", "year", "purpose", "source"],
        unique=True,
        postgresql_nulls_not_distinct=True,
        postgresql_where=sa.text(
            "state IN ('drafted', 'submitted', 'approved', 'executed', 'closed')"
        ),
    )
    op.create_table(
        "budget_spending",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("budget_id", sa.Uuid(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=16, scale=2), nullable=False),
        sa.Column("spent_on", sa.Date(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("amount > 0", name=op.f("ck_budget_spending_amount")),
        sa.ForeignKeyConstraint(
            ["budget_id"], ["budget_line.id"], name=op.f("fk_budget_spending_budget_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_budget_spending")),
    )
    op.create_index(
        "ix_budget_spending_budget_id", "budget_spending", ["budget_id", "id"], unique=False
    )
