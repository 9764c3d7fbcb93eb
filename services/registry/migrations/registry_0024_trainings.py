"""trainings"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "registry_0024"
down_revision = "registry_0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "training",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("audience", sa.Text(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("trainer", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("starts_on", sa.Date(), nullable=False),
        sa.Column("ends_on", sa.Date(), nullable=False),
        sa.Column("exam", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("enrolled", sa.Integer(), nullable=False),
        sa.Column("attended", sa.Integer(), nullable=False),
        sa.Column("completed", sa.Integer(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "audience IN ('officers', 'supervision_officers', 'both')",
            name=op.f("ck_training_audience"),
        ),
        sa.CheckConstraint(
            "kind IN ('induction', 'qualification', 'continuing', 'special', 'on_the_job')",
            name=op.f("ck_training_kind"),
        ),
        sa.CheckConstraint(
            "level IN ('city', 'district', 'township')", name=op.f("ck_training_level")
        ),
        sa.CheckConstraint(
            "state IN ('planned', 'open', 'held', 'examined', 'closed', 'cancelled')",
            name=op.f("ck_training_state"),
        ),
        sa.CheckConstraint("ends_on >= starts_on", name=op.f("ck_training_period")),
        sa.CheckConstraint("hours > 0", name=op.f("ck_training_hours")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training")),
    )
    op.create_index("ix_training_district", "training", ["district", "id"], unique=False)
    op.create_index(
        "ix_training_parties", "training", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_training_township", "training", ["township", "id"], unique=False)
    op.create_table(
        "training_enrolment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("training_id", sa.Uuid(), nullable=False),
        sa.Column("person_kind", sa.Text(), nullable=False),
        sa.Column("person_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=True),
        sa.Column("supervision_officer_id", sa.Uuid(), nullable=True),
        sa.Column("organisation", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("hours", sa.Integer(), nullable=False),
        sa.Column("score", sa.Integer(), nullable=True),
        sa.Column("passed", sa.Boolean(), nullable=True),
        sa.Column("completed", sa.Boolean(), nullable=True),
        sa.Column("enrolled_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "(person_kind = 'officer') = (officer_id IS NOT NULL)"
            " AND (person_kind = 'supervision_officer') = (supervision_officer_id IS NOT NULL)"
            " AND person_id = coalesce(officer_id, supervision_officer_id)",
            name=op.f("ck_training_enrolment_person"),
        ),
        sa.CheckConstraint(
            "person_kind IN ('officer', 'supervision_officer')",
            name=op.f("ck_training_enrolment_person_kind"),
        ),
        sa.CheckConstraint("hours >= 0", name=op.f("ck_training_enrolment_hours")),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_training_enrolment_officer_id")
        ),
        sa.ForeignKeyConstraint(
            ["supervision_officer_id"],
            ["supervision_officer.id"],
            name=op.f("fk_training_enrolment_supervision_officer_id"),
        ),
        sa.ForeignKeyConstraint(
            ["training_id"], ["training.id"], name=op.f("fk_training_enrolment_training_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_training_enrolment")),
    )
    op.create_index(
        "ix_training_enrolment_district", "training_enrolment", ["district", "id"], unique=False
    )
    op.create_index(
        "ix_training_enrolment_parties",
        "training_enrolment",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_training_enrolment_person_id", "training_enrolment", ["person_id"], unique=False
    )
    op.create_index(
        "ix_training_enrolment_township", "training_enrolment", ["township", "id"], unique=False
    )
    op.create_index(
        "ix_training_enrolment_training_id",
        "training_enrolment",
        ["training_id", "id"],
        unique=False,
    )
    op.create_index(
        "uq_training_enrolment_person",
        "training_enrolment",
        ["training_id", "person_id"],
        unique=True,
    )
