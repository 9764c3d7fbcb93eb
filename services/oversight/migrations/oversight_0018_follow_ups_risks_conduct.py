"""follow-ups, risks and checks of conduct"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "oversight_0018"
down_revision = "oversight_0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "risk",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("description", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("likelihood", sa.Integer(), nullable=True),
        sa.Column("impact", sa.Integer(), nullable=True),
        sa.Column("level", sa.Text(), nullable=True),
        sa.Column("assessments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("strategy", sa.Text(), nullable=True),
        sa.Column("treatments", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("treated_by", sa.Text(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("identified_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("identified_by", sa.Text(), nullable=False),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("ended_by", sa.Text(), nullable=True),
        sa.Column("residual", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
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
            "kind IN ('procedure', 'powers', 'litigation', 'conflict', 'opinion', 'integrity', "
            "'capacity', 'data', 'other')",
            name=op.f("ck_risk_kind"),
        ),
        sa.CheckConstraint(
            "state IN ('identified', 'assessed', 'treated', 'closed', 'dismissed')",
            name=op.f("ck_risk_state"),
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject_view.id"], name=op.f("fk_risk_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_risk")),
    )
    op.create_index("ix_risk_district", "risk", ["district", "id"], unique=False)
    op.create_index("ix_risk_domains", "risk", ["domains"], unique=False, postgresql_using="gin")
    op.create_index("ix_risk_due_at", "risk", ["due_at", "id"], unique=False)
    op.create_index("ix_risk_organisation", "risk", ["organisation"], unique=False)
    op.create_index("ix_risk_parties", "risk", ["parties"], unique=False, postgresql_using="gin")
    op.create_index("ix_risk_subject_id", "risk", ["subject_id", "id"], unique=False)
    op.create_index("ix_risk_township", "risk", ["township", "id"], unique=False)
    op.create_table(
        "conduct_check",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("inspection_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=True),
        sa.Column("officer_name", sa.Text(), nullable=True),
        sa.Column("observed_on", sa.Date(), nullable=False),
        sa.Column("place", sa.Text(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("items", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("violations", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("recorded_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("recorded_by", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("decided_by", sa.Text(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("finding_ids", postgresql.ARRAY(sa.Text()), nullable=False),
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
            "state IN ('recorded', 'passed', 'violated', 'voided')",
            name=op.f("ck_conduct_check_state"),
        ),
        sa.ForeignKeyConstraint(
            ["inspection_id"], ["inspection.id"], name=op.f("fk_conduct_check_inspection_id")
        ),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject_view.id"], name=op.f("fk_conduct_check_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_conduct_check")),
    )
    op.create_index("ix_conduct_check_district", "conduct_check", ["district", "id"], unique=False)
    op.create_index(
        "ix_conduct_check_domains",
        "conduct_check",
        ["domains"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_conduct_check_inspection_id", "conduct_check", ["inspection_id", "id"], unique=False
    )
    op.create_index(
        "ix_conduct_check_organisation", "conduct_check", ["organisation"], unique=False
    )
    op.create_index(
        "ix_conduct_check_parties",
        "conduct_check",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_conduct_check_subject_id", "conduct_check", ["subject_id", "id"], unique=False
    )
    op.create_index("ix_conduct_check_township", "conduct_check", ["township", "id"], unique=False)
    op.add_column("inspection", sa.Column("follows_id", sa.Uuid(), nullable=True))
    op.create_index("ix_inspection_follows_id", "inspection", ["follows_id", "id"], unique=False)
