"""drafts of responsibilities that are withdrawn"""

from alembic import op

revision = "registry_0031"
down_revision = "registry_0030"
branch_labels = None
depends_on = None

STATES = "('drafted', 'approved', 'in_force', 'replaced', 'withdrawn')"


def upgrade() -> None:
    name = op.f("ck_responsibility_state")
    op.drop_constraint(name, "responsibility", type_="check")
    op.create_check_constraint(name, "responsibility", f"state IN {STATES}")
