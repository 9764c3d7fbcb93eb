"""indexes on the days that figures are counted by"""

from alembic import op

revision = "oversight_0002"
down_revision = "oversight_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_finding_recorded_at", "finding", ["recorded_at"], unique=False)
    op.create_index("ix_inspection_closed_at", "inspection", ["closed_at"], unique=False)
    op.create_index("ix_rectification_ordered_at", "rectification", ["ordered_at"], unique=False)
    op.create_index("ix_rectification_verified_at", "rectification", ["verified_at"], unique=False)
