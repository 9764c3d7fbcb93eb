"""Disputes between enforcement bodies, and their parties."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "escalation_0006"
down_revision = "escalation_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "dispute",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("item_codes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("opened_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("terms", sa.Text(), nullable=True),
        sa.Column("application", sa.Text(), nullable=True),
        sa.Column("negotiation", sa.Text(), nullable=True),
        sa.Column("documents", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("applied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("applied_by", sa.Text(), nullable=True),
        sa.Column("refusal_ground", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("forwarded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("exchanged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("interim_measures", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("lead", sa.Text(), nullable=True),
        sa.Column("safety_actions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.Column("competent", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("proposed_lead", sa.Text(), nullable=True),
        sa.Column("proposed_by", sa.Text(), nullable=True),
        sa.Column("remarks", sa.Text(), nullable=True),
        sa.Column("opined_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("opined_by", sa.Text(), nullable=True),
        sa.Column("objection", sa.Text(), nullable=True),
        sa.Column("objected_by", sa.Text(), nullable=True),
        sa.Column("submission", sa.Text(), nullable=True),
        sa.Column("ruling", sa.Text(), nullable=True),
        sa.Column("ruling_number", sa.Text(), nullable=True),
        sa.Column("ruled_on", sa.Date(), nullable=True),
        sa.Column("ruling_authority", sa.Text(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("execution", sa.Text(), nullable=True),
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
            "kind in ('jurisdiction', 'basis', 'joint_enforcement', 'assistance', 'transfer')",
            name=op.f("ck_dispute_kind"),
        ),
        sa.CheckConstraint(
            "level in ('township', 'district', 'bureau')", name=op.f("ck_dispute_level")
        ),
        sa.CheckConstraint(
            "refusal_ground in ('not_enforcement', 'not_negotiated', "
            "'not_competent', 'decided', 'in_proceedings')",
            name=op.f("ck_dispute_refusal_ground"),
        ),
        sa.CheckConstraint(
            "state in ('negotiating', 'applied', 'accepted', 'forwarded', "
            "'coordinating', 'proposed', 'opined', 'objected', 'submitted', "
            "'ruled', 'closed', 'settled', 'refused', 'withdrawn')",
            name=op.f("ck_dispute_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_dispute")),
    )
    op.create_index("ix_dispute_decided_at", "dispute", ["decided_at"], unique=False)
    op.create_index("ix_dispute_district", "dispute", ["district", "id"], unique=False)
    op.create_index(
        "ix_dispute_due_at",
        "dispute",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text(
            "state in ('negotiating', 'applied', 'accepted', 'forwarded', "
            "'coordinating', 'proposed', 'objected', 'submitted')"
        ),
    )
    op.create_index("ix_dispute_opened_at", "dispute", ["opened_at"], unique=False)
    op.create_index(
        "ix_dispute_parties", "dispute", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_dispute_township", "dispute", ["township", "id"], unique=False)
    op.create_index("uq_dispute_number", "dispute", ["number"], unique=True)
    op.create_table(
        "dispute_party",
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("position", sa.SmallInteger(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("consented_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("consented_by", sa.Text(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("replied_by", sa.Text(), nullable=True),
        sa.ForeignKeyConstraint(
            ["dispute_id"], ["dispute.id"], name=op.f("fk_dispute_party_dispute_id")
        ),
        sa.PrimaryKeyConstraint("dispute_id", "organisation", name=op.f("pk_dispute_party")),
    )
