"""leading groups and their offices"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "registry_0012"
down_revision = "registry_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "leading_group",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("duties", sa.Text(), nullable=True),
        sa.Column("office", sa.Text(), nullable=True),
        sa.Column("co_located_with", sa.Text(), nullable=True),
        sa.Column("office_duties", sa.Text(), nullable=True),
        sa.Column("document_no", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("established_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "state IN ('proposed', 'established', 'dissolved')", name=op.f("ck_leading_group_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leading_group")),
    )
    op.create_index("ix_leading_group_district", "leading_group", ["district", "id"], unique=False)
    op.create_index(
        "ix_leading_group_parties",
        "leading_group",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index("ix_leading_group_township", "leading_group", ["township", "id"], unique=False)
    op.create_index(
        "uq_leading_group_live_division",
        "leading_group",
        ["division"],
        unique=True,
        postgresql_where=sa.text("state <> 'dissolved'"),
    )
    op.create_table(
        "leading_group_member",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("leading_group_id", sa.Uuid(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("duties", sa.Text(), nullable=True),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.Column("left_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "role IN ('head', 'deputy', 'member', 'office_director', 'office_staff')",
            name=op.f("ck_leading_group_member_role"),
        ),
        sa.CheckConstraint("left_on >= joined_on", name=op.f("ck_leading_group_member_period")),
        sa.ForeignKeyConstraint(
            ["leading_group_id"],
            ["leading_group.id"],
            name=op.f("fk_leading_group_member_leading_group_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_leading_group_member")),
    )
    op.create_index(
        "ix_leading_group_member_leading_group_id",
        "leading_group_member",
        ["leading_group_id", "id"],
        unique=False,
    )
