"""circulars and the progress they tell of"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "notify_0003"
down_revision = "notify_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "circular",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("items", postgresql.JSONB(), nullable=False),
        sa.Column("anonymous", sa.Boolean(), nullable=False),
        sa.Column("offices", postgresql.JSONB(), nullable=False),
        sa.Column("bodies", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=True),
        sa.Column("last_day", sa.Date(), nullable=True),
        sa.Column("progress", postgresql.JSONB(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("authors", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("reviewed_by", sa.Text(), nullable=True),
        sa.Column("issued_by", sa.Text(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("issued_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reminder_hours", postgresql.ARRAY(sa.Integer()), nullable=False),
        sa.Column("recipients", sa.Integer(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("fact_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'under_review', 'reviewed', 'issued', 'recalled', 'discarded')",
            name=op.f("ck_circular_state"),
        ),
        sa.CheckConstraint("NOT (issued_by = ANY (authors))", name=op.f("ck_circular_two_hands")),
        sa.CheckConstraint(
            "NOT (reviewed_by = ANY (authors))", name=op.f("ck_circular_reviewed_by_another")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circular")),
    )
    op.create_index("ix_circular_district", "circular", ["district", "id"], unique=False)
    op.create_index(
        "ix_circular_parties", "circular", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_circular_township", "circular", ["township", "id"], unique=False)
    op.create_index("uq_circular_number", "circular", ["division", "number"], unique=True)
    op.create_table(
        "circular_number",
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("division", "year", name=op.f("pk_circular_number")),
    )
    op.create_table(
        "known_figures",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("fact_id", sa.Uuid(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("first_day", sa.Date(), nullable=False),
        sa.Column("last_day", sa.Date(), nullable=False),
        sa.Column("figures", postgresql.JSONB(), nullable=False),
        sa.Column("coverages", postgresql.JSONB(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_figures")),
    )
    op.create_index("ix_known_figures_district", "known_figures", ["district", "id"], unique=False)
    op.create_index(
        "ix_known_figures_parties",
        "known_figures",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_known_figures_period",
        "known_figures",
        ["first_day", "last_day", "division"],
        unique=False,
    )
    op.create_index("ix_known_figures_township", "known_figures", ["township", "id"], unique=False)
    op.create_table(
        "known_task",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("stalled", sa.Boolean(), nullable=False),
        sa.Column("overdue", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_known_task")),
    )
    op.create_index("ix_known_task_district", "known_task", ["district", "id"], unique=False)
    op.create_index(
        "ix_known_task_parties", "known_task", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_known_task_township", "known_task", ["township", "id"], unique=False)
    op.create_table(
        "circular_recipient",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("circular_id", sa.Uuid(), nullable=False),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column(
            "addressee",
            sa.Text(),
            sa.Computed(
                """CASE reach
    WHEN 'city' THEN role || '@'
    WHEN 'district' THEN role || '@' || district
    WHEN 'township' THEN role || '@' || township
    WHEN 'organisation' THEN role || '#' || organisation
END""",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("acknowledged_name", sa.Text(), nullable=True),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "(acknowledged_at IS NULL) = (acknowledged_by IS NULL)",
            name=op.f("ck_circular_recipient_acknowledged"),
        ),
        sa.ForeignKeyConstraint(
            ["circular_id"], ["circular.id"], name=op.f("fk_circular_recipient_circular_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_circular_recipient")),
    )
    op.create_index(
        "ix_circular_recipient_addressee",
        "circular_recipient",
        ["addressee", "circular_id"],
        unique=False,
    )
    op.create_index(
        "ix_circular_recipient_district", "circular_recipient", ["district", "id"], unique=False
    )
    op.create_index(
        "ix_circular_recipient_parties",
        "circular_recipient",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_circular_recipient_township", "circular_recipient", ["township", "id"], unique=False
    )
    op.create_index(
        "uq_circular_recipient_addressee",
        "circular_recipient",
        ["circular_id", "addressee"],
        unique=True,
    )
