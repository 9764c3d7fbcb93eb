"""indexes of acts, and how far a reference was looked at"""

import sqlalchemy as sa
from alembic import op

revision = "oversight_0024"
down_revision = "oversight_0023"
branch_labels = None
depends_on = None

# The field of a stage is called as its column is; what was told of `legal_review` so far is what
# the review said.
STAGES = r"""
UPDATE act SET told = regexp_replace(
    told::text,
    '"(filed|investigated|decided|served|published|executed|closed)"',
    '"\1_at"',
    'g'
)::jsonb
"""


def upgrade() -> None:
    op.execute(STAGES)
    op.create_index(
        "ix_act_certificate_nos", "act", ["certificate_nos"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_act_item_code", "act", ["item_code", "id"], unique=False)
    op.create_index("ix_act_subject_id", "act", ["subject_id", "id"], unique=False)
    op.add_column("act_reference_told", sa.Column("looked_to", sa.Uuid(), nullable=True))
    op.create_index("ix_listed_item_view_division", "listed_item_view", ["division"], unique=False)
