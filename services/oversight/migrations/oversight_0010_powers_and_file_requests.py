"""powers of subjects and requests for case files"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "oversight_0010"
down_revision = "oversight_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "power_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("fact_index", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_power_view")),
    )
    op.create_index("ix_power_view_district", "power_view", ["district", "id"], unique=False)
    op.create_index(
        "ix_power_view_domains", "power_view", ["domains"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_power_view_organisation", "power_view", ["organisation"], unique=False)
    op.create_index(
        "ix_power_view_parties", "power_view", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_power_view_subject_id", "power_view", ["subject_id", "id"], unique=False)
    op.create_index("ix_power_view_township", "power_view", ["township", "id"], unique=False)
    op.create_table(
        "file_request",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("files", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("legal_basis", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_provisional", sa.Boolean(), nullable=False),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("answers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("withdrawn_because", sa.Text(), nullable=True),
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
            "state IN ('requested', 'answered', 'closed', 'withdrawn')",
            name=op.f("ck_file_request_state"),
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_file_request_inspection_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject_view.id"], name=op.f("fk_file_request_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_file_request")),
    )
    op.create_index("ix_file_request_district", "file_request", ["district", "id"], unique=False)
    op.create_index(
        "ix_file_request_domains", "file_request", ["domains"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_file_request_due_at", "file_request", ["due_at", "id"], unique=False)
    op.create_index(
        "ix_file_request_inspection_id", "file_request", ["inspection_id", "id"], unique=False
    )
    op.create_index("ix_file_request_organisation", "file_request", ["organisation"], unique=False)
    op.create_index(
        "ix_file_request_parties", "file_request", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_file_request_subject_id", "file_request", ["subject_id", "id"], unique=False
    )
    op.create_index("ix_file_request_township", "file_request", ["township", "id"], unique=False)
