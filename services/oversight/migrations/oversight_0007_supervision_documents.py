"""supervision documents"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "oversight_0007"
down_revision = "oversight_0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "document_issuer",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("registered_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("registered_by", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document_issuer")),
    )
    op.create_index(
        "ix_document_issuer_district", "document_issuer", ["district", "id"], unique=False
    )
    op.create_index(
        "ix_document_issuer_parties",
        "document_issuer",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_document_issuer_township", "document_issuer", ["township", "id"], unique=False
    )
    op.create_index("uq_document_issuer_division", "document_issuer", ["division"], unique=True)
    op.create_index("uq_document_issuer_prefix", "document_issuer", ["prefix"], unique=True)
    op.create_table(
        "document_series",
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("year", sa.Integer(), nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", "year", name=op.f("pk_document_series")),
    )
    op.create_table(
        "document",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("uscc", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("disclosed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("period", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("inspection_id", sa.Uuid(), nullable=True),
        sa.Column("finding_id", sa.Uuid(), nullable=True),
        sa.Column("rectification_id", sa.Uuid(), nullable=True),
        sa.Column("answers_id", sa.Uuid(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("authors", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("drafted_by", sa.Text(), nullable=False),
        sa.Column("reviewed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reviewed_by", sa.Text(), nullable=True),
        sa.Column("review_note", sa.Text(), nullable=True),
        sa.Column("signed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("signed_by", sa.Text(), nullable=True),
        sa.Column("signer", sa.Text(), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("number", sa.Text(), nullable=True),
        sa.Column("code", sa.Text(), nullable=True),
        sa.Column("digest", sa.Text(), nullable=True),
        sa.Column("served_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("service", postgresql.JSONB(astext_type=sa.Text()), nullable=True),
        sa.Column("acknowledged_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("acknowledged_by", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("due_provisional", sa.Boolean(), nullable=False),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("reports", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("executed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("objection_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("objected", sa.Boolean(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("subject_name", sa.Text(), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "disclosed_at IS NOT NULL OR"
            " (township IS NULL AND organisation IS NULL AND domains = '{}')",
            name=op.f("ck_document_concealed"),
        ),
        sa.CheckConstraint(
            "(number IS NULL) = (digest IS NULL)", name=op.f("ck_document_numbered")
        ),
        sa.ForeignKeyConstraint(
            ["answers_id"], ["document.id"], name=op.f("fk_document_answers_id")
        ),
        sa.ForeignKeyConstraint(
            ["finding_id"], ["finding.id"], name=op.f("fk_document_finding_id")
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_document_inspection_id")
        ),
        sa.ForeignKeyConstraint(
            ["rectification_id"], ["rectification.id"], name=op.f("fk_document_rectification_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject_view.id"], name=op.f("fk_document_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_document")),
    )
    op.create_index("ix_document_answers_id", "document", ["answers_id"], unique=False)
    op.create_index("ix_document_district", "document", ["district", "id"], unique=False)
    op.create_index(
        "ix_document_domains", "document", ["domains"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_document_drafted_at", "document", ["drafted_at", "id"], unique=False)
    op.create_index("ix_document_finding_id", "document", ["finding_id"], unique=False)
    op.create_index("ix_document_inspection_id", "document", ["inspection_id"], unique=False)
    op.create_index("ix_document_issued_on", "document", ["issued_on"], unique=False)
    op.create_index("ix_document_organisation", "document", ["organisation"], unique=False)
    op.create_index(
        "ix_document_parties", "document", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_document_rectification_id", "document", ["rectification_id"], unique=False)
    op.create_index("ix_document_subject_id", "document", ["subject_id", "id"], unique=False)
    op.create_index("ix_document_township", "document", ["township", "id"], unique=False)
    op.create_index("uq_document_code", "document", ["code"], unique=True)
    op.create_index("uq_document_number", "document", ["number"], unique=True)
    op.create_table(
        "re_examination",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("document_id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("makers", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("grounds", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("requested_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("requested_by", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_provisional", sa.Boolean(), nullable=False),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decision_id", sa.Uuid(), nullable=True),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("subject_name", sa.Text(), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("authority", sa.Text(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["decision_id"], ["document.id"], name=op.f("fk_re_examination_decision_id")
        ),
        sa.ForeignKeyConstraint(
            ["document_id"], ["document.id"], name=op.f("fk_re_examination_document_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject_view.id"], name=op.f("fk_re_examination_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_re_examination")),
    )
    op.create_index(
        "ix_re_examination_district", "re_examination", ["district", "id"], unique=False
    )
    op.create_index(
        "ix_re_examination_domains",
        "re_examination",
        ["domains"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index("ix_re_examination_due_at", "re_examination", ["due_at", "id"], unique=False)
    op.create_index(
        "ix_re_examination_organisation", "re_examination", ["organisation"], unique=False
    )
    op.create_index(
        "ix_re_examination_parties",
        "re_examination",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_re_examination_subject_id", "re_examination", ["subject_id", "id"], unique=False
    )
    op.create_index(
        "ix_re_examination_township", "re_examination", ["township", "id"], unique=False
    )
    op.create_index("uq_re_examination_document_id", "re_examination", ["document_id"], unique=True)
    # What was signed stays as it was signed, whoever writes to the table.
    op.execute(
        """
        CREATE FUNCTION document_signed() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            RAISE EXCEPTION 'what was signed is not changed' USING ERRCODE = '23514';
        END
        $$
        """
    )
    op.execute(
        """
        CREATE TRIGGER signed BEFORE UPDATE ON document FOR EACH ROW
        WHEN (
            OLD.digest IS NOT NULL
            AND (OLD.kind, OLD.label, OLD.title, OLD.content, OLD.period, OLD.number, OLD.issuer,
                 OLD.issued_on, OLD.signer, OLD.code, OLD.digest, OLD.uscc, OLD.subject_name)
                IS DISTINCT FROM
                (NEW.kind, NEW.label, NEW.title, NEW.content, NEW.period, NEW.number, NEW.issuer,
                 NEW.issued_on, NEW.signer, NEW.code, NEW.digest, NEW.uscc, NEW.subject_name)
        )
        EXECUTE FUNCTION document_signed()
        """
    )
