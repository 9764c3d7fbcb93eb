"""delegations, and the powers that each claims for a place and a time"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.past import install_past

revision = "registry_0022"
down_revision = "registry_0021"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # A trusted extension: the owner of the database makes it. It compares ids in a GiST index.
    op.execute("CREATE EXTENSION IF NOT EXISTS btree_gist")
    op.create_table(
        "delegation_past",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delegator_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("trustee_kind", sa.Text(), nullable=False),
        sa.Column("trustee_id", sa.Uuid(), nullable=True),
        sa.Column("trustee_name", sa.Text(), nullable=False),
        sa.Column("trustee_code", sa.Text(), nullable=False),
        sa.Column("power_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("basis", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("authors", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "evaluation", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("evaluated_by", sa.Text(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("deed_no", sa.Text(), nullable=True),
        sa.Column("deed_signed_on", sa.Date(), nullable=True),
        sa.Column("deed_sha256", sa.Text(), nullable=True),
        sa.Column("filing_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("filed_on", sa.Date(), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("published_in", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("search_pairs", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", "since", name=op.f("pk_delegation_past")),
    )
    op.create_index(
        "ix_delegation_past_district", "delegation_past", ["district", "id"], unique=False
    )
    op.create_index(
        "ix_delegation_past_open",
        "delegation_past",
        ["id"],
        unique=False,
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_index(
        "ix_delegation_past_parties",
        "delegation_past",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_delegation_past_township", "delegation_past", ["township", "id"], unique=False
    )
    op.create_table(
        "delegation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delegator_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("trustee_kind", sa.Text(), nullable=False),
        sa.Column("trustee_id", sa.Uuid(), nullable=True),
        sa.Column("trustee_name", sa.Text(), nullable=False),
        sa.Column("trustee_code", sa.Text(), nullable=False),
        sa.Column("power_ids", postgresql.ARRAY(sa.Uuid()), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("basis", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("valid_from", sa.Date(), nullable=False),
        sa.Column("valid_to", sa.Date(), nullable=False),
        sa.Column("authors", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "evaluation", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("evaluated_by", sa.Text(), nullable=True),
        sa.Column("approved_by", sa.Text(), nullable=True),
        sa.Column("deed_no", sa.Text(), nullable=True),
        sa.Column("deed_signed_on", sa.Date(), nullable=True),
        sa.Column("deed_sha256", sa.Text(), nullable=True),
        sa.Column("filing_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("filed_on", sa.Date(), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("published_in", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("search_pairs", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "(trustee_kind = 'subject') = (trustee_id IS NOT NULL)",
            name=op.f("ck_delegation_trustee_subject"),
        ),
        sa.CheckConstraint(
            "state IN ('drafted', 'evaluated', 'approved', 'filed', 'published', 'active',"
            " 'expiring', 'expired', 'revoked', 'refused')",
            name=op.f("ck_delegation_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('published', 'active', 'expiring', 'expired')"
            " OR num_nulls(filed_on, published_on, published_in) = 0",
            name=op.f("ck_delegation_published"),
        ),
        sa.CheckConstraint(
            "trustee_kind IN ('subject', 'public_affairs') AND left(trustee_code, 1) <> '9'",
            name=op.f("ck_delegation_trustee"),
        ),
        sa.CheckConstraint("cardinality(basis) > 0", name=op.f("ck_delegation_basis")),
        sa.CheckConstraint("cardinality(power_ids) > 0", name=op.f("ck_delegation_powers")),
        sa.CheckConstraint(
            "filed_on IS NULL OR deed_no IS NOT NULL", name=op.f("ck_delegation_filed")
        ),
        sa.CheckConstraint(
            "num_nonnulls(deed_no, deed_signed_on, deed_sha256, filing_due_at) IN (0, 4)",
            name=op.f("ck_delegation_deed"),
        ),
        sa.CheckConstraint("trustee_code <> organisation", name=op.f("ck_delegation_another_body")),
        sa.CheckConstraint("valid_to >= valid_from", name=op.f("ck_delegation_period")),
        sa.ForeignKeyConstraint(
            ["delegator_id"], ["subject.id"], name=op.f("fk_delegation_delegator_id")
        ),
        sa.ForeignKeyConstraint(
            ["trustee_id"], ["subject.id"], name=op.f("fk_delegation_trustee_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegation")),
    )
    op.create_index(
        "ix_delegation_delegator_id", "delegation", ["delegator_id", "id"], unique=False
    )
    op.create_index("ix_delegation_district", "delegation", ["district", "id"], unique=False)
    op.create_index(
        "ix_delegation_domains", "delegation", ["domains"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_delegation_organisation", "delegation", ["organisation"], unique=False)
    op.create_index(
        "ix_delegation_power_ids", "delegation", ["power_ids"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_delegation_parties", "delegation", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_delegation_search_pairs",
        "delegation",
        ["search_pairs"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index("ix_delegation_state", "delegation", ["state", "id"], unique=False)
    op.create_index("ix_delegation_township", "delegation", ["township", "id"], unique=False)
    op.create_index(
        "ix_delegation_trustee_code", "delegation", ["trustee_code", "id"], unique=False
    )
    op.create_index("ix_delegation_trustee_id", "delegation", ["trustee_id", "id"], unique=False)
    op.create_index("uq_delegation_deed_no", "delegation", ["organisation", "deed_no"], unique=True)
    op.create_table(
        "delegated_power",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("delegation_id", sa.Uuid(), nullable=False),
        sa.Column("power_id", sa.Uuid(), nullable=False),
        sa.Column("area", postgresql.INT8MULTIRANGE(), nullable=False),
        sa.Column("period", postgresql.DATERANGE(), nullable=False),
        postgresql.ExcludeConstraint(
            (sa.column("power_id"), "="),
            (sa.column("area"), "&&"),
            (sa.column("period"), "&&"),
            using="gist",
            name="ex_delegated_power_overlap",
        ),
        sa.ForeignKeyConstraint(
            ["delegation_id"], ["delegation.id"], name=op.f("fk_delegated_power_delegation_id")
        ),
        sa.ForeignKeyConstraint(
            ["power_id"], ["power.id"], name=op.f("fk_delegated_power_power_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_delegated_power")),
    )
    op.create_index(
        "ix_delegated_power_power_id",
        "delegated_power",
        ["power_id", "delegation_id"],
        unique=False,
    )
    op.create_index(
        "uq_delegated_power_delegation",
        "delegated_power",
        ["delegation_id", "power_id"],
        unique=True,
    )
    install_past(op.get_bind(), "delegation")
