"""what is to be done, by whom"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "notify_0006"
down_revision = "notify_0005"
branch_labels = None
depends_on = None

ADDRESSEE = """CASE reach
    WHEN 'city' THEN role || '@'
    WHEN 'district' THEN role || '@' || district
    WHEN 'township' THEN role || '@' || township
    WHEN 'organisation' THEN role || '#' || organisation
    WHEN 'person' THEN '=' || person
END"""
SORTED_AT = "coalesce(due_at, '9999-12-31 00:00:00+00'::timestamptz)"


def upgrade() -> None:
    op.create_table(
        "duty",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("thing", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("caused_by", sa.Uuid(), nullable=False),
        sa.Column("told_to", sa.Text(), nullable=False),
        sa.Column("stream_index", sa.BigInteger(), nullable=False),
        sa.Column("opened_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "sorted_at",
            sa.DateTime(timezone=True),
            sa.Computed(SORTED_AT, persisted=True),
            nullable=False,
        ),
        sa.Column("done_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("closed_by", sa.Uuid(), nullable=True),
        sa.Column("closing_event", sa.Text(), nullable=True),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column("addressee", sa.Text(), sa.Computed(ADDRESSEE, persisted=True), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_duty")),
    )
    op.create_index("ix_duty_district", "duty", ["district", "id"], unique=False)
    op.create_index("ix_duty_done_at", "duty", ["done_at"], unique=False)
    op.create_index(
        "ix_duty_open",
        "duty",
        ["addressee", "sorted_at", "id"],
        unique=False,
        postgresql_where=sa.text("done_at IS NULL"),
    )
    op.create_index("ix_duty_parties", "duty", ["parties"], unique=False, postgresql_using="gin")
    op.create_index("ix_duty_township", "duty", ["township", "id"], unique=False)
    op.create_index("uq_duty_thing", "duty", ["thing", "name", "addressee"], unique=True)
