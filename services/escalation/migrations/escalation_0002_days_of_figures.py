"""indexes on the days that figures are counted by"""

import sqlalchemy as sa
from alembic import op

revision = "escalation_0002"
down_revision = "escalation_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index(
        "ix_issue_closed_at",
        "issue",
        ["closed_at"],
        unique=False,
        postgresql_where=sa.text("closed_at IS NOT NULL"),
    )
    op.create_index("ix_issue_created_at", "issue", ["created_at"], unique=False)
    op.create_index(
        "ix_issue_due_at",
        "issue",
        ["due_at"],
        unique=False,
        postgresql_where=sa.text("due_at IS NOT NULL"),
    )
