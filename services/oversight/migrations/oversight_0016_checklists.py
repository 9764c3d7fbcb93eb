"""checklists"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "oversight_0016"
down_revision = "oversight_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "checklist",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("items", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("authors", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("drafted_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("changed_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("published_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("published_by", sa.Text(), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "state IN ('draft', 'published', 'superseded', 'discarded')",
            name=op.f("ck_checklist_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklist")),
    )
    op.create_index(
        "uq_checklist_draft",
        "checklist",
        ["code"],
        unique=True,
        postgresql_where=sa.text("state = 'draft'"),
    )
    op.create_index("uq_checklist_edition", "checklist", ["code", "edition"], unique=True)
    op.create_index(
        "uq_checklist_published",
        "checklist",
        ["code"],
        unique=True,
        postgresql_where=sa.text("state = 'published'"),
    )
    op.create_table(
        "inspection_checklist",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("template_id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("items", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("batches", sa.Integer(), nullable=False),
        sa.Column("chosen_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("chosen_by", sa.Text(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_inspection_checklist_inspection_id")
        ),
        sa.ForeignKeyConstraint(
            ["template_id"], ["checklist.id"], name=op.f("fk_inspection_checklist_template_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_inspection_checklist")),
    )
    op.create_index(
        "uq_inspection_checklist",
        "inspection_checklist",
        ["inspection_id", "template_id"],
        unique=True,
    )
    op.create_table(
        "checklist_result",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("checklist_id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=True),
        sa.Column("inspector", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("replaces", sa.Text(), nullable=True),
        sa.Column("replaced_by", sa.Text(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("received_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "outcome IN ('passed', 'partly', 'failed', 'not_applicable')",
            name=op.f("ck_checklist_result_outcome"),
        ),
        sa.ForeignKeyConstraint(
            ["checklist_id"],
            ["inspection_checklist.id"],
            name=op.f("fk_checklist_result_checklist_id"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_checklist_result")),
    )
    op.create_index(
        "uq_checklist_result_client", "checklist_result", ["checklist_id", "client_id"], unique=True
    )
    op.create_index(
        "uq_checklist_result_item",
        "checklist_result",
        ["checklist_id", "item"],
        unique=True,
        postgresql_where=sa.text("replaced_by IS NULL"),
    )
