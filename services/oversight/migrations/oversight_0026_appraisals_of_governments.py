"""appraisals of lower governments, by schemes of their own"""

import sqlalchemy as sa
from alembic import op

revision = "oversight_0026"
down_revision = "oversight_0025"
branch_labels = None
depends_on = None

KINDS = "appraised IN ('subjects', 'districts', 'townships')"


def upgrade() -> None:
    # What there is is about subjects; so is what the edition before goes on to write meanwhile.
    for table in ("appraisal", "appraisal_scheme"):
        op.add_column(
            table, sa.Column("appraised", sa.Text(), server_default="subjects", nullable=False)
        )
        op.create_check_constraint(op.f(f"ck_{table}_appraised"), table, KINDS)
    op.create_check_constraint(
        op.f("ck_appraisal_scheme_from_above"),
        "appraisal_scheme",
        "appraised <> 'districts' OR district IS NULL",
    )
    for name, columns, state in (
        ("edition", ["division", "year", "appraised", "edition"], None),
        ("drafted", ["division", "year", "appraised"], "drafted"),
        ("adopted", ["division", "year", "appraised"], "adopted"),
    ):
        op.drop_index(f"uq_appraisal_scheme_{name}", table_name="appraisal_scheme")
        op.create_index(
            f"uq_appraisal_scheme_{name}",
            "appraisal_scheme",
            columns,
            unique=True,
            postgresql_where=sa.text(f"state = '{state}'") if state else None,
        )
    op.alter_column("appraisal", "subject_id", existing_type=sa.Uuid(), nullable=True)
    op.alter_column("appraisal", "organisation", existing_type=sa.Text(), nullable=True)
    op.create_check_constraint(
        op.f("ck_appraisal_party"),
        "appraisal",
        "num_nulls(subject_id, organisation) = CASE appraised WHEN 'subjects' THEN 0 ELSE 2 END",
    )
    op.create_index(
        "uq_appraisal_government",
        "appraisal",
        ["division", "scheme_division", "year"],
        unique=True,
        postgresql_where=sa.text("subject_id IS NULL AND state <> 'dropped'"),
    )
