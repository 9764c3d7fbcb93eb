"""Files of issues."""

import sqlalchemy as sa
from alembic import op

revision = "escalation_0010"
down_revision = "escalation_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "issue_attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.Column("added_by_name", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind in ('photo', 'record', 'document', 'other')",
            name=op.f("ck_issue_attachment_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issue.id"], name=op.f("fk_issue_attachment_issue_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_attachment")),
    )
    op.create_index(
        "ix_issue_attachment_issue_id", "issue_attachment", ["issue_id", "id"], unique=False
    )
