"""focus tasks with milestones, pilot townships"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "registry_0009"
down_revision = "registry_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "pilot_township",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("designated_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "(state = 'ended') = (ended_on IS NOT NULL)", name=op.f("ck_pilot_township_ended_on")
        ),
        sa.CheckConstraint(
            "state IN ('designated', 'ended')", name=op.f("ck_pilot_township_state")
        ),
        sa.CheckConstraint("ended_on >= designated_on", name=op.f("ck_pilot_township_period")),
        sa.CheckConstraint("township IS NOT NULL", name=op.f("ck_pilot_township_township")),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_pilot_township_programme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_pilot_township")),
    )
    op.create_index(
        "ix_pilot_township_district", "pilot_township", ["district", "id"], unique=False
    )
    op.create_index(
        "ix_pilot_township_division", "pilot_township", ["division", "id"], unique=False
    )
    op.create_index(
        "ix_pilot_township_parties",
        "pilot_township",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_pilot_township_township", "pilot_township", ["township", "id"], unique=False
    )
    op.create_index(
        "uq_pilot_township_live",
        "pilot_township",
        ["programme_id", "township"],
        unique=True,
        postgresql_where=sa.text("ended_on IS NULL"),
    )
    op.create_table(
        "milestone",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("done_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(["task_id"], ["focus_task.id"], name=op.f("fk_milestone_task_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_milestone")),
    )
    op.create_index("uq_milestone_task_id_title", "milestone", ["task_id", "title"], unique=True)
    op.create_table(
        "progress_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("task_id", sa.Uuid(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("percent", sa.Integer(), nullable=True),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('planned', 'in_progress', 'blocked', 'done', 'ended')",
            name=op.f("ck_progress_report_state"),
        ),
        sa.CheckConstraint("percent BETWEEN 0 AND 100", name=op.f("ck_progress_report_percent")),
        sa.ForeignKeyConstraint(
            ["task_id"], ["focus_task.id"], name=op.f("fk_progress_report_task_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_progress_report")),
    )
    op.create_index(
        "ix_progress_report_task_id", "progress_report", ["task_id", "id"], unique=False
    )
    op.add_column("focus_task", sa.Column("percent", sa.Integer(), nullable=True))
    op.create_check_constraint(
        op.f("ck_focus_task_percent"), "focus_task", "percent BETWEEN 0 AND 100"
    )
    op.add_column("focus_task", sa.Column("tags", postgresql.JSONB(astext_type=sa.Text())))
    op.execute("UPDATE focus_task SET tags = '[]'")
    op.alter_column("focus_task", "tags", nullable=False)
    op.create_index(
        "ix_focus_task_tags", "focus_task", ["tags"], unique=False, postgresql_using="gin"
    )
    op.add_column("focus_task", sa.Column("quiet_since", sa.DateTime(timezone=True)))
    op.execute("UPDATE focus_task SET quiet_since = updated_at")
    op.alter_column("focus_task", "quiet_since", nullable=False)
    op.add_column("focus_task", sa.Column("stalled_at", sa.DateTime(timezone=True), nullable=True))
    # Due at once: the handler reads the rule and waits as long as that says. On an empty machine
    # the tables that every service has may come later; there is no task then either.
    op.execute(
        "DO $$ BEGIN IF to_regclass('timer') IS NOT NULL THEN"
        " INSERT INTO timer (kind, ref, due_at, attempts, next_attempt_at)"
        " SELECT 'task.stall', id, now(), 0, now() FROM focus_task"
        " WHERE state IN ('planned', 'in_progress', 'blocked');"
        " END IF; END $$"
    )
    op.add_column("programme", sa.Column("closed_on", sa.Date(), nullable=True))
    op.execute(
        "UPDATE programme SET closed_on ="
        " least(ends_on, (updated_at AT TIME ZONE 'Asia/Shanghai')::date) WHERE state = 'closed'"
    )
    op.create_check_constraint(
        op.f("ck_programme_closed_on"),
        "programme",
        "(state = 'closed') = (closed_on IS NOT NULL)",
    )
    op.add_column("programme_participant", sa.Column("left_on", sa.Date(), nullable=True))
    op.add_column("programme_participant", sa.Column("left_reason", sa.Text(), nullable=True))
    op.create_check_constraint(
        op.f("ck_programme_participant_left_on"),
        "programme_participant",
        "left_on IS NULL OR kind = 'voluntary'",
    )
    # Who left may join again.
    op.drop_index("uq_programme_participant_division", "programme_participant")
    op.create_index(
        "uq_programme_participant_division",
        "programme_participant",
        ["programme_id", "division"],
        unique=True,
        postgresql_where=sa.text("left_on IS NULL"),
    )
