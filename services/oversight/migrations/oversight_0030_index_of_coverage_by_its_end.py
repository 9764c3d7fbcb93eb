"""index of coverage by its end"""

from alembic import op

revision = "oversight_0030"
down_revision = "oversight_0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_coverage_share_until", "coverage_share", ["until"], unique=False)
