"""packages and transfers"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "escalation_0009"
down_revision = "escalation_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "attachment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind in ("
            "'transfer_letter', 'investigation_report', 'goods_list', 'test_report', "
            "'other_material', 'letter', 'reply'"
            ")",
            name=op.f("ck_attachment_kind"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_attachment")),
    )
    op.create_index("ix_attachment_target_id", "attachment", ["target_id", "id"], unique=False)
    op.create_table(
        "package",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("matter", sa.Text(), nullable=False),
        sa.Column("matter_id", sa.Uuid(), nullable=False),
        sa.Column("matter_number", sa.Text(), nullable=False),
        sa.Column("matter_title", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("sender_name", sa.Text(), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=True),
        sa.Column("receiver_name", sa.Text(), nullable=False),
        sa.Column("receiver_division", sa.Text(), nullable=True),
        sa.Column("documents", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("manifest", sa.Text(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("signature", sa.Text(), nullable=True),
        sa.Column("fact_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sent_by", sa.Text(), nullable=False),
        sa.Column("links", sa.Integer(), nullable=False),
        sa.Column("confirmed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("received_by", sa.Text(), nullable=True),
        sa.Column("receipt_way", sa.Text(), nullable=True),
        sa.Column("receipt_no", sa.Text(), nullable=True),
        sa.Column("remarks", sa.Text(), nullable=True),
        sa.Column("due_step", sa.Text(), nullable=True),
        sa.Column("due_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_provisional", sa.Boolean(), nullable=False),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "matter in ('transfer', 'reverse_transfer')", name=op.f("ck_package_matter")
        ),
        sa.CheckConstraint(
            "purpose in ("
            "'transfer', 'forward', 'reconsideration', 'supervision', 'goods', 'reply'"
            ")",
            name=op.f("ck_package_purpose"),
        ),
        sa.CheckConstraint("state in ('sent', 'confirmed')", name=op.f("ck_package_state")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_package")),
    )
    op.create_index("ix_package_district", "package", ["district", "id"], unique=False)
    op.create_index("ix_package_due_at", "package", ["due_at"], unique=False)
    op.create_index("ix_package_matter_id", "package", ["matter_id", "id"], unique=False)
    op.create_index(
        "ix_package_parties", "package", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_package_township", "package", ["township", "id"], unique=False)
    op.create_table(
        "transfer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("offence", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("case_number", sa.Text(), nullable=True),
        sa.Column("investigators", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "absent", postgresql.JSONB(astext_type=sa.Text()), server_default="{}", nullable=False
        ),
        sa.Column("goods", sa.Boolean(), nullable=False),
        sa.Column("goods_sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("filed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("procuratorate", sa.Text(), nullable=True),
        sa.Column("procuratorate_name", sa.Text(), nullable=True),
        sa.Column("concluded_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("sender_name", sa.Text(), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=True),
        sa.Column("receiver_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column(
            "history", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.Column("due_step", sa.Text(), nullable=True),
        sa.Column("due_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_provisional", sa.Boolean(), nullable=False),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "state in ("
            "'found', 'declined', 'approved', 'sent', 'received', 'filed', 'refused', "
            "'reconsidering', 'upheld', 'supervising', 'dismissed', 'taken_back', "
            "'concluded'"
            ")",
            name=op.f("ck_transfer_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_transfer")),
    )
    op.create_index("ix_transfer_created_at", "transfer", ["created_at"], unique=False)
    op.create_index("ix_transfer_district", "transfer", ["district", "id"], unique=False)
    op.create_index("ix_transfer_due_at", "transfer", ["due_at", "id"], unique=False)
    op.create_index(
        "ix_transfer_parties", "transfer", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_transfer_township", "transfer", ["township", "id"], unique=False)
    op.create_index("uq_transfer_number", "transfer", ["number"], unique=True)
    op.create_table(
        "reverse_transfer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organ", sa.Text(), nullable=False),
        sa.Column("transfer_id", sa.Uuid(), nullable=True),
        sa.Column("document_no", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("opinion", sa.Text(), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("replied_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=True),
        sa.Column("sender_name", sa.Text(), nullable=False),
        sa.Column("receiver", sa.Text(), nullable=True),
        sa.Column("receiver_name", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column(
            "history", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.Column("due_step", sa.Text(), nullable=True),
        sa.Column("due_from", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_provisional", sa.Boolean(), nullable=False),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "organ in ('police', 'procuratorate', 'court')", name=op.f("ck_reverse_transfer_organ")
        ),
        sa.CheckConstraint(
            "state in ('registered', 'handling', 'declined', 'replied')",
            name=op.f("ck_reverse_transfer_state"),
        ),
        sa.ForeignKeyConstraint(
            ["transfer_id"], ["transfer.id"], name=op.f("fk_reverse_transfer_transfer_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_reverse_transfer")),
    )
    op.create_index(
        "ix_reverse_transfer_created_at", "reverse_transfer", ["created_at"], unique=False
    )
    op.create_index(
        "ix_reverse_transfer_district", "reverse_transfer", ["district", "id"], unique=False
    )
    op.create_index(
        "ix_reverse_transfer_due_at", "reverse_transfer", ["due_at", "id"], unique=False
    )
    op.create_index(
        "ix_reverse_transfer_parties",
        "reverse_transfer",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_reverse_transfer_township", "reverse_transfer", ["township", "id"], unique=False
    )
    op.create_index("uq_reverse_transfer_number", "reverse_transfer", ["number"], unique=True)
    # What came in and what was sent stays as it was.
    op.execute(
        """
        CREATE FUNCTION attachment_kept() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'an attachment is not changed' USING ERRCODE = '23514';
        END
        $$
        """
    )
    op.execute(
        """
        CREATE FUNCTION package_kept() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE'
                AND NEW.manifest = OLD.manifest
                AND NEW.digest = OLD.digest
                AND NEW.documents = OLD.documents
                AND NEW.receiver IS NOT DISTINCT FROM OLD.receiver
                AND NEW.signature IS NOT DISTINCT FROM OLD.signature
            THEN
                RETURN NEW;
            END IF;
            RAISE EXCEPTION 'what was sent is not changed' USING ERRCODE = '23514';
        END
        $$
        """
    )
    for table in ("attachment", "package"):
        op.execute(
            f"CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON {table}"
            f" FOR EACH ROW EXECUTE FUNCTION {table}_kept()"
        )
