"""draws"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "oversight_0006"
down_revision = "oversight_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "draw",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("campaign_id", sa.Uuid(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("authority_organisation", sa.Text(), nullable=True),
        sa.Column("concealed", sa.Boolean(), nullable=False),
        sa.Column("divisions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sealed_seed", sa.LargeBinary(), nullable=False),
        sa.Column("seed_hash", sa.Text(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=True),
        sa.Column(
            "lists", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("lists_hash", sa.Text(), nullable=True),
        sa.Column("names", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("bars", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("witness", sa.Text(), nullable=False),
        sa.Column(
            "result", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("skipped", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("committed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("committed_by", sa.Text(), nullable=False),
        sa.Column("fixed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("fixed_by", sa.Text(), nullable=True),
        sa.Column("drawn_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("drawn_by", sa.Text(), nullable=True),
        sa.Column("assigned_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("assigned_by", sa.Text(), nullable=True),
        sa.Column("voided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("voided_by", sa.Text(), nullable=True),
        sa.Column("void_reason", sa.Text(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(seed IS NULL) = (state IN ('committed', 'fixed'))", name=op.f("ck_draw_seed")
        ),
        sa.CheckConstraint(
            "NOT concealed OR (township IS NULL AND parties = '{}' AND domains = '{}')",
            name=op.f("ck_draw_concealed"),
        ),
        sa.CheckConstraint(
            "state IN ('committed', 'fixed', 'drawn', 'assigned', 'voided')",
            name=op.f("ck_draw_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('drawn', 'assigned') OR num_nulls(lists, lists_hash, result) = 0",
            name=op.f("ck_draw_drawn"),
        ),
        sa.ForeignKeyConstraint(["campaign_id"], ["campaign.id"], name=op.f("fk_draw_campaign_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_draw")),
    )
    op.create_index("ix_draw_campaign_id", "draw", ["campaign_id", "id"], unique=False)
    op.create_index("ix_draw_district", "draw", ["district", "id"], unique=False)
    op.create_index("ix_draw_domains", "draw", ["domains"], unique=False, postgresql_using="gin")
    op.create_index("ix_draw_parties", "draw", ["parties"], unique=False, postgresql_using="gin")
    op.create_index("ix_draw_township", "draw", ["township", "id"], unique=False)
    op.create_index(
        "uq_draw_open",
        "draw",
        ["campaign_id"],
        unique=True,
        postgresql_where=sa.text("state IN ('committed', 'fixed', 'drawn')"),
    )
    op.add_column("inspection", sa.Column("draw_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(op.f("fk_inspection_draw_id"), "inspection", "draw", ["draw_id"], ["id"])
