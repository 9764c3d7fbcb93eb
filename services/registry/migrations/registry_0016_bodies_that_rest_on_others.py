"""bodies that rest on others (派出, 受委托); subjects that split"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.past import install_past

revision = "registry_0016"
down_revision = "registry_0015"
branch_labels = None
depends_on = None

STATES = (
    "state IN ('draft', 'submitted', 'under_review', 'published', 'suspended', 'revoked',"
    " 'merged', 'split')"
)


def upgrade() -> None:
    for table in ("subject", "subject_past"):
        op.add_column(table, sa.Column("parent_id", sa.Uuid()))
        op.add_column(table, sa.Column("delegator_id", sa.Uuid()))
        none = sa.text("'{}'")
        several = postgresql.ARRAY(sa.Uuid())
        op.add_column(
            table, sa.Column("successor_ids", several, nullable=False, server_default=none)
        )
        op.alter_column(table, "successor_ids", server_default=None)
    for name in ("parent_id", "delegator_id"):
        op.create_foreign_key(op.f(f"fk_subject_{name}"), "subject", "subject", [name], ["id"])
        op.create_index(f"ix_subject_{name}", "subject", [name, "id"])
    checks = {
        "successors": "(state = 'split') = (cardinality(successor_ids) > 1)",
        "parent": "parent_id IS NULL OR kind = 'dispatched'",
        "delegator": "delegator_id IS NULL OR kind = 'entrusted'",
        "support": "parent_id <> id AND delegator_id <> id",
    }
    op.drop_constraint(op.f("ck_subject_state"), "subject", type_="check")
    for name, condition in {"state": STATES, **checks}.items():
        op.create_check_constraint(op.f(f"ck_subject_{name}"), "subject", condition)
    op.drop_index("uq_subject_live_uscc", table_name="subject")
    op.create_index(
        "uq_subject_live_uscc",
        "subject",
        ["uscc"],
        unique=True,
        postgresql_where=sa.text("NOT (state IN ('revoked', 'merged', 'split'))"),
    )
    install_past(op.get_bind(), "subject")
