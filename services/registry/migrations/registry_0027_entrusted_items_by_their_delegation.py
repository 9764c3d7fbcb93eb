"""entrusted items by their delegation"""

import sqlalchemy as sa
from alembic import op

revision = "registry_0027"
down_revision = "registry_0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("item", sa.Column("delegation_id", sa.Uuid(), nullable=True))
    op.create_foreign_key(
        op.f("fk_item_delegation_id"), "item", "delegation", ["delegation_id"], ["id"]
    )
    op.create_index("ix_item_delegation_id", "item", ["delegation_id", "id"], unique=False)
    op.execute("""
        CREATE OR REPLACE TRIGGER item_of_a_draft
        AFTER INSERT OR DELETE OR UPDATE
            OF item_list_id, position, kind, power_id, delegation_id, code, name, power_kind,
            domains, basis
        ON item FOR EACH ROW EXECUTE FUNCTION item_of_a_draft()
    """)
