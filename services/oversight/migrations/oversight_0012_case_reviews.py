"""reviews of case files"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "oversight_0012"
down_revision = "oversight_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "case_review",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("uscc", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("population", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("seed", sa.Text(), nullable=False),
        sa.Column("sample_size", sa.Integer(), nullable=False),
        sa.Column("weights", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("gap", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reviewers", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column(
            "arbiter", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("scorers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("open_files", sa.Integer(), nullable=False),
        sa.Column("score", sa.Numeric(precision=7, scale=2), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "objection", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "decision", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("announced_by", sa.Text(), nullable=True),
        sa.Column("announced_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("concluded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
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
            "announced_at IS NOT NULL OR (township IS NULL AND organisation IS NULL AND domains "
            "= '{}')",
            name=op.f("ck_case_review_concealed"),
        ),
        sa.CheckConstraint(
            "state IN ('sampled', 'assigned', 'scored', 'announced', 'objected', 'concluded', "
            "'cancelled')",
            name=op.f("ck_case_review_state"),
        ),
        sa.CheckConstraint(
            "NOT (announced_by = ANY (scorers))", name=op.f("ck_case_review_two_hands")
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_case_review_inspection_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject_view.id"], name=op.f("fk_case_review_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_review")),
    )
    op.create_index("ix_case_review_district", "case_review", ["district", "id"], unique=False)
    op.create_index(
        "ix_case_review_domains", "case_review", ["domains"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_case_review_organisation", "case_review", ["organisation"], unique=False)
    op.create_index(
        "ix_case_review_parties", "case_review", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_case_review_subject_id", "case_review", ["subject_id", "id"], unique=False)
    op.create_index("ix_case_review_township", "case_review", ["township", "id"], unique=False)
    op.create_index(
        "uq_case_review_inspection_id",
        "case_review",
        ["inspection_id"],
        unique=True,
        postgresql_where=sa.text("state <> 'cancelled'"),
    )
    op.create_table(
        "case_file",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("review_id", sa.Uuid(), nullable=False),
        sa.Column("uscc", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("score", sa.Numeric(precision=7, scale=2), nullable=True),
        sa.Column("errors", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("finding_id", sa.Uuid(), nullable=True),
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
            "state IN ('sampled', 'disputed') OR score IS NOT NULL", name=op.f("ck_case_file_score")
        ),
        sa.CheckConstraint(
            "state IN ('sampled', 'disputed', 'settled', 'raised')", name=op.f("ck_case_file_state")
        ),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["finding.id"], name=op.f("fk_case_file_finding_id")
        ),
        sa.ForeignKeyConstraint(
            ["review_id"], ["case_review.id"], name=op.f("fk_case_file_review_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject_view.id"], name=op.f("fk_case_file_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_file")),
    )
    op.create_index("ix_case_file_district", "case_file", ["district", "id"], unique=False)
    op.create_index(
        "ix_case_file_domains", "case_file", ["domains"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_case_file_organisation", "case_file", ["organisation"], unique=False)
    op.create_index(
        "ix_case_file_parties", "case_file", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_case_file_township", "case_file", ["township", "id"], unique=False)
    op.create_index("uq_case_file_number", "case_file", ["review_id", "number"], unique=True)
    op.create_table(
        "case_sheet",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("case_file_id", sa.Uuid(), nullable=False),
        sa.Column("scorer", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("errors", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("score", sa.Numeric(precision=7, scale=2), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=False),
        sa.Column("handed_in_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("role IN ('reviewer', 'arbiter')", name=op.f("ck_case_sheet_role")),
        sa.ForeignKeyConstraint(
            ["case_file_id"], ["case_file.id"], name=op.f("fk_case_sheet_case_file_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_case_sheet")),
    )
    op.create_index("uq_case_sheet_scorer", "case_sheet", ["case_file_id", "scorer"], unique=True)
