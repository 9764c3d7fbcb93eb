"""contact points"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "registry_0005"
down_revision = "registry_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "contact_point",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("address", sa.Text(), nullable=True),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("liaison", sa.Text(), nullable=False),
        sa.Column("liaison_phone", sa.LargeBinary(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("opened_on", sa.Date(), nullable=True),
        sa.Column("last_visited_on", sa.Date(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
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
            "(state = 'open') = (due_at IS NOT NULL)", name=op.f("ck_contact_point_due")
        ),
        sa.CheckConstraint(
            "kind IN ('village_community', 'enterprise', 'school', 'market', 'association',"
            " 'park', 'other')",
            name=op.f("ck_contact_point_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'open', 'suspended', 'closed')",
            name=op.f("ck_contact_point_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_point")),
    )
    op.create_index("ix_contact_point_district", "contact_point", ["district", "id"], unique=False)
    op.create_index(
        "ix_contact_point_parties",
        "contact_point",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_contact_point_search_pairs",
        "contact_point",
        ["search_pairs"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index("ix_contact_point_township", "contact_point", ["township", "id"], unique=False)
    op.create_index(
        "uq_contact_point_live_name",
        "contact_point",
        ["division", "name"],
        unique=True,
        postgresql_where=sa.text("state <> 'closed'"),
    )
    op.create_table(
        "contact_visit",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("contact_point_id", sa.Uuid(), nullable=False),
        sa.Column("visited_on", sa.Date(), nullable=False),
        sa.Column("visitors", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("topics", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("heard", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["contact_point_id"],
            ["contact_point.id"],
            name=op.f("fk_contact_visit_contact_point_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_visit")),
    )
    op.create_index(
        "ix_contact_visit_contact_point_id",
        "contact_visit",
        ["contact_point_id", "id"],
        unique=False,
    )
