"""indexes on the days that figures are counted by"""

from alembic import op

revision = "notify_0002"
down_revision = "notify_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_message_addressed_at", "message", ["addressed_at"], unique=False)
