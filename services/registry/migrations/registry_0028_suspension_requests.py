"""suspension requests"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "registry_0028"
down_revision = "registry_0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "suspension_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("measure_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("certificate_id", sa.Uuid(), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("authority_level", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('received', 'approved', 'refused', 'lapsed')",
            name=op.f("ck_suspension_request_state"),
        ),
        sa.ForeignKeyConstraint(
            ["certificate_id"],
            ["certificate.id"],
            name=op.f("fk_suspension_request_certificate_id"),
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_suspension_request_officer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_suspension_request")),
    )
    op.create_index(
        "ix_suspension_request_district", "suspension_request", ["district", "id"], unique=False
    )
    op.create_index(
        "ix_suspension_request_officer_id", "suspension_request", ["officer_id", "id"], unique=False
    )
    op.create_index(
        "ix_suspension_request_parties",
        "suspension_request",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_suspension_request_township", "suspension_request", ["township", "id"], unique=False
    )
    op.create_index(
        "uq_suspension_request_measure_id", "suspension_request", ["measure_id"], unique=True
    )
