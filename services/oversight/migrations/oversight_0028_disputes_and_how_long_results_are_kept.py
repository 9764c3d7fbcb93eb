"""times during which a dispute is pending; results of records are kept for a time"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "oversight_0028"
down_revision = "oversight_0027"
branch_labels = None
depends_on = None


# What is before 2022 lies in one partition: of it the acts of the months before go one by one.
DROP = """
CREATE OR REPLACE FUNCTION drop_act_months(before date) RETURNS integer LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    name text;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('act_month'));
    FOR name IN
        SELECT relname FROM pg_class
        WHERE relnamespace = 'act_month'::regnamespace AND relkind = 'r'
          AND substring(relname FROM '[0-9]{4}_[0-9]{2}$')
              < to_char(drop_act_months.before, 'YYYY_MM')
    LOOP
        EXECUTE format('DROP TABLE act_month.%I', name);
        dropped := dropped + 1;
    END LOOP;
    DELETE FROM act_month.act_early WHERE id < act_month.bound(drop_act_months.before);
    DELETE FROM act_month.act_change_early WHERE act_id < act_month.bound(drop_act_months.before);
    DELETE FROM act_key WHERE act_id < act_month.bound(drop_act_months.before);
    RETURN dropped;
END $$
"""
# Of the batches that are there; the rule in force is asked when the time has come. A new database
# gets its timers after this, and has no batches.
PURGE = """
DO $$
BEGIN
    IF to_regclass('timer') IS NOT NULL THEN
        INSERT INTO timer (kind, ref, due_at, attempts, next_attempt_at)
        SELECT 'act_result.purge', id, ended_at + interval '3 years', 0,
               ended_at + interval '3 years'
        FROM act_batch WHERE ended_at IS NOT NULL
        ON CONFLICT DO NOTHING;
    END IF;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "dispute_span",
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("since", sa.DateTime(timezone=True), nullable=False),
        sa.Column("until", sa.DateTime(timezone=True), nullable=True),
        sa.Column("organisations", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("item_codes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("lead", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("fact_index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("dispute_id", "since", name=op.f("pk_dispute_span")),
    )
    op.create_index(
        "ix_dispute_span_organisations",
        "dispute_span",
        ["organisations"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "safety_action",
        sa.Column("dispute_id", sa.Uuid(), nullable=False),
        sa.Column("act_number", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("dispute_id", "act_number", name=op.f("pk_safety_action")),
    )
    op.execute(DROP)
    op.execute(PURGE)
