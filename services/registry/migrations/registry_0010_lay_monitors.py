"""lay monitors and grid cells"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "registry_0010"
down_revision = "registry_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "grid",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_grid")),
    )
    op.create_index("ix_grid_district", "grid", ["district", "id"], unique=False)
    op.create_index("ix_grid_parties", "grid", ["parties"], unique=False, postgresql_using="gin")
    op.create_index("ix_grid_township", "grid", ["township", "id"], unique=False)
    op.create_index("uq_grid_division_code", "grid", ["division", "code"], unique=True)
    op.create_table(
        "lay_monitor",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("affiliation", sa.Text(), nullable=True),
        sa.Column("specialities", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("identity_index", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("nominated_by", sa.Text(), nullable=False),
        sa.Column("vetted_by", sa.Text(), nullable=True),
        sa.Column("checks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("term_from", sa.Date(), nullable=True),
        sa.Column("term_to", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("search_pairs", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "source IN ('peoples_congress', 'cppcc', 'lawyer', 'scholar', 'enterprise',"
            " 'media', 'public', 'other')",
            name=op.f("ck_lay_monitor_source"),
        ),
        sa.CheckConstraint(
            "state IN ('nominated', 'vetted', 'appointed', 'on_leave', 'ended', 'dismissed',"
            " 'refused')",
            name=op.f("ck_lay_monitor_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('appointed', 'on_leave') OR num_nulls(term_from, term_to) = 0",
            name=op.f("ck_lay_monitor_term"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lay_monitor")),
    )
    op.create_index("ix_lay_monitor_account", "lay_monitor", ["account"], unique=False)
    op.create_index("ix_lay_monitor_district", "lay_monitor", ["district", "id"], unique=False)
    op.create_index(
        "ix_lay_monitor_parties", "lay_monitor", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_lay_monitor_search_pairs",
        "lay_monitor",
        ["search_pairs"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index("ix_lay_monitor_township", "lay_monitor", ["township", "id"], unique=False)
    op.create_index(
        "uq_lay_monitor_live_account",
        "lay_monitor",
        ["account"],
        unique=True,
        postgresql_where=sa.text("NOT (state IN ('ended', 'dismissed', 'refused'))"),
    )
    op.create_index(
        "uq_lay_monitor_live_identity",
        "lay_monitor",
        ["identity_index"],
        unique=True,
        postgresql_where=sa.text("NOT (state IN ('ended', 'dismissed', 'refused'))"),
    )
    op.create_table(
        "lay_monitor_activity",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("lay_monitor_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("logged_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "kind IN ('patrol', 'inspection', 'visit', 'case_review', 'lead', 'training', 'other')",
            name=op.f("ck_lay_monitor_activity_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["lay_monitor_id"],
            ["lay_monitor.id"],
            name=op.f("fk_lay_monitor_activity_lay_monitor_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lay_monitor_activity")),
    )
    op.create_index(
        "ix_lay_monitor_activity_lay_monitor_id",
        "lay_monitor_activity",
        ["lay_monitor_id", "id"],
        unique=False,
    )
    op.create_table(
        "lay_monitor_grid",
        sa.Column("lay_monitor_id", sa.Uuid(), nullable=False),
        sa.Column("grid_id", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["grid_id"], ["grid.id"], name=op.f("fk_lay_monitor_grid_grid_id")),
        sa.ForeignKeyConstraint(
            ["lay_monitor_id"], ["lay_monitor.id"], name=op.f("fk_lay_monitor_grid_lay_monitor_id")
        ),
        sa.PrimaryKeyConstraint("lay_monitor_id", "grid_id", name=op.f("pk_lay_monitor_grid")),
    )
    op.create_index("ix_lay_monitor_grid_grid_id", "lay_monitor_grid", ["grid_id"], unique=False)
