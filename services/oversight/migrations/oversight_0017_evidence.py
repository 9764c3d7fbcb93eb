"""evidence and its sealed sets"""

import sqlalchemy as sa
from alembic import op

revision = "oversight_0017"
down_revision = "oversight_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "evidence_seal",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("digest", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.Column("sealed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("sealed_by", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence_seal")),
    )
    op.create_index("ix_evidence_seal_target_id", "evidence_seal", ["target_id", "id"])
    op.create_table(
        "evidence",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("target", sa.Text(), nullable=False),
        sa.Column("target_id", sa.Uuid(), nullable=False),
        sa.Column("series_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("media_type", sa.Text(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("seal_id", sa.Uuid(), nullable=True),
        sa.Column("added_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("added_by", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["seal_id"], ["evidence_seal.id"], name=op.f("fk_evidence_seal_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_evidence")),
    )
    op.create_index("ix_evidence_target_id", "evidence", ["target_id", "id"])
    op.create_index("ix_evidence_seal_id", "evidence", ["seal_id"])
    op.create_index(
        "uq_evidence_series_id_edition", "evidence", ["series_id", "edition"], unique=True
    )
    # Whoever writes to the tables: what was taken in stays as it was, and what is sealed for good.
    op.execute(
        """
        CREATE FUNCTION evidence_kept() RETURNS trigger LANGUAGE plpgsql AS $$
        BEGIN
            IF TG_OP = 'UPDATE' AND TG_TABLE_NAME = 'evidence' THEN
                IF OLD.seal_id IS NULL
                   AND to_jsonb(OLD) - 'seal_id' = to_jsonb(NEW) - 'seal_id' THEN
                    RETURN NEW;
                END IF;
            END IF;
            RAISE EXCEPTION 'evidence is not changed' USING ERRCODE = '23514';
        END
        $$
        """
    )
    for table in ("evidence", "evidence_seal"):
        op.execute(
            f"CREATE TRIGGER kept BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION evidence_kept()"
        )
        op.execute(
            f"CREATE TRIGGER kept_whole BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION evidence_kept()"
        )
