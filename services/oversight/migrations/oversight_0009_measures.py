"""measures"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "oversight_0009"
down_revision = "oversight_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "measure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("legal_basis", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("reasons", sa.Text(), nullable=False),
        sa.Column("requirement", sa.Text(), nullable=True),
        sa.Column("executor", sa.Text(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=True),
        sa.Column("officer_name", sa.Text(), nullable=True),
        sa.Column("act_number", sa.Text(), nullable=True),
        sa.Column("act_on", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("period", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_provisional", sa.Boolean(), nullable=False),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decision", sa.Text(), nullable=True),
        sa.Column("executed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("executed_by", sa.Text(), nullable=True),
        sa.Column("execution", sa.Text(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reported_by", sa.Text(), nullable=True),
        sa.Column("reports", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("verified_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("revoked_by", sa.Text(), nullable=True),
        sa.Column("issuer_answer", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
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
            "executor IN ('subject', 'authority', 'issuer')", name=op.f("ck_measure_executor")
        ),
        sa.CheckConstraint(
            "kind IN ('order_performance', 'annul', 'change', 'confirm_illegal', "
            "'confirm_invalid', 'criticise', 'interview', 'suspend_certificate', "
            "'off_post_training')",
            name=op.f("ck_measure_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'decided', 'executed', 'reported', 'verified', 'declined', "
            "'unexecuted', 'revoked')",
            name=op.f("ck_measure_state"),
        ),
        sa.ForeignKeyConstraint(["finding_id"], ["finding.id"], name=op.f("fk_measure_finding_id")),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_measure_inspection_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject_view.id"], name=op.f("fk_measure_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_measure")),
    )
    op.create_index("ix_measure_decided_at", "measure", ["decided_at"], unique=False)
    op.create_index("ix_measure_district", "measure", ["district", "id"], unique=False)
    op.create_index(
        "ix_measure_domains", "measure", ["domains"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_measure_due_at", "measure", ["due_at", "id"], unique=False)
    op.create_index("ix_measure_finding_id", "measure", ["finding_id", "id"], unique=False)
    op.create_index("ix_measure_officer_id", "measure", ["officer_id", "id"], unique=False)
    op.create_index("ix_measure_organisation", "measure", ["organisation"], unique=False)
    op.create_index(
        "ix_measure_parties", "measure", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_measure_subject_id", "measure", ["subject_id", "id"], unique=False)
    op.create_index("ix_measure_township", "measure", ["township", "id"], unique=False)
    op.create_index(
        "uq_measure_live",
        "measure",
        ["finding_id", "kind"],
        unique=True,
        postgresql_where=sa.text("NOT state IN ('verified', 'declined', 'unexecuted', 'revoked')"),
    )
