"""participants of inspections"""

import sqlalchemy as sa
from alembic import op

revision = "oversight_0011"
down_revision = "oversight_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "participant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("affiliation", sa.Text(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("purpose", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("invited_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("invited_by", sa.Text(), nullable=False),
        sa.Column("declaration", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.Column("rating", sa.Integer(), nullable=True),
        sa.Column("opined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opined_by", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN"
            " ('npc_delegate', 'cppcc_member', 'expert', 'journalist', 'lay_monitor', 'other')",
            name=op.f("ck_participant_kind"),
        ),
        sa.CheckConstraint(
            "state <> 'accepted' OR declaration IS NOT NULL", name=op.f("ck_participant_declared")
        ),
        sa.CheckConstraint(
            "state IN ('invited', 'accepted', 'declined', 'recused', 'opined', 'withdrawn')",
            name=op.f("ck_participant_state"),
        ),
        sa.CheckConstraint("rating BETWEEN 1 AND 5", name=op.f("ck_participant_rating")),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_participant_inspection_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_participant")),
    )
    op.create_index("ix_participant_account", "participant", ["account", "id"], unique=False)
    op.create_index(
        "ix_participant_inspection_id", "participant", ["inspection_id", "id"], unique=False
    )
    op.create_index(
        "uq_participant_name",
        "participant",
        ["inspection_id", "kind", "name"],
        unique=True,
        postgresql_where=sa.text("NOT state IN ('declined', 'withdrawn')"),
    )
