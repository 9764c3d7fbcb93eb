"""Report schedules, what divisions report, and the tasks and figures that they speak of."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "escalation_0013"
down_revision = "escalation_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "focus_task_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("state_name", sa.Text(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_focus_task_view")),
    )
    op.create_index(
        "ix_focus_task_view_programme_id",
        "focus_task_view",
        ["programme_id", "division"],
        unique=False,
    )
    op.create_table(
        "frozen_figure_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("labels", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("coverages", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("coverage_labels", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frozen_figure_view")),
    )
    op.create_table(
        "programme",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme")),
    )
    op.create_table(
        "report_schedule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=True),
        sa.Column("programme_id", sa.Uuid(), nullable=True),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sections", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reporters", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "kind in ('interim_summary', 'final_summary', 'thematic')",
            name=op.f("ck_report_schedule_kind"),
        ),
        sa.CheckConstraint(
            "level in ('township', 'district', 'bureau')", name=op.f("ck_report_schedule_level")
        ),
        sa.CheckConstraint("state in ('called', 'closed')", name=op.f("ck_report_schedule_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_report_schedule")),
    )
    op.create_index(
        "ix_report_schedule_district", "report_schedule", ["district", "id"], unique=False
    )
    op.create_index(
        "ix_report_schedule_parties",
        "report_schedule",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_report_schedule_programme_id", "report_schedule", ["programme_id"], unique=False
    )
    op.create_index(
        "ix_report_schedule_township", "report_schedule", ["township", "id"], unique=False
    )
    op.create_index(
        "uq_report_schedule_code",
        "report_schedule",
        ["division", "programme_id", "code"],
        unique=True,
        postgresql_nulls_not_distinct=True,
    )
    op.create_table(
        "periodic_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("schedule_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=True),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("stands_for", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("reporter", sa.Text(), nullable=False),
        sa.Column("from_level", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("sections", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("draft", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("submission", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("submitted_by", sa.Text(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("late", sa.Boolean(), nullable=False),
        sa.Column("remarks", sa.Text(), nullable=True),
        sa.Column("comments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("urges", sa.SmallInteger(), nullable=False),
        sa.Column("accepted_by", sa.Text(), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "from_level in ('township', 'district', 'bureau')",
            name=op.f("ck_periodic_report_from_level"),
        ),
        sa.CheckConstraint(
            "kind in ('interim_summary', 'final_summary', 'thematic')",
            name=op.f("ck_periodic_report_kind"),
        ),
        sa.CheckConstraint(
            "level in ('township', 'district', 'bureau')", name=op.f("ck_periodic_report_level")
        ),
        sa.CheckConstraint(
            "state in ('called', 'drafted', 'submitted', 'returned', 'accepted', 'missed')",
            name=op.f("ck_periodic_report_state"),
        ),
        sa.ForeignKeyConstraint(
            ["schedule_id"], ["report_schedule.id"], name=op.f("fk_periodic_report_schedule_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_periodic_report")),
    )
    op.create_index(
        "ix_periodic_report_created_at", "periodic_report", ["created_at"], unique=False
    )
    op.create_index(
        "ix_periodic_report_district", "periodic_report", ["district", "id"], unique=False
    )
    op.create_index(
        "ix_periodic_report_due_at",
        "periodic_report",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state in ('called', 'drafted', 'returned')"),
    )
    op.create_index(
        "ix_periodic_report_parties",
        "periodic_report",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_periodic_report_submitted_at", "periodic_report", ["submitted_at"], unique=False
    )
    op.create_index(
        "ix_periodic_report_township", "periodic_report", ["township", "id"], unique=False
    )
    op.create_index(
        "uq_periodic_report_schedule_id",
        "periodic_report",
        ["schedule_id", "division"],
        unique=True,
    )
