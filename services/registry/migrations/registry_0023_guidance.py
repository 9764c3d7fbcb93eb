"""guidance links and sessions"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "registry_0023"
down_revision = "registry_0022"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "guidance",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("townships", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("held_by", sa.Text(), nullable=True),
        sa.Column("participants", sa.Integer(), nullable=True),
        sa.Column("material", sa.Text(), nullable=True),
        sa.Column("remarks", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "kind IN ('case', 'shadow', 'online', 'on_site', 'lecture', 'mock_case', 'other')",
            name=op.f("ck_guidance_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'held', 'reviewed', 'cancelled')", name=op.f("ck_guidance_state")
        ),
        sa.CheckConstraint(
            "state NOT IN ('held', 'reviewed') OR num_nulls(held_on, participants) = 0",
            name=op.f("ck_guidance_held"),
        ),
        sa.CheckConstraint("cardinality(townships) > 0", name=op.f("ck_guidance_townships")),
        sa.CheckConstraint("participants > 0", name=op.f("ck_guidance_participants")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["subject.id"], name=op.f("fk_guidance_department_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guidance")),
    )
    op.create_index("ix_guidance_district", "guidance", ["district", "id"], unique=False)
    op.create_index(
        "ix_guidance_domains", "guidance", ["domains"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_guidance_organisation", "guidance", ["organisation"], unique=False)
    op.create_index(
        "ix_guidance_parties", "guidance", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_guidance_planned_on", "guidance", ["planned_on", "id"], unique=False)
    op.create_index("ix_guidance_township", "guidance", ["township", "id"], unique=False)
    op.create_index(
        "ix_guidance_townships", "guidance", ["townships"], unique=False, postgresql_using="gin"
    )
    op.create_table(
        "guidance_link",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("domain", sa.Text(), nullable=True),
        sa.Column("item_code", sa.Text(), nullable=True),
        sa.Column("item_name", sa.Text(), nullable=True),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("department_id", sa.Uuid(), nullable=True),
        sa.Column("department", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("assigned_on", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint("state IN ('active', 'ended')", name=op.f("ck_guidance_link_state")),
        sa.CheckConstraint("ended_on >= assigned_on", name=op.f("ck_guidance_link_period")),
        sa.CheckConstraint("num_nulls(domain, item_code) = 1", name=op.f("ck_guidance_link_of")),
        sa.ForeignKeyConstraint(
            ["department_id"], ["subject.id"], name=op.f("fk_guidance_link_department_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_guidance_link")),
    )
    op.create_index(
        "ix_guidance_link_department_id", "guidance_link", ["department_id", "id"], unique=False
    )
    op.create_index("ix_guidance_link_district", "guidance_link", ["district", "id"], unique=False)
    op.create_index(
        "ix_guidance_link_domains",
        "guidance_link",
        ["domains"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_guidance_link_organisation", "guidance_link", ["organisation"], unique=False
    )
    op.create_index(
        "ix_guidance_link_parties",
        "guidance_link",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index("ix_guidance_link_township", "guidance_link", ["township", "id"], unique=False)
    op.create_index(
        "uq_guidance_link_domain",
        "guidance_link",
        ["division", "domain"],
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
    )
    op.create_index(
        "uq_guidance_link_item",
        "guidance_link",
        ["division", "item_code"],
        unique=True,
        postgresql_where=sa.text("state = 'active'"),
    )
