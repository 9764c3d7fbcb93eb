"""rule proposals"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "registry_0021"
down_revision = "registry_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "rule_proposal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column("legal_basis", sa.Text(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("value", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=True),
        sa.Column("article", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("proposed_by", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(kind = 'close') = (effective_to IS NOT NULL)",
            name=op.f("ck_rule_proposal_effective_to"),
        ),
        sa.CheckConstraint("kind IN ('new', 'close')", name=op.f("ck_rule_proposal_kind")),
        sa.CheckConstraint(
            "state <> 'enacted' OR decided_by <> proposed_by",
            name=op.f("ck_rule_proposal_decided_by"),
        ),
        sa.CheckConstraint(
            "state IN ('proposed', 'enacted', 'withdrawn')", name=op.f("ck_rule_proposal_state")
        ),
        sa.CheckConstraint(
            "article IS NULL OR policy_id IS NOT NULL", name=op.f("ck_rule_proposal_article")
        ),
        sa.CheckConstraint("effective_to > effective_from", name=op.f("ck_rule_proposal_period")),
        sa.ForeignKeyConstraint(
            ["policy_id"], ["policy.id"], name=op.f("fk_rule_proposal_policy_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_rule_proposal")),
    )
    op.create_index(
        "ix_rule_proposal_code", "rule_proposal", ["code", "effective_from"], unique=False
    )
    op.create_index(
        "uq_rule_proposal_open",
        "rule_proposal",
        ["code", "effective_from"],
        unique=True,
        postgresql_where=sa.text("state = 'proposed'"),
    )
