"""acts from files, reconciliations with sources, the sharing catalogue"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "oversight_0023"
down_revision = "oversight_0022"
branch_labels = None
depends_on = None

# An act gets its later stages where it lies: with room on its page no index has to follow.
MAKE = """
CREATE OR REPLACE FUNCTION make_act_months(months date[]) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    month date;
    parent text;
    name text;
BEGIN
    FOR month IN
        SELECT DISTINCT date_trunc('month', given)::date FROM unnest(months) AS given
        WHERE given >= '2022-01-01' ORDER BY 1
    LOOP
        FOREACH parent IN ARRAY ARRAY['act', 'act_change'] LOOP
            name := format('act_month.%s_%s', parent, to_char(month, 'YYYY_MM'));
            CONTINUE WHEN to_regclass(name) IS NOT NULL;
            PERFORM pg_advisory_xact_lock(hashtext('act_month'));
            CONTINUE WHEN to_regclass(name) IS NOT NULL;
            EXECUTE format(
                'CREATE TABLE %s (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)'
                ' WITH (fillfactor = 85)', name, parent);
            EXECUTE format(
                'ALTER TABLE %I ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)', parent, name,
                act_month.bound(month), act_month.bound((month + interval '1 month')::date));
        END LOOP;
    END LOOP;
END $$
"""
ROOM = """
DO $$
DECLARE
    name text;
BEGIN
    FOR name IN
        SELECT relname FROM pg_class
        WHERE relnamespace = 'act_month'::regnamespace AND relkind = 'r'
    LOOP
        EXECUTE format('ALTER TABLE act_month.%I SET (fillfactor = 85)', name);
    END LOOP;
END $$
"""


def upgrade() -> None:
    op.execute(MAKE)
    op.execute(ROOM)
    op.create_table(
        "act_reconciliation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("source_code", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("told", sa.Integer(), nullable=False),
        sa.Column("told_digest", sa.Text(), nullable=True),
        sa.Column("told_ids", postgresql.ARRAY(sa.Text()), nullable=True),
        sa.Column("here", sa.Integer(), nullable=False),
        sa.Column("missing", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("surplus", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("explanation", sa.Text(), nullable=True),
        sa.Column("sent_by", sa.Text(), nullable=False),
        sa.Column("reconciled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('differing', 'agreed', 'explained')",
            name=op.f("ck_act_reconciliation_state"),
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["act_source.id"], name=op.f("fk_act_reconciliation_source_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act_reconciliation")),
        sa.UniqueConstraint("source_id", "day", name=op.f("uq_act_reconciliation_source_id_day")),
    )
    op.create_index(
        "ix_act_reconciliation_district", "act_reconciliation", ["district", "id"], unique=False
    )
    op.create_index(
        "ix_act_reconciliation_organisation",
        "act_reconciliation",
        ["organisation", "id"],
        unique=False,
    )
    op.create_index(
        "ix_act_reconciliation_parties",
        "act_reconciliation",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_act_reconciliation_township", "act_reconciliation", ["township", "id"], unique=False
    )
    op.create_table(
        "sharing_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("organisation_name", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("direction", sa.Text(), nullable=False),
        sa.Column("data", sa.Text(), nullable=False),
        sa.Column("items", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("every_days", sa.Integer(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("entered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("entered_by", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "direction IN ('supplies', 'receives')", name=op.f("ck_sharing_entry_direction")
        ),
        sa.CheckConstraint("state IN ('active', 'ended')", name=op.f("ck_sharing_entry_state")),
        sa.ForeignKeyConstraint(
            ["source_id"], ["act_source.id"], name=op.f("fk_sharing_entry_source_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sharing_entry")),
    )
    op.create_index("ix_sharing_entry_district", "sharing_entry", ["district", "id"], unique=False)
    op.create_index(
        "ix_sharing_entry_organisation", "sharing_entry", ["organisation", "id"], unique=False
    )
    op.create_index(
        "ix_sharing_entry_parties",
        "sharing_entry",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index("ix_sharing_entry_source_id", "sharing_entry", ["source_id"], unique=False)
    op.create_index("ix_sharing_entry_township", "sharing_entry", ["township", "id"], unique=False)
    op.add_column("act_batch", sa.Column("file_type", sa.Text(), nullable=True))
    op.create_index("ix_act_source_id_began_at", "act", ["source_id", "began_at"])
