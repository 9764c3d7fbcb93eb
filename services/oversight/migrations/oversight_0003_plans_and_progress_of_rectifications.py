"""plans and progress of rectifications"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "oversight_0003"
down_revision = "oversight_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rectification_progress",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rectification_id", sa.Uuid(), nullable=False),
        sa.Column("percent", sa.Integer(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("references", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reported_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "percent BETWEEN 0 AND 100", name=op.f("ck_rectification_progress_percent")
        ),
        sa.ForeignKeyConstraint(
            ["rectification_id"],
            ["rectification.id"],
            name=op.f("fk_rectification_progress_rectification_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rectification_progress")),
    )
    op.create_index(
        "ix_rectification_progress_rectification_id",
        "rectification_progress",
        ["rectification_id", "id"],
        unique=False,
    )
    op.add_column("rectification", sa.Column("code", sa.Text(), nullable=True))
    op.add_column(
        "rectification", sa.Column("plans", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    )
    op.add_column("rectification", sa.Column("percent", sa.Integer(), nullable=True))
    op.add_column(
        "rectification", sa.Column("progressed_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "rectification", sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column("rectification", sa.Column("revoked_by", sa.Text(), nullable=True))
    op.add_column("rectification", sa.Column("revoke_reason", sa.Text(), nullable=True))
    op.add_column("rectification", sa.Column("extensions_allowed", sa.Integer(), nullable=True))
    op.execute("""
        UPDATE rectification SET code = finding.code, plans = '[]', extensions_allowed = 1
        FROM finding WHERE finding.id = rectification.finding_id
    """)
    for column in ("code", "plans", "extensions_allowed"):
        op.alter_column("rectification", column, nullable=False)
    op.drop_constraint(op.f("ck_rectification_one_extension"), "rectification", type_="check")
    op.create_check_constraint(
        op.f("ck_rectification_extensions"),
        "rectification",
        "extensions_granted BETWEEN 0 AND extensions_allowed",
    )
    # An order that was revoked does not stand in the way of another one.
    op.drop_index("uq_rectification_finding_id", table_name="rectification")
    op.create_index(
        "uq_rectification_finding_id",
        "rectification",
        ["finding_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'revoked'"),
    )
