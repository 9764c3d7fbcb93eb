"""figures that are frozen, to be cited"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "registry_0029"
down_revision = "registry_0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "frozen_figure",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("figures", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("coverages", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("frozen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("frozen_by", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "level IN ('city', 'district', 'township')", name=op.f("ck_frozen_figure_level")
        ),
        sa.CheckConstraint("first_day <= last_day", name=op.f("ck_frozen_figure_period")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_frozen_figure")),
    )
    op.create_index("ix_frozen_figure_district", "frozen_figure", ["district", "id"])
    op.create_index("ix_frozen_figure_last_day", "frozen_figure", ["last_day", "id"])
    op.create_index(
        "ix_frozen_figure_parties", "frozen_figure", ["parties"], postgresql_using="gin"
    )
    op.create_index("ix_frozen_figure_township", "frozen_figure", ["township", "id"])
    op.create_index(
        "uq_frozen_figure_period",
        "frozen_figure",
        ["division", "first_day", "last_day"],
        unique=True,
    )
    # Whoever writes: a report that cites it reads the same for ever. Its place alone may change.
    op.execute("""
        CREATE FUNCTION frozen_figure_stays() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            RAISE EXCEPTION 'figures that were frozen do not change';
        END $$
    """)
    op.execute("""
        CREATE TRIGGER frozen_figure_stays
        BEFORE UPDATE OF
            id, division, level, first_day, last_day, figures, coverages, frozen_at, frozen_by
        ON frozen_figure FOR EACH ROW EXECUTE FUNCTION frozen_figure_stays()
    """)
    op.execute("""
        CREATE TRIGGER frozen_figure_is_kept BEFORE DELETE ON frozen_figure
        FOR EACH ROW EXECUTE FUNCTION frozen_figure_stays()
    """)
    op.execute("""
        CREATE TRIGGER frozen_figure_is_not_emptied BEFORE TRUNCATE ON frozen_figure
        FOR EACH STATEMENT EXECUTE FUNCTION frozen_figure_stays()
    """)
