"""acts, by month, and their sources; delegations and items of township lists as told"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "oversight_0019"
down_revision = "oversight_0018"
branch_labels = None
depends_on = None


# The least id of a day: an act's id begins with the millisecond at which the act began.
BOUND = """
CREATE FUNCTION act_month.bound(day date) RETURNS uuid LANGUAGE sql IMMUTABLE AS $$
    SELECT (lpad(to_hex((extract(epoch FROM day) * 1000)::bigint), 12, '0')
            || repeat('0', 20))::uuid
$$
"""
# The application may make and drop no tables: these months it may, through its owner's functions.
# Made first and attached then, which does not keep readers of the acts waiting.
MAKE = """
CREATE FUNCTION make_act_months(months date[]) RETURNS void LANGUAGE plpgsql
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
                'CREATE TABLE %s (LIKE %I INCLUDING DEFAULTS INCLUDING CONSTRAINTS)', name, parent);
            EXECUTE format(
                'ALTER TABLE %I ATTACH PARTITION %s FOR VALUES FROM (%L) TO (%L)', parent, name,
                act_month.bound(month), act_month.bound((month + interval '1 month')::date));
        END LOOP;
    END LOOP;
END $$
"""
DROP = """
CREATE FUNCTION drop_act_months(before date) RETURNS integer LANGUAGE plpgsql
SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    name text;
    dropped integer := 0;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('act_month'));
    FOR name IN
        SELECT relname FROM pg_class
        WHERE relnamespace = 'act_month'::regnamespace AND relkind = 'r'
          AND (relname ~ '_early$' AND before >= '2022-01-01'
               OR substring(relname FROM '[0-9]{4}_[0-9]{2}$') < to_char(before, 'YYYY_MM'))
    LOOP
        IF name ~ '_early$' THEN
            EXECUTE format('DELETE FROM act_month.%I', name);
        ELSE
            EXECUTE format('DROP TABLE act_month.%I', name);
            dropped := dropped + 1;
        END IF;
    END LOOP;
    DELETE FROM act_key WHERE act_id < act_month.bound(before);
    RETURN dropped;
