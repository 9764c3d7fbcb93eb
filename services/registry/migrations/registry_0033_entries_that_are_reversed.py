"""entries that are reversed; where lay monitors were assigned is kept"""

import sqlalchemy as sa
from alembic import op

revision = "registry_0033"
down_revision = "registry_0032"
branch_labels = None
depends_on = None

ENTRIES = ("budget_spending", "training_enrolment", "milestone", "lay_monitor_grid")
MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for table in ENTRIES:
        op.add_column(table, sa.Column("reversed_at", MOMENT, nullable=True))
        op.add_column(table, sa.Column("reversed_by", sa.Text(), nullable=True))
        op.add_column(table, sa.Column("reversal_reason", sa.Text(), nullable=True))
        op.create_check_constraint(
            op.f(f"ck_{table}_reversal"),
            table,
            "num_nulls(reversed_at, reversed_by, reversal_reason) IN (0, 3)",
        )
    # What was reversed may be entered anew.
    for table, name, columns in (
        ("training_enrolment", "uq_training_enrolment_person", ["training_id", "person_id"]),
        ("milestone", "uq_milestone_task_id_title", ["task_id", "title"]),
    ):
        op.drop_index(name, table_name=table)
        where = sa.text("reversed_at IS NULL")
        op.create_index(name, table, columns, unique=True, postgresql_where=where)
    op.create_index("ix_milestone_task_id", "milestone", ["task_id", "due_on"])
    id = sa.Column("id", sa.Uuid(), nullable=False, server_default=sa.text("uuidv7()"))
    op.add_column("lay_monitor_grid", id)
    op.alter_column("lay_monitor_grid", "id", server_default=None)
    for name, kind in (("assigned_by", sa.Text()), ("assigned_at", MOMENT), ("ended_at", MOMENT)):
        op.add_column("lay_monitor_grid", sa.Column(name, kind, nullable=True))
    op.drop_constraint(op.f("pk_lay_monitor_grid"), "lay_monitor_grid", type_="primary")
    op.create_primary_key(op.f("pk_lay_monitor_grid"), "lay_monitor_grid", ["id"])
    op.create_index(
        "ix_lay_monitor_grid_lay_monitor_id", "lay_monitor_grid", ["lay_monitor_id", "id"]
    )
    op.create_index(
        "uq_lay_monitor_grid_once",
        "lay_monitor_grid",
        ["lay_monitor_id", "grid_id"],
        unique=True,
        postgresql_where=sa.text("ended_at IS NULL AND reversed_at IS NULL"),
    )
