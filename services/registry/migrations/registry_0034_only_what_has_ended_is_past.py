"""the tables of the past keep the states that have ended; the present one is kept once"""

import sqlalchemy as sa
from alembic import op

from shared.past import install_past

revision = "registry_0034"
down_revision = "registry_0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    for table in ("certificate", "delegation", "empowerment", "officer", "power", "subject"):
        op.execute(f"DROP TRIGGER IF EXISTS {table}_past_insert ON {table}")
        op.execute(f"DROP FUNCTION IF EXISTS {table}_past_insert()")
        install_past(op.get_bind(), table)
        op.execute(f"DELETE FROM {table}_past WHERE until IS NULL")  # noqa: S608
        op.alter_column(f"{table}_past", "until", existing_type=sa.Date(), nullable=False)
        op.drop_index(f"ix_{table}_past_open", table_name=f"{table}_past")
