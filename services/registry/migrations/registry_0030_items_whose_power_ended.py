"""items say since when the power that they name is repealed"""

import sqlalchemy as sa
from alembic import op

revision = "registry_0030"
down_revision = "registry_0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("item", sa.Column("power_ended_on", sa.Date(), nullable=True))
    # Those of the lists that live, whose power ended before this was kept.
    op.execute("""
        UPDATE item SET power_ended_on = power.since FROM power, item_list
        WHERE power.id = item.power_id AND power.state = 'repealed'
            AND item_list.id = item.item_list_id
            AND item_list.state IN ('draft', 'legal_review', 'council', 'published')
    """)
