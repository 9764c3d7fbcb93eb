"""commendations"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "oversight_0014"
down_revision = "oversight_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "commendation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=True),
        sa.Column("officer_name", sa.Text(), nullable=True),
        sa.Column("merits", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("nominated_by", sa.Text(), nullable=False),
        sa.Column("checks", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("vetted_by", sa.Text(), nullable=True),
        sa.Column("vetted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("publicised_on", sa.Date(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("concerns", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("granted_by", sa.Text(), nullable=True),
        sa.Column("granted_on", sa.Date(), nullable=True),
        sa.Column("document_no", sa.Text(), nullable=True),
        sa.Column("revoked_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("subject_name", sa.Text(), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'person') = (officer_id IS NOT NULL)", name=op.f("ck_commendation_nominee")
        ),
        sa.CheckConstraint("kind IN ('collective', 'person')", name=op.f("ck_commendation_kind")),
        sa.CheckConstraint(
            "state IN ('nominated', 'vetted', 'publicised', 'granted', 'rejected', 'revoked')",
            name=op.f("ck_commendation_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('granted', 'revoked') OR granted_on IS NOT NULL",
            name=op.f("ck_commendation_granted"),
        ),
        sa.CheckConstraint(
            "granted_by <> nominated_by AND granted_by <> vetted_by",
            name=op.f("ck_commendation_three_hands"),
        ),
        sa.CheckConstraint("vetted_by <> nominated_by", name=op.f("ck_commendation_two_hands")),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject_view.id"], name=op.f("fk_commendation_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_commendation")),
    )
    op.create_index("ix_commendation_district", "commendation", ["district", "id"], unique=False)
    op.create_index(
        "ix_commendation_domains", "commendation", ["domains"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_commendation_organisation", "commendation", ["organisation"], unique=False)
    op.create_index(
        "ix_commendation_parties", "commendation", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_commendation_state", "commendation", ["state", "id"], unique=False)
    op.create_index("ix_commendation_township", "commendation", ["township", "id"], unique=False)
    op.create_index(
        "uq_commendation_collective",
        "commendation",
        ["subject_id", "title", "year"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('rejected', 'revoked') AND officer_id IS NULL"),
    )
    op.create_index(
        "uq_commendation_person",
        "commendation",
        ["officer_id", "title", "year"],
        unique=True,
        postgresql_where=sa.text("state NOT IN ('rejected', 'revoked') AND officer_id IS NOT NULL"),
    )
