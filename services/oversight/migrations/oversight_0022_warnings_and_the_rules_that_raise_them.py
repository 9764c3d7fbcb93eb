"""warnings and the rules that raise them"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "oversight_0022"
down_revision = "oversight_0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "warning_rule",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("drafted_by", sa.Text(), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("tried_digest", sa.Text(), nullable=True),
        sa.Column("activated_by", sa.Text(), nullable=True),
        sa.Column("activated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_why", sa.Text(), nullable=True),
        sa.Column("looked_to", sa.Uuid(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'active', 'retired')", name=op.f("ck_warning_rule_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warning_rule")),
        sa.UniqueConstraint("code", "edition", name=op.f("uq_warning_rule_code_edition")),
    )
    op.create_index(
        "uq_warning_rule_draft",
        "warning_rule",
        ["code"],
        unique=True,
        postgresql_where=sa.text("state = 'draft'"),
    )
    op.create_table(
        "warning_watch",
        sa.Column("act_id", sa.Uuid(), nullable=False),
        sa.Column("rule_code", sa.Text(), nullable=False),
        sa.Column("look_at", sa.DateTime(timezone=True), nullable=False),
        sa.PrimaryKeyConstraint("act_id", "rule_code", name=op.f("pk_warning_watch")),
    )
    op.create_index("ix_warning_watch_look_at", "warning_watch", ["look_at"], unique=False)
    op.create_table(
        "warning_trial",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("first", sa.Date(), nullable=False),
        sa.Column("last", sa.Date(), nullable=False),
        sa.Column("asked_by", sa.Text(), nullable=False),
        sa.Column("asked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("looked_to", sa.Uuid(), nullable=True),
        sa.Column("examined", sa.Integer(), nullable=False),
        sa.Column("yellow", sa.Integer(), nullable=False),
        sa.Column("red", sa.Integer(), nullable=False),
        sa.Column("by_month", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("by_district", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("examples", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["rule_id"], ["warning_rule.id"], name=op.f("fk_warning_trial_rule_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warning_trial")),
    )
    op.create_index("ix_warning_trial_rule_id", "warning_trial", ["rule_id", "id"], unique=False)
    op.create_table(
        "warning",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rule_id", sa.Uuid(), nullable=False),
        sa.Column("rule_code", sa.Text(), nullable=False),
        sa.Column("rule_edition", sa.Integer(), nullable=False),
        sa.Column("rule_name", sa.Text(), nullable=False),
        sa.Column("act_id", sa.Uuid(), nullable=False),
        sa.Column("act_kind", sa.Text(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("detail", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("raised_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("raised", sa.Integer(), nullable=False),
        sa.Column("red_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("handled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("handled_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("follow_up", sa.Text(), nullable=True),
        sa.Column("finding_id", sa.Uuid(), nullable=True),
        sa.Column("cleared_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("subject_name", sa.Text(), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("level IN ('yellow', 'red')", name=op.f("ck_warning_level")),
        sa.CheckConstraint(
            "state IN ('raised', 'answered', 'confirmed', 'dismissed', 'cleared')",
            name=op.f("ck_warning_state"),
        ),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_warning_finding_id")),
        sa.ForeignKeyConstraint(["rule_id"], ["warning_rule.id"], name=op.f("fk_warning_rule_id")),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject_view.id"], name=op.f("fk_warning_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_warning")),
        sa.UniqueConstraint("act_id", "rule_code", name=op.f("uq_warning_act_id_rule_code")),
    )
    op.create_index("ix_warning_district", "warning", ["district", "id"], unique=False)
    op.create_index(
        "ix_warning_domains", "warning", ["domains"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_warning_organisation", "warning", ["organisation"], unique=False)
    op.create_index(
        "ix_warning_parties", "warning", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_warning_rule_code", "warning", ["rule_code", "id"], unique=False)
    op.create_index("ix_warning_subject_id", "warning", ["subject_id", "id"], unique=False)
    op.create_index("ix_warning_township", "warning", ["township", "id"], unique=False)
