"""officers' legal qualification and hours of training; examinations taken again; renewal"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.past import install_past

revision = "registry_0008"
down_revision = "registry_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "officer_training",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("course", sa.Text(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "state IN ('recorded', 'withdrawn')", name=op.f("ck_officer_training_state")
        ),
        sa.CheckConstraint("hours > 0", name=op.f("ck_officer_training_hours")),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_officer_training_officer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer_training")),
    )
    op.create_index("ix_officer_training_officer_id", "officer_training", ["officer_id", "id"])
    op.create_index(
        "uq_officer_training_once",
        "officer_training",
        ["officer_id", "held_on", "course"],
        unique=True,
        postgresql_where=sa.text("state = 'recorded'"),
    )
    for table in ("certificate", "certificate_past"):
        filled(table, "exam_attempts", sa.Integer(), "0")
        op.add_column(table, sa.Column("exam_passed", sa.Boolean()))
        op.add_column(table, sa.Column("examined_by", sa.Text()))
        op.add_column(table, sa.Column("renewed_on", sa.Date()))
    op.create_index("ix_certificate_certificate_no", "certificate", ["certificate_no"])
    for table in ("officer", "officer_past"):
        filled(table, "legal_qualification", sa.Boolean(), "false")
        op.add_column(table, sa.Column("legal_qualification_no", sa.Text()))
        op.add_column(table, sa.Column("legal_qualification_since", sa.Date()))
        filled(table, "training_hours", postgresql.JSONB(), "'{}'")
    op.create_check_constraint(
        op.f("ck_officer_legal_qualification"),
        "officer",
        "legal_qualification OR"
        " num_nonnulls(legal_qualification_no, legal_qualification_since) = 0",
    )
    for table in ("officer", "certificate"):
        install_past(op.get_bind(), table)
    # Only examinations that were passed were recorded until now.
    for table in ("certificate", "certificate_past"):
        op.execute(
            f"UPDATE {table} SET exam_attempts = 1, exam_passed = true"  # noqa: S608
            " WHERE examined_on IS NOT NULL"
        )
    # On an empty database the timers may come later than this.
    if sa.inspect(op.get_bind()).has_table("timer"):
        op.execute(REMIND)


def filled(table: str, column: str, kind: sa.types.TypeEngine[Any], value: str) -> None:
    """Add a column that the rows there have with a value, without rewriting the table."""
    told = sa.Column(column, kind, nullable=False, server_default=sa.text(value))
    op.add_column(table, told)
    op.alter_column(table, column, server_default=None)


# What is held already is told of as if it had been issued today: at the next of the distances that
# rule certificate.reminders begins with.
REMIND = """
    INSERT INTO timer (kind, ref, due_at, attempts, next_attempt_at)
    SELECT 'certificate.reminder', id, due_at, 0, due_at FROM (
        SELECT id, min((valid_to - days)::timestamp AT TIME ZONE 'Asia/Shanghai') AS due_at
        FROM certificate, unnest(ARRAY[90, 30, 7]) AS days
        WHERE state IN ('active', 'suspended')
            AND (valid_to - days)::timestamp AT TIME ZONE 'Asia/Shanghai' > now()
        GROUP BY id
    ) AS coming
"""
