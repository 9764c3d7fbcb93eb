"""Issues, their history, their numbers, and who takes part in a programme."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "escalation_0001"
down_revision = None
branch_labels = ("escalation",)
depends_on = None

UNFINISHED = sa.text("issue.state in ('raised', 'escalated', 'returned', 'handling', 'paused')")


def upgrade() -> None:
    op.execute(sa.schema.CreateSequence(sa.Sequence("issue_number", data_type=sa.BigInteger())))
    op.create_table(
        "issue",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=True),
        sa.Column("major", sa.Boolean(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("reference", sa.Text(), nullable=True),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("occurred_on", sa.Date(), nullable=True),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("contact", sa.LargeBinary(), nullable=True),
        sa.Column("legal_basis", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("arrived_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_provisional", sa.Boolean(), nullable=False),
        sa.Column(
            "urgency",
            sa.DateTime(timezone=True),
            sa.Computed("coalesce(due_at, timestamptz '9999-12-31 00:00:00+00')", persisted=True),
            nullable=False,
        ),
        sa.Column("remaining", postgresql.JSONB(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("measures", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("decided_level", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("feedback", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "level in ('township', 'district', 'bureau')", name=op.f("ck_issue_level")
        ),
        sa.CheckConstraint(
            "state in ('raised', 'escalated', 'returned', 'handling', 'paused', 'decided',"
            " 'fed_back', 'closed')",
            name=op.f("ck_issue_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue")),
    )
    op.create_index("ix_issue_created_by", "issue", ["created_by", "id"], unique=False)
    op.create_index("ix_issue_district", "issue", ["district", "id"], unique=False)
    op.create_index("ix_issue_district_state", "issue", ["district", "state", "id"], unique=False)
    op.create_index(
        "ix_issue_district_urgency",
        "issue",
        ["district", "level", "urgency", "id"],
        unique=False,
        postgresql_where=UNFINISHED,
    )
    op.create_index("ix_issue_domains", "issue", ["domains"], unique=False, postgresql_using="gin")
    op.create_index("ix_issue_level_state", "issue", ["level", "state", "id"], unique=False)
    op.create_index(
        "ix_issue_level_urgency",
        "issue",
        ["level", "urgency", "id"],
        unique=False,
        postgresql_where=UNFINISHED,
    )
    op.create_index(
        "ix_issue_organisation",
        "issue",
        ["organisation", "id"],
        unique=False,
        postgresql_where=sa.text("organisation IS NOT NULL"),
    )
    op.create_index("ix_issue_parties", "issue", ["parties"], unique=False, postgresql_using="gin")
    op.create_index("ix_issue_township", "issue", ["township", "id"], unique=False)
    op.create_index("ix_issue_urgency", "issue", ["urgency", "id"], unique=False)
    op.create_index("uq_issue_number", "issue", ["number"], unique=True)
    op.create_index(
        "uq_issue_source_id",
        "issue",
        ["source_id"],
        unique=True,
        postgresql_where=sa.text("source_id IS NOT NULL AND state <> 'closed'"),
    )
    op.create_table(
        "issue_year",
        sa.Column("year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("base", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("year", name=op.f("pk_issue_year")),
    )
    op.create_table(
        "participant",
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("programme", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("programme_id", "division", name=op.f("pk_participant")),
    )
    op.create_index("ix_participant_division", "participant", ["division"], unique=False)
    op.create_table(
        "issue_history",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("by", sa.Text(), nullable=False),
        sa.Column("by_name", sa.Text(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("from_state", sa.Text(), nullable=True),
        sa.Column("to_state", sa.Text(), nullable=False),
        sa.Column("from_level", sa.Text(), nullable=True),
        sa.Column("to_level", sa.Text(), nullable=False),
        sa.Column("text", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_issue_history_issue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_history")),
    )
    op.create_index("ix_issue_history_issue_id", "issue_history", ["issue_id", "id"], unique=False)
