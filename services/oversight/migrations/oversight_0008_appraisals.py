"""appraisals and their schemes"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "oversight_0008"
down_revision = "oversight_0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "appraisal_scheme",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("basis", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("indicators", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("vetoes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("authors", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("adopted_by", sa.Text(), nullable=True),
        sa.Column("adopted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "state IN ('drafted', 'adopted', 'superseded', 'discarded')",
            name=op.f("ck_appraisal_scheme_state"),
        ),
        sa.CheckConstraint(
            "NOT (adopted_by = ANY (authors))", name=op.f("ck_appraisal_scheme_two_hands")
        ),
        sa.CheckConstraint("township IS NULL", name=op.f("ck_appraisal_scheme_county_or_above")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal_scheme")),
    )
    op.create_index(
        "ix_appraisal_scheme_district", "appraisal_scheme", ["district", "id"], unique=False
    )
    op.create_index(
        "ix_appraisal_scheme_parties",
        "appraisal_scheme",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_appraisal_scheme_township", "appraisal_scheme", ["township", "id"], unique=False
    )
    op.create_index(
        "uq_appraisal_scheme_adopted",
        "appraisal_scheme",
        ["division", "year"],
        unique=True,
        postgresql_where=sa.text("state = 'adopted'"),
    )
    op.create_index(
        "uq_appraisal_scheme_drafted",
        "appraisal_scheme",
        ["division", "year"],
        unique=True,
        postgresql_where=sa.text("state = 'drafted'"),
    )
    op.create_index(
        "uq_appraisal_scheme_edition",
        "appraisal_scheme",
        ["division", "year", "edition"],
        unique=True,
    )
    op.create_table(
        "appraisal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("scheme_id", sa.Uuid(), nullable=False),
        sa.Column("scheme_title", sa.Text(), nullable=False),
        sa.Column("scheme_division", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("indicators", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("vetoes", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "self_scores", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("self_statement", sa.Text(), nullable=True),
        sa.Column("self_scored_by", sa.Text(), nullable=True),
        sa.Column("self_scored_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "results", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "vetoed", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("score", sa.Numeric(precision=7, scale=2), nullable=True),
        sa.Column("full_score", sa.Numeric(precision=7, scale=2), nullable=False),
        sa.Column("standing", sa.Integer(), nullable=True),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column("reviewed_by", sa.Text(), nullable=True),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "objection", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "hearing", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("heard_by", sa.Text(), nullable=True),
        sa.Column("published_by", sa.Text(), nullable=True),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("use", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("subject_name", sa.Text(), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "grade IN ('excellent', 'good', 'passed', 'failed')", name=op.f("ck_appraisal_grade")
        ),
        sa.CheckConstraint(
            "state IN ('opened', 'self_scored', 'reviewed', 'objected', 'settled', 'published', "
            "'used', 'dropped')",
            name=op.f("ck_appraisal_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('published', 'used') OR num_nulls(score, standing, grade, "
            "reviewed_by, published_by, published_at) = 0",
            name=op.f("ck_appraisal_published"),
        ),
        sa.CheckConstraint("published_by <> reviewed_by", name=op.f("ck_appraisal_two_hands")),
        sa.ForeignKeyConstraint(
            ["scheme_id"], ["appraisal_scheme.id"], name=op.f("fk_appraisal_scheme_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject_view.id"], name=op.f("fk_appraisal_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_appraisal")),
    )
    op.create_index("ix_appraisal_district", "appraisal", ["district", "id"], unique=False)
    op.create_index(
        "ix_appraisal_domains", "appraisal", ["domains"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_appraisal_organisation", "appraisal", ["organisation"], unique=False)
    op.create_index(
        "ix_appraisal_parties", "appraisal", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_appraisal_scheme_id", "appraisal", ["scheme_id", "standing", "id"], unique=False
    )
    op.create_index("ix_appraisal_state", "appraisal", ["state", "id"], unique=False)
    op.create_index("ix_appraisal_township", "appraisal", ["township", "id"], unique=False)
    op.create_index(
        "uq_appraisal_subject",
        "appraisal",
        ["subject_id", "scheme_division", "year"],
        unique=True,
        postgresql_where=sa.text("state <> 'dropped'"),
    )
