"""coverage and yearly counts"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "oversight_0027"
down_revision = "oversight_0026"
branch_labels = None
depends_on = None

YEARS = """
INSERT INTO act_year (year, stage, place, organisation, kind, result, domains,
                      acts, fine_fen, confiscated_fen)
SELECT extract(year FROM month)::int AS y, stage, place, organisation, kind, result, domains,
       sum(acts), sum(fine_fen), sum(confiscated_fen)
FROM act_count GROUP BY y, stage, place, organisation, kind, result, domains
"""


def upgrade() -> None:
    op.create_table(
        "act_year",
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("stage", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("acts", sa.BigInteger(), nullable=False),
        sa.Column("fine_fen", sa.BigInteger(), nullable=False),
        sa.Column("confiscated_fen", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint(
            "year",
            "stage",
            "place",
            "organisation",
            "kind",
            "result",
            "domains",
            name=op.f("pk_act_year"),
        ),
    )
    op.execute(YEARS)
    op.create_index("ix_act_year_organisation", "act_year", ["organisation", "year"], unique=False)
    op.create_table(
        "coverage_change",
        sa.Column("id", sa.BigInteger(), sa.Identity(always=True), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("acts", sa.Boolean(), nullable=False),
        sa.Column("backfill", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage_change")),
    )
    op.create_table(
        "coverage_gap",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("ref", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=True),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("found_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "kind IN ('powers', 'domains', 'subjects', 'officers', 'acts')",
            name=op.f("ck_coverage_gap_kind"),
        ),
        sa.CheckConstraint(
            "reason IN ('power_not_approved', 'body_not_published', 'no_certificate', 'no_check', "
            "'not_ingested')",
            name=op.f("ck_coverage_gap_reason"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_coverage_gap")),
    )
    op.create_index("ix_coverage_gap_district", "coverage_gap", ["district", "id"], unique=False)
    op.create_index(
        "ix_coverage_gap_organisation", "coverage_gap", ["organisation", "id"], unique=False
    )
    op.create_index(
        "ix_coverage_gap_parties", "coverage_gap", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_coverage_gap_township", "coverage_gap", ["township", "id"], unique=False)
    op.create_index("ix_coverage_gap_unit", "coverage_gap", ["unit", "kind"], unique=False)
    op.create_index(
        "uq_coverage_gap_open",
        "coverage_gap",
        ["kind", "unit", "ref"],
        unique=True,
        postgresql_where=sa.text("closed_at IS NULL"),
    )
    op.create_table(
        "coverage_share",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("unit", sa.Text(), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("covered", sa.Integer(), nullable=False),
        sa.Column("total", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "kind IN ('powers', 'domains', 'subjects', 'officers', 'acts')",
            name=op.f("ck_coverage_share_kind"),
        ),
        sa.CheckConstraint("covered BETWEEN 0 AND total", name=op.f("ck_coverage_share_covered")),
        sa.CheckConstraint("until > since", name=op.f("ck_coverage_share_period")),
        sa.PrimaryKeyConstraint("kind", "unit", "since", name=op.f("pk_coverage_share")),
    )
    op.create_index("ix_coverage_share_district", "coverage_share", ["district"], unique=False)
    op.create_index(
        "ix_coverage_share_organisation", "coverage_share", ["organisation"], unique=False
    )
    op.create_index(
        "ix_coverage_share_parties",
        "coverage_share",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index("ix_coverage_share_township", "coverage_share", ["township"], unique=False)
    op.create_index(
        "uq_coverage_share_current",
        "coverage_share",
        ["unit", "kind"],
        unique=True,
        postgresql_where=sa.text("until IS NULL"),
    )
