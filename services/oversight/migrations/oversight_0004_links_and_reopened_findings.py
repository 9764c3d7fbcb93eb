"""links and reopened findings"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "oversight_0004"
down_revision = "oversight_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "finding_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("other_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("linked_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("linked_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('duplicate', 'same_cause')", name=op.f("ck_finding_link_kind")
        ),
        sa.CheckConstraint("finding_id <> other_id", name=op.f("ck_finding_link_two")),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["finding.id"], name=op.f("fk_finding_link_finding_id")
        ),
        sa.ForeignKeyConstraint(
            ["other_id"], ["finding.id"], name=op.f("fk_finding_link_other_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding_link")),
    )
    op.create_index(
        "ix_finding_link_finding_id", "finding_link", ["finding_id", "id"], unique=False
    )
    op.create_index("ix_finding_link_other_id", "finding_link", ["other_id", "id"], unique=False)
    op.create_index(
        "uq_finding_link_pair",
        "finding_link",
        [
            sa.literal_column("least(finding_id, other_id)"),
            sa.literal_column("greatest(finding_id, other_id)"),
        ],
        unique=True,
    )
    op.add_column("finding", sa.Column("code_edition", sa.Integer(), nullable=True))
    op.add_column("finding", sa.Column("act_number", sa.Text(), nullable=True))
    op.add_column("finding", sa.Column("act_on", sa.Date(), nullable=True))
    op.add_column(
        "finding", sa.Column("comments_ended_at", sa.DateTime(timezone=True), nullable=True)
    )
    op.add_column(
        "finding", sa.Column("past", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    )
    op.add_column("finding", sa.Column("duplicate_of", sa.Uuid(), nullable=True))
    op.add_column("finding", sa.Column("links", sa.Integer(), nullable=True))
    op.create_index("ix_finding_act_number", "finding", ["act_number"], unique=False)
    op.create_index("ix_finding_duplicate_of", "finding", ["duplicate_of"], unique=False)
    op.create_foreign_key(
        op.f("fk_finding_duplicate_of"), "finding", "finding", ["duplicate_of"], ["id"]
    )
    op.execute("UPDATE finding SET code_edition = 1, past = '[]', links = 0")
    for column in ("code_edition", "past", "links"):
        op.alter_column("finding", column, nullable=False)