END $$
"""


def upgrade() -> None:
    op.create_table(
        "act",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("backfill", sa.Boolean(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("procedure", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("item_code", sa.Text(), nullable=True),
        sa.Column("power_id", sa.Uuid(), nullable=True),
        sa.Column("delegation_no", sa.Text(), nullable=True),
        sa.Column("delegation_id", sa.Uuid(), nullable=True),
        sa.Column("certificate_nos", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("performed_by", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("awaiting", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("party_kind", sa.Text(), nullable=True),
        sa.Column("party_masked", sa.Text(), nullable=True),
        sa.Column("party_key", sa.LargeBinary(), nullable=True),
        sa.Column("party_sealed", sa.LargeBinary(), nullable=True),
        sa.Column("party_digest", sa.LargeBinary(), nullable=True),
        sa.Column("check_no", sa.Text(), nullable=True),
        sa.Column("began_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("investigated_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("legal_review_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("executed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("documents", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("excluded_periods", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("extended_to", sa.Date(), nullable=True),
        sa.Column("legal_review", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("recording_ref", sa.Text(), nullable=True),
        sa.Column("penalties", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("fine_fen", sa.BigInteger(), nullable=False),
        sa.Column("confiscated_fen", sa.BigInteger(), nullable=False),
        sa.Column("publication_url", sa.Text(), nullable=True),
        sa.Column("criminal_suspected", sa.Boolean(), nullable=False),
        sa.Column("transfer_no", sa.Text(), nullable=True),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
        sa.Column("told", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "kind IN ('penalty', 'permit', 'coercion', 'check', 'levy', "
            "'requisition', 'adjudication', 'benefit', 'confirmation', 'award', 'other')",
            name=op.f("ck_act_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('filed', 'investigated', 'legal_review', 'decided', "
            "'served', 'published', 'executed', 'closed', 'withdrawn')",
            name=op.f("ck_act_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act")),
        postgresql_partition_by="RANGE (id)",
    )
    op.create_index(
        "ix_act_awaiting",
        "act",
        ["awaiting"],
        unique=False,
        postgresql_using="gin",
        postgresql_where=sa.text("awaiting <> '{}'"),
    )
    op.create_index("ix_act_district", "act", ["district", "id"], unique=False)
    op.create_index("ix_act_domains", "act", ["domains"], unique=False, postgresql_using="gin")
    op.create_index("ix_act_organisation", "act", ["organisation", "id"], unique=False)
    op.create_index("ix_act_parties", "act", ["parties"], unique=False, postgresql_using="gin")
    op.create_index(
        "ix_act_party_key",
        "act",
        ["party_key", "id"],
        unique=False,
        postgresql_where=sa.text("kind = 'check' AND party_key IS NOT NULL"),
    )
    op.create_index("ix_act_source_id", "act", ["source_id", "id"], unique=False)
    op.create_index("ix_act_township", "act", ["township", "id"], unique=False)
    op.create_table(
        "act_batch_chunk",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last_line", sa.Integer(), nullable=False),
        sa.Column("results", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_act_batch_chunk")),
    )
    op.create_table(
        "act_batch_content",
        sa.Column("batch_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("first_line", sa.Integer(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("batch_id", "number", name=op.f("pk_act_batch_content")),
    )
    op.create_table(
        "act_change",
        sa.Column("act_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("batch_id", sa.Uuid(), nullable=True),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("before", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("after", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.PrimaryKeyConstraint("act_id", "version", name=op.f("pk_act_change")),
        postgresql_partition_by="RANGE (act_id)",
    )
    op.create_table(
        "act_count",
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("acts", sa.BigInteger(), nullable=False),
        sa.Column("fine_fen", sa.BigInteger(), nullable=False),
        sa.Column("confiscated_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "stage",
            "month",
            "place",
            "organisation",
            "kind",
            "result",
            "domains",
            name=op.f("pk_act_count"),
        ),
    )
    op.create_index(
        "ix_act_count_organisation", "act_count", ["organisation", "month"], unique=False
    )
    op.create_index("ix_act_count_place", "act_count", ["place", "month"], unique=False)
    op.create_table(
        "act_delta",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("month", sa.Date(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("acts", sa.Integer(), nullable=False),
        sa.Column("fine_fen", sa.BigInteger(), nullable=False),
        sa.Column("confiscated_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act_delta")),
    )
    op.create_table(
        "act_key",
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("external_id", sa.Text(), nullable=False),
        sa.Column("act_id", sa.Uuid(), nullable=False),
        sa.PrimaryKeyConstraint("source_id", "external_id", name=op.f("pk_act_key")),
    )
    op.create_table(
        "act_reference_told",
        sa.Column("reference", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("reference", name=op.f("pk_act_reference_told")),
    )
    op.create_table(
        "act_source",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("organisations", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("divisions", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("accounts", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("every_days", sa.Integer(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('rest', 'nats', 'file')", name=op.f("ck_act_source_channel")
        ),
        sa.CheckConstraint(
            "state IN ('active', 'suspended', 'closed')", name=op.f("ck_act_source_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act_source")),
        sa.UniqueConstraint("code", name=op.f("uq_act_source_code")),
    )
    op.create_index("ix_act_source_district", "act_source", ["district", "id"], unique=False)
    op.create_index("ix_act_source_organisation", "act_source", ["organisation"], unique=False)
    op.create_index(
        "ix_act_source_parties", "act_source", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_act_source_township", "act_source", ["township", "id"], unique=False)
    op.create_table(
        "delegation_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delegator_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("trustee_kind", sa.Text(), nullable=False),
        sa.Column("trustee_id", sa.Uuid(), nullable=True),
        sa.Column("trustee_code", sa.Text(), nullable=False),
        sa.Column("trustee_name", sa.Text(), nullable=False),
        sa.Column("power_codes", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("deed_no", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("fact_index", sa.BigInteger(), nullable=False),
        sa.Column("told_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation_view")),
    )
    op.create_index("ix_delegation_view_deed_no", "delegation_view", ["deed_no"], unique=False)
    op.create_index(
        "ix_delegation_view_district", "delegation_view", ["district", "id"], unique=False
    )
    op.create_index(
        "ix_delegation_view_domains",
        "delegation_view",
        ["domains"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_delegation_view_organisation", "delegation_view", ["organisation"], unique=False
    )
    op.create_index(
        "ix_delegation_view_parties",
        "delegation_view",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_delegation_view_township", "delegation_view", ["township", "id"], unique=False
    )
    op.create_index(
        "ix_delegation_view_trustee_code", "delegation_view", ["trustee_code"], unique=False
    )
    op.create_table(
        "listed_item_view",
        sa.Column("item_list_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("power_kind", sa.Text(), nullable=False),
        sa.Column("power_id", sa.Uuid(), nullable=True),
        sa.Column("delegation_id", sa.Uuid(), nullable=True),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("item_list_id", "code", name=op.f("pk_listed_item_view")),
    )
    op.create_index(
        "ix_listed_item_view_code", "listed_item_view", ["code", "division"], unique=False
    )
    op.create_table(
        "act_batch",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("source_code", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("dry_run", sa.Boolean(), nullable=False),
        sa.Column("backfill", sa.Boolean(), nullable=False),
        sa.Column("idempotency_key", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("records", sa.Integer(), nullable=False),
        sa.Column("chunks", sa.Integer(), nullable=False),
        sa.Column("worked", sa.Integer(), nullable=False),
        sa.Column("accepted", sa.Integer(), nullable=False),
        sa.Column("updated", sa.Integer(), nullable=False),
        sa.Column("unchanged", sa.Integer(), nullable=False),
        sa.Column("refused", sa.Integer(), nullable=False),
        sa.Column("problem", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("sent_by", sa.Text(), nullable=False),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "channel IN ('rest', 'nats', 'file')", name=op.f("ck_act_batch_channel")
        ),
        sa.CheckConstraint(
            "state IN ('receiving', 'queued', 'working', 'done', 'failed', 'abandoned')",
            name=op.f("ck_act_batch_state"),
        ),
        sa.ForeignKeyConstraint(
            ["source_id"], ["act_source.id"], name=op.f("fk_act_batch_source_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_act_batch")),
    )
    op.create_index("ix_act_batch_digest", "act_batch", ["source_id", "digest"], unique=False)
    op.create_index("ix_act_batch_district", "act_batch", ["district", "id"], unique=False)
    op.create_index("ix_act_batch_organisation", "act_batch", ["organisation", "id"], unique=False)
    op.create_index(
        "ix_act_batch_parties", "act_batch", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_act_batch_source_id", "act_batch", ["source_id", "id"], unique=False)
    op.create_index("ix_act_batch_township", "act_batch", ["township", "id"], unique=False)
    op.create_index(
        "uq_act_batch_idempotency_key",
        "act_batch",
        ["source_id", "idempotency_key"],
        unique=True,
        postgresql_where=sa.text("idempotency_key IS NOT NULL"),
    )
    op.create_table(
        "act_mapping",
        sa.Column("source_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("codes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("made_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("made_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["source_id"], ["act_source.id"], name=op.f("fk_act_mapping_source_id")
        ),
        sa.PrimaryKeyConstraint("source_id", "edition", name=op.f("pk_act_mapping")),
    )
    op.create_index("ix_officer_view_certificate_no", "officer_view", ["certificate_no"])
    op.create_index("ix_power_view_code", "power_view", ["code"])
    op.execute("CREATE SCHEMA act_month")
    for function in (BOUND, MAKE, DROP):
        op.execute(function)
    for table in ("act", "act_change"):
        op.execute(
            f"CREATE TABLE act_month.{table}_early PARTITION OF {table}"
            " FOR VALUES FROM (MINVALUE) TO (act_month.bound('2022-01-01'))"
        )
