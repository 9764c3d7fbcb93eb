"""messages can be archived, by each person"""

import sqlalchemy as sa
from alembic import op

revision = "notify_0005"
down_revision = "notify_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column(
        "message_receipt", sa.Column("archived_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "message_receipt", sa.Column("moves", sa.Integer(), server_default="0", nullable=False)
    )
