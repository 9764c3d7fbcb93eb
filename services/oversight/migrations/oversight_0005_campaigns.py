"""campaigns"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "oversight_0005"
down_revision = "oversight_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "campaign",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("authority_organisation", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("mode", sa.Text(), nullable=False),
        sa.Column("concealed", sa.Boolean(), nullable=False),
        sa.Column("theme", sa.Text(), nullable=False),
        sa.Column("target_domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("divisions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("plan", sa.Text(), nullable=False),
        sa.Column("target", sa.Integer(), nullable=True),
        sa.Column("ground", sa.Text(), nullable=False),
        sa.Column("ground_reference", sa.Text(), nullable=True),
        sa.Column("recurrence", sa.Text(), nullable=True),
        sa.Column("recurs_until", sa.Date(), nullable=True),
        sa.Column("follows_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("approver", sa.Text(), nullable=True),
        sa.Column("planned_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("planned_by", sa.Text(), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("authors", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("return_reason", sa.Text(), nullable=True),
        sa.Column("approved_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("started_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("report_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("report", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reported_by", sa.Text(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Text(), nullable=True),
        sa.Column("cancelled_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("cancelled_by", sa.Text(), nullable=True),
        sa.Column("cancel_reason", sa.Text(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "ground IN"
            " ('plan', 'authority', 'superior', 'judicial', 'complaints', 'media', 'other')",
            name=op.f("ck_campaign_ground"),
        ),
        sa.CheckConstraint(
            "kind IN ('special', 'focused', 'routine')", name=op.f("ck_campaign_kind")
        ),
        sa.CheckConstraint(
            "mode <> 'unannounced' OR NOT concealed OR"
            " (township IS NULL AND parties = '{}' AND domains = '{}')",
            name=op.f("ck_campaign_concealed"),
        ),
        sa.CheckConstraint(
            "mode <> 'unannounced' OR concealed OR state IN ('reported', 'running', 'closed')",
            name=op.f("ck_campaign_disclosed"),
        ),
        sa.CheckConstraint(
            "mode IN ('announced', 'unannounced', 'file_review', 'double_random')",
            name=op.f("ck_campaign_mode"),
        ),
        sa.CheckConstraint(
            "recurrence IN ('monthly', 'quarterly', 'yearly')", name=op.f("ck_campaign_recurrence")
        ),
        sa.CheckConstraint(
            "state IN"
            " ('planned', 'returned', 'approved', 'running', 'reported', 'closed', 'cancelled')",
            name=op.f("ck_campaign_state"),
        ),
        sa.CheckConstraint("cardinality(divisions) > 0", name=op.f("ck_campaign_divisions")),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_campaign_period")),
        sa.ForeignKeyConstraint(
            ["follows_id"], ["campaign.id"], name=op.f("fk_campaign_follows_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_campaign")),
    )
    op.create_index("ix_campaign_district", "campaign", ["district", "id"], unique=False)
    op.create_index(
        "ix_campaign_domains", "campaign", ["domains"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_campaign_parties", "campaign", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_campaign_starts_on", "campaign", ["starts_on", "id"], unique=False)
    op.create_index("ix_campaign_township", "campaign", ["township", "id"], unique=False)
    op.create_index("uq_campaign_follows_id", "campaign", ["follows_id"], unique=True)
    op.add_column("inspection", sa.Column("campaign_id", sa.Uuid(), nullable=True))
    op.create_index("ix_inspection_campaign_id", "inspection", ["campaign_id", "id"], unique=False)
    op.create_foreign_key(
        op.f("fk_inspection_campaign_id"), "inspection", "campaign", ["campaign_id"], ["id"]
    )
