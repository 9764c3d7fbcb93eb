"""powers and what they said before"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.past import install_past

revision = "registry_0004"
down_revision = "registry_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "power_past",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("basis", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("township_allowed", sa.Boolean(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("authors", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("proposal", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("search_pairs", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", "since", name=op.f("pk_power_past")),
    )
    op.create_index("ix_power_past_district", "power_past", ["district", "id"], unique=False)
    op.create_index(
        "ix_power_past_open",
        "power_past",
        ["id"],
        unique=False,
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_index(
        "ix_power_past_parties", "power_past", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_power_past_township", "power_past", ["township", "id"], unique=False)
    op.create_table(
        "power",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("basis", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("township_allowed", sa.Boolean(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("authors", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("proposal", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("search_pairs", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "NOT (state IN ('active')) OR cardinality(basis) > 0", name=op.f("ck_power_basis")
        ),
        sa.CheckConstraint(
            "kind IN ('penalty', 'permit', 'coercion', 'check', 'levy', 'requisition',"
            " 'adjudication', 'benefit', 'confirmation', 'award', 'other')",
            name=op.f("ck_power_kind"),
        ),
        sa.CheckConstraint(
            "level IN ('city', 'district', 'township')", name=op.f("ck_power_level")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'active', 'repealed', 'withdrawn')", name=op.f("ck_power_state")
        ),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_power_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_power")),
    )
    op.create_index("ix_power_district", "power", ["district", "id"], unique=False)
    op.create_index("ix_power_domains", "power", ["domains"], unique=False, postgresql_using="gin")
    op.create_index("ix_power_organisation", "power", ["organisation"], unique=False)
    op.create_index("ix_power_parties", "power", ["parties"], unique=False, postgresql_using="gin")
    op.create_index(
        "ix_power_search_pairs", "power", ["search_pairs"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_power_state", "power", ["state", "id"], unique=False)
    op.create_index("ix_power_subject_id", "power", ["subject_id", "id"], unique=False)
    op.create_index("ix_power_township", "power", ["township", "id"], unique=False)
    op.create_index(
        "uq_power_live_code",
        "power",
        ["subject_id", "code"],
        unique=True,
        postgresql_where=sa.text("NOT (state IN ('repealed', 'withdrawn'))"),
    )
    install_past(op.get_bind(), "power")
