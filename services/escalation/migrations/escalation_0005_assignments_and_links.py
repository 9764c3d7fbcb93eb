"""assignments and links"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "escalation_0005"
down_revision = "escalation_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "assignment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        sa.Column("issue_number", sa.Text(), nullable=False),
        sa.Column("issue_title", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("assignee_name", sa.Text(), nullable=True),
        sa.Column("requirement", sa.Text(), nullable=False),
        sa.Column("by_division", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_provisional", sa.Boolean(), nullable=False),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("urges", sa.SmallInteger(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assigned_by", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reported_by", sa.Text(), nullable=True),
        sa.Column("remarks", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "state in ('assigned', 'reported', 'accepted', 'withdrawn')",
            name=op.f("ck_assignment_state"),
        ),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_assignment_issue_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_assignment")),
    )
    op.create_index("ix_assignment_assigned_at", "assignment", ["assigned_at"], unique=False)
    op.create_index("ix_assignment_district", "assignment", ["district", "id"], unique=False)
    op.create_index(
        "ix_assignment_due_at",
        "assignment",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("state = 'assigned'"),
    )
    op.create_index("ix_assignment_issue_id", "assignment", ["issue_id", "id"], unique=False)
    op.create_index(
        "ix_assignment_parties", "assignment", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_assignment_township", "assignment", ["township", "id"], unique=False)
    op.create_table(
        "issue_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("linked_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["issue_id"], ["issue.id"], name=op.f("fk_issue_link_issue_id")),
        sa.ForeignKeyConstraint(["other_id"], ["issue.id"], name=op.f("fk_issue_link_other_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_link")),
    )
    op.create_index("ix_issue_link_other_id", "issue_link", ["other_id", "id"], unique=False)
    op.create_index(
        "uq_issue_link_issue_id_other_id", "issue_link", ["issue_id", "other_id"], unique=True
    )
    op.add_column("complaint", sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("complaint", sa.Column("assigned_by", sa.Text(), nullable=True))
