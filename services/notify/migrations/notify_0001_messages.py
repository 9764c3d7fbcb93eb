"""Messages and who has taken note of them."""

import sqlalchemy as sa
from alembic import op

revision = "notify_0001"
down_revision = None
branch_labels = ("notify",)
depends_on = None


def upgrade() -> None:
    op.create_table(
        "message",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("rule", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("urgency", sa.Text(), nullable=False),
        sa.Column("reach", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("person", sa.Text(), nullable=True),
        sa.Column(
            "addressee",
            sa.Text(),
            # Made by the database, so that it follows a township into another district.
            sa.Computed(
                """CASE reach
    WHEN 'city' THEN role || '@'
    WHEN 'district' THEN role || '@' || district
    WHEN 'township' THEN role || '@' || township
    WHEN 'organisation' THEN role || '#' || organisation
    WHEN 'person' THEN '=' || person
END""",
                persisted=True,
            ),
            nullable=False,
        ),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=False),
        sa.Column("link", sa.Text(), nullable=False),
        sa.Column("event", sa.Text(), nullable=False),
        sa.Column("caused_by", sa.Uuid(), nullable=False),
        sa.Column("occurred_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("addressed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("fact_id", sa.Uuid(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", sa.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message")),
        sa.UniqueConstraint("fact_id", name=op.f("uq_message_fact_id")),
    )
    op.create_index("ix_message_addressee", "message", ["addressee", "id"])
    op.create_index("ix_message_district", "message", ["district", "id"])
    op.create_index("ix_message_parties", "message", ["parties"], postgresql_using="gin")
    op.create_index("ix_message_township", "message", ["township", "id"])
    op.create_index("uq_message_cause", "message", ["caused_by", "rule", "addressee"], unique=True)
    op.create_table(
        "message_receipt",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("message_id", sa.Uuid(), nullable=False),
        sa.Column("sub", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("read_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.ForeignKeyConstraint(
            ["message_id"], ["message.id"], name=op.f("fk_message_receipt_message_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_message_receipt")),
    )
    op.create_index("ix_message_receipt_message_id", "message_receipt", ["message_id", "id"])
    op.create_index(
        "uq_message_receipt_person", "message_receipt", ["message_id", "sub"], unique=True
    )
