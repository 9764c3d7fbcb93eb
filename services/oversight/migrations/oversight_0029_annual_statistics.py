"""annual statistics"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "oversight_0029"
down_revision = "oversight_0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "annual_statistics",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("compiled_by", sa.Text(), nullable=False),
        sa.Column("compiled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.Text(), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('compiled', 'returned', 'confirmed', 'published', 'superseded')",
            name=op.f("ck_annual_statistics_state"),
        ),
        sa.CheckConstraint(
            "confirmed_by <> compiled_by AND published_by <> compiled_by",
            name=op.f("ck_annual_statistics_two_hands"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_annual_statistics")),
        sa.UniqueConstraint(
            "division", "year", "edition", name=op.f("uq_annual_statistics_division_year_edition")
        ),
    )
    op.create_index(
        "ix_annual_statistics_district", "annual_statistics", ["district", "id"], unique=False
    )
    op.create_index(
        "ix_annual_statistics_parties",
        "annual_statistics",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_annual_statistics_township", "annual_statistics", ["township", "id"], unique=False
    )
    op.create_index(
        "uq_annual_statistics_open",
        "annual_statistics",
        ["division", "year"],
        unique=True,
        postgresql_where=sa.text("state IN ('compiled', 'returned', 'confirmed')"),
    )
    op.create_index(
        "uq_annual_statistics_published",
        "annual_statistics",
        ["division", "year"],
        unique=True,
        postgresql_where=sa.text("state = 'published'"),
    )
