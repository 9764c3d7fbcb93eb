"""subjects, officers and certificates, pilot programmes"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "registry_0001"
down_revision = None
branch_labels = ("registry",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "programme",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint("state IN ('open', 'closed')", name=op.f("ck_programme_state")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_programme_period")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme")),
    )
    op.create_index("uq_programme_code", "programme", ["code"], unique=True)
    op.create_table(
        "subject",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("uscc", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("legal_basis", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("head", sa.Text(), nullable=True),
        sa.Column("monitor_unit", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("publicised_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("successor_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "(state = 'merged') = (successor_id IS NOT NULL)", name=op.f("ck_subject_successor")
        ),
        sa.CheckConstraint(
            "kind IN ('statutory', 'authorised_by_law', 'entrusted', 'dispatched')",
            name=op.f("ck_subject_kind"),
        ),
        sa.CheckConstraint(
            "level IN ('city', 'district', 'township')", name=op.f("ck_subject_level")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'submitted', 'under_review', 'published', 'suspended', 'revoked',"
            " 'merged')",
            name=op.f("ck_subject_state"),
        ),
        sa.CheckConstraint("organisation = uscc", name=op.f("ck_subject_organisation")),
        sa.ForeignKeyConstraint(
            ["successor_id"], ["subject.id"], name=op.f("fk_subject_successor_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject")),
    )
    op.create_index("ix_subject_district", "subject", ["district", "id"], unique=False)
    op.create_index(
        "ix_subject_domains", "subject", ["domains"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_subject_organisation", "subject", ["organisation"], unique=False)
    op.create_index(
        "ix_subject_parties", "subject", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_subject_state", "subject", ["state", "id"], unique=False)
    op.create_index("ix_subject_township", "subject", ["township", "id"], unique=False)
    op.create_index(
        "uq_subject_live_uscc",
        "subject",
        ["uscc"],
        unique=True,
        postgresql_where=sa.text("NOT (state IN ('revoked', 'merged'))"),
    )
    op.create_table(
        "focus_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "state IN ('planned', 'in_progress', 'blocked', 'done', 'ended')",
            name=op.f("ck_focus_task_state"),
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_focus_task_programme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_focus_task")),
    )
    op.create_index("ix_focus_task_district", "focus_task", ["district", "id"], unique=False)
    op.create_index("ix_focus_task_division", "focus_task", ["division", "id"], unique=False)
    op.create_index(
        "ix_focus_task_parties", "focus_task", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_focus_task_programme_id", "focus_task", ["programme_id", "id"], unique=False
    )
    op.create_index("ix_focus_task_township", "focus_task", ["township", "id"], unique=False)
    op.create_table(
        "officer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("identity_no", sa.LargeBinary(), nullable=False),
        sa.Column("identity_index", sa.LargeBinary(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("staffing", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint("staffing IN ('staff', 'auxiliary')", name=op.f("ck_officer_staffing")),
        sa.CheckConstraint("state IN ('on_post', 'retired')", name=op.f("ck_officer_state")),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_officer_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_officer")),
        sa.UniqueConstraint("id", "staffing", name=op.f("uq_officer_id_staffing")),
    )
    op.create_index("ix_officer_district", "officer", ["district", "id"], unique=False)
    op.create_index("ix_officer_organisation", "officer", ["organisation"], unique=False)
    op.create_index(
        "ix_officer_parties", "officer", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_officer_subject_id", "officer", ["subject_id", "id"], unique=False)
    op.create_index("ix_officer_township", "officer", ["township", "id"], unique=False)
    op.create_index(
        "uq_officer_on_post_identity",
        "officer",
        ["identity_index"],
        unique=True,
        postgresql_where=sa.text("state = 'on_post'"),
    )
    op.create_table(
        "programme_participant",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("joined_on", sa.Date(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('pilot', 'voluntary')", name=op.f("ck_programme_participant_kind")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme.id"], name=op.f("fk_programme_participant_programme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_participant")),
    )
    op.create_index(
        "uq_programme_participant_division",
        "programme_participant",
        ["programme_id", "division"],
        unique=True,
    )
    op.create_table(
        "subject_history",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("changes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_subject_history_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_subject_history")),
        sa.UniqueConstraint(
            "subject_id", "version", name=op.f("uq_subject_history_subject_id_version")
        ),
    )
    op.create_table(
        "certificate",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("staffing", sa.Text(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("certificate_no", sa.Text(), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("training_hours", sa.Integer(), nullable=True),
        sa.Column("trained_on", sa.Date(), nullable=True),
        sa.Column("exam_score", sa.Integer(), nullable=True),
        sa.Column("examined_on", sa.Date(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint(
            "staffing = 'staff' OR state IN ('revoked', 'expired', 'surrendered')",
            name=op.f("ck_certificate_auxiliary"),
        ),
        sa.CheckConstraint(
            "state IN ('applied', 'trained', 'examined', 'active', 'suspended', 'revoked',"
            " 'expired', 'surrendered')",
            name=op.f("ck_certificate_state"),
        ),
        sa.CheckConstraint(
            "state IN ('applied', 'trained', 'examined', 'surrendered') OR"
            " num_nulls(certificate_no, issuer, issued_on, valid_to) = 0",
            name=op.f("ck_certificate_issued"),
        ),
        sa.ForeignKeyConstraint(
            ["officer_id", "staffing"],
            ["officer.id", "officer.staffing"],
            name=op.f("fk_certificate_officer_id_staffing"),
            onupdate="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_certificate")),
    )
    op.create_index("ix_certificate_officer_id", "certificate", ["officer_id", "id"], unique=False)
    op.create_index(
        "uq_certificate_current",
        "certificate",
        ["officer_id"],
        unique=True,
        postgresql_where=sa.text("current"),
    )
    op.create_index(
        "uq_certificate_number", "certificate", ["issuer", "certificate_no"], unique=True
    )
