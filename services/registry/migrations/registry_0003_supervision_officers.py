"""supervision officers"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "registry_0003"
down_revision = "registry_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "supervision_officer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("office", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("degree", sa.Text(), nullable=False),
        sa.Column("experience_years", sa.Integer(), nullable=False),
        sa.Column("legal_qualification", sa.Boolean(), nullable=False),
        sa.Column("legal_qualification_no", sa.Text(), nullable=True),
        sa.Column("legal_qualification_since", sa.Date(), nullable=True),
        sa.Column("card_no", sa.Text(), nullable=True),
        sa.Column("card_valid_to", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("nominated_by", sa.Text(), nullable=False),
        sa.Column("appointed_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("search_pairs", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "degree IN ('doctor', 'master', 'bachelor', 'college', 'other')",
            name=op.f("ck_supervision_officer_degree"),
        ),
        sa.CheckConstraint(
            "level IN ('city', 'district', 'township')", name=op.f("ck_supervision_officer_level")
        ),
        sa.CheckConstraint(
            "state IN ('candidate', 'appointed', 'transferred', 'left')",
            name=op.f("ck_supervision_officer_state"),
        ),
        sa.CheckConstraint(
            "legal_qualification OR"
            " num_nonnulls(legal_qualification_no, legal_qualification_since) = 0",
            name=op.f("ck_supervision_officer_qualification"),
        ),
        sa.CheckConstraint(
            "num_nulls(card_no, card_valid_to) <> 1", name=op.f("ck_supervision_officer_card")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_supervision_officer")),
    )
    op.create_index(
        "ix_supervision_officer_district", "supervision_officer", ["district", "id"], unique=False
    )
    op.create_index(
        "ix_supervision_officer_division",
        "supervision_officer",
        ["division", "state"],
        unique=False,
    )
    op.create_index(
        "ix_supervision_officer_parties",
        "supervision_officer",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_supervision_officer_search_pairs",
        "supervision_officer",
        ["search_pairs"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_supervision_officer_township", "supervision_officer", ["township", "id"], unique=False
    )
    op.create_index(
        "uq_supervision_officer_card_no",
        "supervision_officer",
        ["card_no"],
        unique=True,
        postgresql_where=sa.text("state IN ('candidate', 'appointed')"),
    )
    op.create_index(
        "uq_supervision_officer_legal_qualification_no",
        "supervision_officer",
        ["legal_qualification_no"],
        unique=True,
        postgresql_where=sa.text("state IN ('candidate', 'appointed')"),
    )
