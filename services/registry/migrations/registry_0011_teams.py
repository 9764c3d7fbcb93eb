"""teams and the officers sent down to them"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "registry_0011"
down_revision = "registry_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "team",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("leader", sa.Text(), nullable=True),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("units", postgresql.JSONB(astext_type=sa.Text()), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("formed_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "state IN ('planned', 'formed', 'reorganised', 'dissolved')", name=op.f("ck_team_state")
        ),
        sa.ForeignKeyConstraint(["subject_id"], ["subject.id"], name=op.f("fk_team_subject_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team")),
    )
    op.create_index("ix_team_district", "team", ["district", "id"], unique=False)
    op.create_index("ix_team_organisation", "team", ["organisation"], unique=False)
    op.create_index("ix_team_parties", "team", ["parties"], unique=False, postgresql_using="gin")
    op.create_index("ix_team_subject_id", "team", ["subject_id"], unique=False)
    op.create_index("ix_team_township", "team", ["township", "id"], unique=False)
    op.create_index(
        "uq_team_live_division",
        "team",
        ["division"],
        unique=True,
        postgresql_where=sa.text("state <> 'dissolved'"),
    )
    op.create_table(
        "team_assignment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("team_id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("home_subject_id", sa.Uuid(), nullable=False),
        sa.Column("home_unit", sa.Text(), nullable=False),
        sa.Column("from_on", sa.Date(), nullable=False),
        sa.Column("to_on", sa.Date(), nullable=True),
        sa.Column("ended_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.CheckConstraint("ended_on >= from_on", name=op.f("ck_team_assignment_period")),
        sa.ForeignKeyConstraint(
            ["home_subject_id"], ["subject.id"], name=op.f("fk_team_assignment_home_subject_id")
        ),
        sa.ForeignKeyConstraint(
            ["officer_id"], ["officer.id"], name=op.f("fk_team_assignment_officer_id")
        ),
        sa.ForeignKeyConstraint(["team_id"], ["team.id"], name=op.f("fk_team_assignment_team_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_team_assignment")),
    )
    op.create_index(
        "ix_team_assignment_team_id", "team_assignment", ["team_id", "id"], unique=False
    )
    op.create_index(
        "uq_team_assignment_officer",
        "team_assignment",
        ["officer_id"],
        unique=True,
        postgresql_where=sa.text("ended_on IS NULL"),
    )
