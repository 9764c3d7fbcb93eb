"""deeds keep who signed them; powers of the past are found by the subject that held them"""

import sqlalchemy as sa
from alembic import op

from shared.past import install_past

revision = "registry_0032"
down_revision = "registry_0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index("uq_delegation_deed_no", table_name="delegation")
    op.drop_constraint(op.f("ck_delegation_deed"), "delegation", type_="check")
    for table in ("delegation", "delegation_past"):
        op.add_column(table, sa.Column("deed_by", sa.Text(), nullable=True))
    install_past(op.get_bind(), "delegation")
    for table in ("delegation", "delegation_past"):
        op.execute(f"UPDATE {table} SET deed_by = organisation WHERE deed_no IS NOT NULL")  # noqa: S608
    op.create_check_constraint(
        op.f("ck_delegation_deed"),
        "delegation",
        "num_nonnulls(deed_no, deed_by, deed_signed_on, deed_sha256, filing_due_at) IN (0, 5)",
    )
    op.create_index("uq_delegation_deed_no", "delegation", ["deed_by", "deed_no"], unique=True)
    for column in ("subject_id", "organisation"):
        op.create_index(f"ix_power_past_{column}", "power_past", [column])
