"""terms of what is handed on"""

import sqlalchemy as sa
from alembic import op

revision = "escalation_0012"
down_revision = "escalation_0011"
branch_labels = None
depends_on = None

TABLES = ("package", "transfer", "reverse_transfer", "referral", "cooperation", "liaison")


def upgrade() -> None:
    for table in TABLES:
        op.add_column(table, sa.Column("due_rule", sa.Text(), nullable=True))
