"""provisions"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "registry_0017"
down_revision = "registry_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "provision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("quantity", sa.Integer(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("amount", sa.Numeric(precision=16, scale=2), nullable=False),
        sa.Column("delivered_quantity", sa.Integer(), nullable=True),
        sa.Column("document_no", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("planned_by", sa.Text(), nullable=False),
        sa.Column("delivered_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "(delivered_quantity IS NOT NULL) = (state IN ('delivered', 'in_use', 'retired'))",
            name=op.f("ck_provision_arrived"),
        ),
        sa.CheckConstraint(
            "kind IN ('institution', 'staff', 'information_system', 'equipment', 'funds')",
            name=op.f("ck_provision_kind"),
        ),
        sa.CheckConstraint(
            "level IN ('city', 'district', 'township')", name=op.f("ck_provision_level")
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'approved', 'delivered', 'in_use', 'retired', 'cancelled')",
            name=op.f("ck_provision_state"),
        ),
        sa.CheckConstraint(
            "delivered_quantity BETWEEN 1 AND quantity", name=op.f("ck_provision_delivered")
        ),
        sa.CheckConstraint("quantity > 0 AND amount >= 0", name=op.f("ck_provision_amounts")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_provision")),
    )
    op.create_index("ix_provision_district", "provision", ["district", "id"], unique=False)
    op.create_index(
        "ix_provision_division", "provision", ["division", "kind", "year"], unique=False
    )
    op.create_index("ix_provision_organisation", "provision", ["organisation"], unique=False)
    op.create_index(
        "ix_provision_parties", "provision", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_provision_township", "provision", ["township", "id"], unique=False)
