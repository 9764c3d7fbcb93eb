"""responsibilities and the reports on them"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "registry_0019"
down_revision = "registry_0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "responsibility",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("entries", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("in_force_on", sa.Date(), nullable=True),
        sa.Column("replaced_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "state IN ('drafted', 'approved', 'in_force', 'replaced')",
            name=op.f("ck_responsibility_state"),
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_responsibility_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_responsibility")),
        sa.UniqueConstraint(
            "subject_id", "edition", name=op.f("uq_responsibility_subject_id_edition")
        ),
    )
    op.create_index(
        "ix_responsibility_district", "responsibility", ["district", "id"], unique=False
    )
    op.create_index(
        "ix_responsibility_organisation", "responsibility", ["organisation"], unique=False
    )
    op.create_index(
        "ix_responsibility_parties",
        "responsibility",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_responsibility_township", "responsibility", ["township", "id"], unique=False
    )
    op.create_index(
        "uq_responsibility_draft",
        "responsibility",
        ["subject_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('drafted', 'approved')"),
    )
    op.create_index(
        "uq_responsibility_in_force",
        "responsibility",
        ["subject_id"],
        unique=True,
        postgresql_where=sa.text("state = 'in_force'"),
    )
    op.create_table(
        "responsibility_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("reported_by", sa.Text(), nullable=False),
        sa.Column("reporter", sa.Text(), nullable=False),
        sa.Column("to_level", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=True),
        sa.Column("document_no", sa.Text(), nullable=True),
        sa.Column("submitted_by", sa.Text(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "(reported_by = 'subject') = (subject_id IS NOT NULL)",
            name=op.f("ck_responsibility_report_reporter"),
        ),
        sa.CheckConstraint(
            "reported_by IN ('subject', 'district')",
            name=op.f("ck_responsibility_report_reported_by"),
        ),
        sa.CheckConstraint(
            "state IN ('due', 'submitted', 'accepted', 'returned')",
            name=op.f("ck_responsibility_report_state"),
        ),
        sa.CheckConstraint(
            "to_level IN ('district', 'bureau')", name=op.f("ck_responsibility_report_to_level")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_responsibility_report_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_responsibility_report")),
    )
    op.create_index(
        "ix_responsibility_report_district",
        "responsibility_report",
        ["district", "id"],
        unique=False,
    )
    op.create_index(
        "ix_responsibility_report_organisation",
        "responsibility_report",
        ["organisation"],
        unique=False,
    )
    op.create_index(
        "ix_responsibility_report_parties",
        "responsibility_report",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_responsibility_report_township",
        "responsibility_report",
        ["township", "id"],
        unique=False,
    )
    op.create_index(
        "uq_responsibility_report_district",
        "responsibility_report",
        ["division", "year"],
        unique=True,
        postgresql_where=sa.text("subject_id IS NULL"),
    )
    op.create_index(
        "uq_responsibility_report_subject",
        "responsibility_report",
        ["subject_id", "year"],
        unique=True,
    )
