"""sealed inspections, appraisals reviewed whole, reviewers from elsewhere"""

import sqlalchemy as sa
from alembic import op

revision = "oversight_0021"
down_revision = "oversight_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("evidence_seal", sa.Column("edition", sa.Integer(), nullable=True))
    op.create_index(
        "uq_evidence_seal_target_id_edition",
        "evidence_seal",
        ["target_id", "edition"],
        unique=True,
        postgresql_where=sa.text("edition IS NOT NULL"),
    )
    op.create_check_constraint(
        op.f("ck_evidence_seal_edition"),
        "evidence_seal",
        "edition IS NULL OR target = 'inspection'",
    )
    op.add_column("inspection", sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=True))
    op.add_column("inspection", sa.Column("evidence_seal_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_inspection_evidence_seal_id"),
        "inspection",
        "evidence_seal",
        ["evidence_seal_id"],
        ["id"],
    )
    op.create_check_constraint(
        op.f("ck_appraisal_reviewed"),
        "appraisal",
        "state IN ('opened', 'self_scored', 'dropped')"
        " OR num_nulls(results, vetoed, score, standing, grade, reviewed_by, reviewed_at) = 0",
    )
    op.create_index("ix_case_review_scorers", "case_review", ["scorers"], postgresql_using="gin")
