"""indexes on the days that figures are counted by"""

from alembic import op

revision = "registry_0026"
down_revision = "registry_0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_index("ix_certificate_issued_on", "certificate", ["issued_on"], unique=False)
    op.create_index("ix_focus_task_created_at", "focus_task", ["created_at"], unique=False)
    op.create_index("ix_officer_created_at", "officer", ["created_at"], unique=False)
    op.create_index("ix_power_created_at", "power", ["created_at"], unique=False)
    op.create_index("ix_subject_created_at", "subject", ["created_at"], unique=False)
    op.create_index("ix_subject_publicised_on", "subject", ["publicised_on"], unique=False)
