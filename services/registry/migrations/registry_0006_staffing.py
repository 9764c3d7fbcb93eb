"""staffing plans"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "registry_0006"
down_revision = "registry_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "staffing_plan",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("body_kind", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("headcount", sa.Integer(), nullable=False),
        sa.Column("approval_no", sa.Text(), nullable=True),
        sa.Column("approved_on", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("filed_by", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("short_since", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "body_kind IN ('supervision_authority', 'enforcement_subject')",
            name=op.f("ck_staffing_plan_body_kind"),
        ),
        sa.CheckConstraint(
            "level IN ('city', 'district', 'township')", name=op.f("ck_staffing_plan_level")
        ),
        sa.CheckConstraint(
            "state IN ('filed', 'approved', 'withdrawn', 'closed')",
            name=op.f("ck_staffing_plan_state"),
        ),
        sa.CheckConstraint(
            "state IN ('filed', 'withdrawn') OR num_nulls(approval_no, approved_on) = 0",
            name=op.f("ck_staffing_plan_approved"),
        ),
        sa.CheckConstraint("headcount > 0", name=op.f("ck_staffing_plan_headcount")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_staffing_plan")),
    )
    op.create_index("ix_staffing_plan_district", "staffing_plan", ["district", "id"], unique=False)
    op.create_index(
        "ix_staffing_plan_parties",
        "staffing_plan",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index("ix_staffing_plan_township", "staffing_plan", ["township", "id"], unique=False)
    op.create_index(
        "uq_staffing_plan_year",
        "staffing_plan",
        ["division", "body_kind", "year"],
        unique=True,
        postgresql_where=sa.text("state IN ('filed', 'approved', 'closed')"),
    )
