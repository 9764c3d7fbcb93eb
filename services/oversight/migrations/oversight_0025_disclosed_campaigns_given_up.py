"""an unannounced campaign is disclosed by its report, whatever becomes of it after"""

from alembic import op

revision = "oversight_0025"
down_revision = "oversight_0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_constraint(op.f("ck_campaign_disclosed"), "campaign")
    op.create_check_constraint(
        op.f("ck_campaign_disclosed"),
        "campaign",
        "mode <> 'unannounced' OR concealed OR reported_at IS NOT NULL",
    )
