"""experiences and evaluations of pilots"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "oversight_0015"
down_revision = "oversight_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "experience",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("summary", sa.Text(), nullable=False),
        sa.Column("practice", sa.Text(), nullable=False),
        sa.Column("results", sa.Text(), nullable=False),
        sa.Column("tags", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("authors", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("accepted_by", sa.Text(), nullable=True),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.Column("published_by", sa.Text(), nullable=True),
        sa.Column("published_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("adoptions", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("search_pairs", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "state IN ('submitted', 'returned', 'accepted', 'published', 'withdrawn')",
            name=op.f("ck_experience_state"),
        ),
        sa.CheckConstraint(
            "NOT (accepted_by = ANY (authors))", name=op.f("ck_experience_two_hands")
        ),
        sa.CheckConstraint(
            "published_by <> accepted_by AND NOT (published_by = ANY (authors))",
            name=op.f("ck_experience_three_hands"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_experience")),
    )
    op.create_index("ix_experience_district", "experience", ["district", "id"], unique=False)
    op.create_index(
        "ix_experience_parties", "experience", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_experience_search_pairs",
        "experience",
        ["search_pairs"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index("ix_experience_state", "experience", ["state", "id"], unique=False)
    op.create_index(
        "ix_experience_tags", "experience", ["tags"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_experience_township", "experience", ["township", "id"], unique=False)
    op.create_table(
        "programme_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("participants", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("fact_index", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_programme_view")),
    )
    op.create_table(
        "evaluation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("programme_id", sa.Uuid(), nullable=False),
        sa.Column("programme_title", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("answerable", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("criteria", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("evaluators", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("entries", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("authors", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("started_by", sa.Text(), nullable=True),
        sa.Column("score", sa.Numeric(precision=7, scale=2), nullable=True),
        sa.Column("grade", sa.Text(), nullable=True),
        sa.Column(
            "means", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("conclusion", sa.Text(), nullable=True),
        sa.Column("completed_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "grade IN ('excellent', 'good', 'passed', 'failed')", name=op.f("ck_evaluation_grade")
        ),
        sa.CheckConstraint(
            "state <> 'completed' OR num_nulls(score, grade, completed_on) = 0",
            name=op.f("ck_evaluation_completed"),
        ),
        sa.CheckConstraint(
            "state IN ('drafted', 'running', 'completed', 'cancelled')",
            name=op.f("ck_evaluation_state"),
        ),
        sa.CheckConstraint(
            "NOT (started_by = ANY (authors))", name=op.f("ck_evaluation_two_hands")
        ),
        sa.ForeignKeyConstraint(
            ["programme_id"], ["programme_view.id"], name=op.f("fk_evaluation_programme_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evaluation")),
    )
    op.create_index("ix_evaluation_district", "evaluation", ["district", "id"], unique=False)
    op.create_index(
        "ix_evaluation_parties", "evaluation", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_evaluation_township", "evaluation", ["township", "id"], unique=False)
    op.create_index(
        "uq_evaluation_pilot",
        "evaluation",
        ["programme_id", "division"],
        unique=True,
        postgresql_where=sa.text("state <> 'cancelled'"),
    )
