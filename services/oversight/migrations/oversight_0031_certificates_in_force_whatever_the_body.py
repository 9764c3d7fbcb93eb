"""certificates in force are counted whatever the state of the body"""

import sqlalchemy as sa
from alembic import op

revision = "oversight_0031"
down_revision = "oversight_0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    # What was counted before holds as it was published; the next day counts all anew.
    op.add_column("coverage_share", sa.Column("in_order", sa.Integer(), nullable=True))
    op.execute("UPDATE coverage_share SET in_order = covered")
    op.alter_column("coverage_share", "in_order", nullable=False)
    op.drop_constraint(op.f("ck_coverage_share_covered"), "coverage_share", type_="check")
    op.create_check_constraint(
        op.f("ck_coverage_share_covered"), "coverage_share", "covered BETWEEN 0 AND in_order"
    )
    op.create_check_constraint(
        op.f("ck_coverage_share_in_order"), "coverage_share", "in_order <= total"
    )
