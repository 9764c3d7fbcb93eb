"""Proposals that somebody be called to account."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "escalation_0008"
down_revision = "escalation_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "accountability",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("target_kind", sa.Text(), nullable=False),
        sa.Column("target", sa.LargeBinary(), nullable=False),
        sa.Column("target_digest", sa.LargeBinary(), nullable=False),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("legal_basis", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("suggestion", sa.Text(), nullable=False),
        sa.Column("evidence", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("proposed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("remarks", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("organ", sa.Text(), nullable=True),
        sa.Column("organ_name", sa.Text(), nullable=True),
        sa.Column("organ_kind", sa.Text(), nullable=True),
        sa.Column("document_number", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_by", sa.Text(), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("declined", sa.Text(), nullable=True),
        sa.Column("urges", sa.SmallInteger(), nullable=False),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("outcome_text", sa.Text(), nullable=True),
        sa.Column("outcome_number", sa.Text(), nullable=True),
        sa.Column("outcome_on", sa.Date(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reported_by", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_provisional", sa.Boolean(), nullable=False),
        sa.Column("due_rule", sa.Text(), nullable=True),
        sa.Column("due_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.CheckConstraint(
            "ground in ('no_qualification', 'unlawful_act', 'not_performed', "
            "'abuse', 'no_transfer', 'outsourcing', 'concealment', "
            "'not_corrected', 'obstruction', 'other')",
            name=op.f("ck_accountability_ground"),
        ),
        sa.CheckConstraint(
            "organ_kind in ('appointing', 'superior', 'discipline', 'judiciary')",
            name=op.f("ck_accountability_organ_kind"),
        ),
        sa.CheckConstraint(
            "outcome in ('criticism', 'admonition', 'circular', 'leave_post', "
            "'discipline', 'judiciary', 'none')",
            name=op.f("ck_accountability_outcome"),
        ),
        sa.CheckConstraint(
            "state in ('proposed', 'returned', 'rejected', 'approved', 'sent', "
            "'acknowledged', 'reported', 'closed', 'withdrawn')",
            name=op.f("ck_accountability_state"),
        ),
        sa.CheckConstraint(
            "suggestion in ('criticism', 'circular', 'leave_post', 'discipline', 'judiciary')",
            name=op.f("ck_accountability_suggestion"),
        ),
        sa.CheckConstraint(
            "target_kind in ('officer', 'leader', 'unit')",
            name=op.f("ck_accountability_target_kind"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_accountability")),
    )
    op.create_index(
        "ix_accountability_district", "accountability", ["district", "id"], unique=False
    )
    op.create_index(
        "ix_accountability_due_at",
        "accountability",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state in ('proposed', 'approved', 'sent', 'acknowledged')"),
    )
    op.create_index(
        "ix_accountability_parties",
        "accountability",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_accountability_proposed_at", "accountability", ["proposed_at"], unique=False
    )
    op.create_index(
        "ix_accountability_township", "accountability", ["township", "id"], unique=False
    )
    op.create_index("uq_accountability_number", "accountability", ["number"], unique=True)
