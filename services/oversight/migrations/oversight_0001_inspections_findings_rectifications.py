"""subjects and officers as told, inspections, findings, rectifications"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "oversight_0001"
down_revision = None
branch_labels = ("oversight",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "officer_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("staffing", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("certificate_no", sa.Text(), nullable=True),
        sa.Column("certificate_state", sa.Text(), nullable=True),
        sa.Column("certificate_valid_to", sa.Date(), nullable=True),
        sa.Column("fact_index", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer_view")),
    )
    op.create_index("ix_officer_view_district", "officer_view", ["district", "id"], unique=False)
    op.create_index("ix_officer_view_organisation", "officer_view", ["organisation"], unique=False)
    op.create_index(
        "ix_officer_view_parties", "officer_view", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_officer_view_subject_id", "officer_view", ["subject_id", "id"], unique=False
    )
    op.create_index("ix_officer_view_township", "officer_view", ["township", "id"], unique=False)
    op.create_table(
        "subject_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("fact_index", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_view")),
    )
    op.create_index("ix_subject_view_district", "subject_view", ["district", "id"], unique=False)
    op.create_index(
        "ix_subject_view_domains", "subject_view", ["domains"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_subject_view_organisation", "subject_view", ["organisation"], unique=False)
    op.create_index(
        "ix_subject_view_parties", "subject_view", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_subject_view_township", "subject_view", ["township", "id"], unique=False)
    op.create_table(
        "inspection",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("uscc", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("planned_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("inspectors", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("recusals", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("findings", sa.Integer(), nullable=False),
        sa.Column("undecided", sa.Integer(), nullable=False),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("assigned_by", sa.Text(), nullable=False),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("notified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
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
            "mode <> 'unannounced' OR started_at IS NOT NULL OR"
            " (township IS NULL AND organisation IS NULL AND domains = '{}')",
            name=op.f("ck_inspection_concealed"),
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject_view.id"], name=op.f("fk_inspection_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection")),
    )
    op.create_index("ix_inspection_district", "inspection", ["district", "id"], unique=False)
    op.create_index(
        "ix_inspection_domains", "inspection", ["domains"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_inspection_inspectors",
        "inspection",
        ["inspectors"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index("ix_inspection_organisation", "inspection", ["organisation"], unique=False)
    op.create_index(
        "ix_inspection_parties", "inspection", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_inspection_planned_on", "inspection", ["planned_on", "id"], unique=False)
    op.create_index("ix_inspection_subject_id", "inspection", ["subject_id", "id"], unique=False)
    op.create_index("ix_inspection_township", "inspection", ["township", "id"], unique=False)
    op.create_table(
        "finding",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("legal_basis", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=True),
        sa.Column("officer_name", sa.Text(), nullable=True),
        sa.Column("officer_certified", sa.Boolean(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("comment_due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("comment", sa.Text(), nullable=True),
        sa.Column("commented_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("commented_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("rectification_id", sa.Uuid(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("subject_name", sa.Text(), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_finding_inspection_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject_view.id"], name=op.f("fk_finding_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_finding")),
    )
    op.create_index("ix_finding_district", "finding", ["district", "id"], unique=False)
    op.create_index(
        "ix_finding_domains", "finding", ["domains"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_finding_inspection_id", "finding", ["inspection_id", "id"], unique=False)
    op.create_index("ix_finding_officer_id", "finding", ["officer_id", "id"], unique=False)
    op.create_index("ix_finding_organisation", "finding", ["organisation"], unique=False)
    op.create_index(
        "ix_finding_parties", "finding", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_finding_subject_id", "finding", ["subject_id", "id"], unique=False)
    op.create_index("ix_finding_township", "finding", ["township", "id"], unique=False)
    op.create_table(
        "rectification",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("severity", sa.Text(), nullable=False),
        sa.Column("legal_basis", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("requirement", sa.Text(), nullable=False),
        sa.Column("period", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_provisional", sa.Boolean(), nullable=False),
        sa.Column("ordered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ordered_by", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("submitted_by", sa.Text(), nullable=True),
        sa.Column("submissions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("extensions_granted", sa.Integer(), nullable=False),
        sa.Column("extension", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
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
            "extensions_granted BETWEEN 0 AND 1", name=op.f("ck_rectification_one_extension")
        ),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["finding.id"], name=op.f("fk_rectification_finding_id")
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_rectification_inspection_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject_view.id"], name=op.f("fk_rectification_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rectification")),
    )
    op.create_index("ix_rectification_district", "rectification", ["district", "id"], unique=False)
    op.create_index(
        "ix_rectification_domains",
        "rectification",
        ["domains"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index("ix_rectification_due_at", "rectification", ["due_at", "id"], unique=False)
    op.create_index(
        "ix_rectification_organisation", "rectification", ["organisation"], unique=False
    )
    op.create_index(
        "ix_rectification_parties",
        "rectification",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_rectification_subject_id", "rectification", ["subject_id", "id"], unique=False
    )
    op.create_index("ix_rectification_township", "rectification", ["township", "id"], unique=False)
    op.create_index("uq_rectification_finding_id", "rectification", ["finding_id"], unique=True)
