"""powers handed down to townships; powers by their code"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.past import install_past

revision = "registry_0025"
down_revision = "registry_0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "empowerment_past",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("power_id", sa.Uuid(), nullable=False),
        sa.Column("grantor_id", sa.Uuid(), nullable=False),
        sa.Column("grantor_organisation", sa.Text(), nullable=False),
        sa.Column("grantor_district", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("decision_no", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("decision_published_on", sa.Date(), nullable=False),
        sa.Column("decision_published_in", sa.Text(), nullable=False),
        sa.Column("basis", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("authors", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "capacity", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "training", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "handover", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("handed_by", sa.Text(), nullable=True),
        sa.Column("taken_over_on", sa.Date(), nullable=True),
        sa.Column("taken_by", sa.Text(), nullable=True),
        sa.Column("began_on", sa.Date(), nullable=True),
        sa.Column(
            "evaluation", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("evaluation_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "handback", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", "since", name=op.f("pk_empowerment_past")),
    )
    op.create_index(
        "ix_empowerment_past_district", "empowerment_past", ["district", "id"], unique=False
    )
    op.create_index(
        "ix_empowerment_past_open",
        "empowerment_past",
        ["id"],
        unique=False,
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_index(
        "ix_empowerment_past_parties",
        "empowerment_past",
        ["parties"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_index(
        "ix_empowerment_past_township", "empowerment_past", ["township", "id"], unique=False
    )
    op.create_table(
        "empowerment",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("power_id", sa.Uuid(), nullable=False),
        sa.Column("grantor_id", sa.Uuid(), nullable=False),
        sa.Column("grantor_organisation", sa.Text(), nullable=False),
        sa.Column("grantor_district", sa.Text(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("decision_no", sa.Text(), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_on", sa.Date(), nullable=False),
        sa.Column("decision_published_on", sa.Date(), nullable=False),
        sa.Column("decision_published_in", sa.Text(), nullable=False),
        sa.Column("basis", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("effective_on", sa.Date(), nullable=False),
        sa.Column("authors", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column(
            "capacity", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "training", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column(
            "handover", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("handed_by", sa.Text(), nullable=True),
        sa.Column("taken_over_on", sa.Date(), nullable=True),
        sa.Column("taken_by", sa.Text(), nullable=True),
        sa.Column("began_on", sa.Date(), nullable=True),
        sa.Column(
            "evaluation", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("evaluation_due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column(
            "handback", postgresql.JSONB(none_as_null=True, astext_type=sa.Text()), nullable=True
        ),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "state IN ('proposed', 'capacity_checked', 'trained', 'cases_handed_over',"
            " 'in_force', 'withdrawn', 'dropped')",
            name=op.f("ck_empowerment_state"),
        ),
        sa.CheckConstraint(
            "state NOT IN ('in_force', 'withdrawn')"
            " OR num_nulls(capacity, training, handover, taken_over_on, began_on) = 0",
            name=op.f("ck_empowerment_prepared"),
        ),
        sa.CheckConstraint("cardinality(basis) > 0", name=op.f("ck_empowerment_basis")),
        sa.CheckConstraint(
            "effective_on >= decision_published_on AND decision_published_on >= decided_on",
            name=op.f("ck_empowerment_decision"),
        ),
        sa.CheckConstraint("taken_by <> handed_by", name=op.f("ck_empowerment_two_hands")),
        sa.CheckConstraint("township = division", name=op.f("ck_empowerment_township")),
        sa.ForeignKeyConstraint(
            ["grantor_id"], ["subject.id"], name=op.f("fk_empowerment_grantor_id")
        ),
        sa.ForeignKeyConstraint(["power_id"], ["power.id"], name=op.f("fk_empowerment_power_id")),
        sa.ForeignKeyConstraint(
            ["subject_id"], ["subject.id"], name=op.f("fk_empowerment_subject_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_empowerment")),
    )
    op.create_index("ix_empowerment_district", "empowerment", ["district", "id"], unique=False)
    op.create_index(
        "ix_empowerment_domains", "empowerment", ["domains"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_empowerment_grantor_id", "empowerment", ["grantor_id", "id"], unique=False)
    op.create_index("ix_empowerment_organisation", "empowerment", ["organisation"], unique=False)
    op.create_index(
        "ix_empowerment_parties", "empowerment", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_empowerment_power_id", "empowerment", ["power_id", "id"], unique=False)
    op.create_index("ix_empowerment_state", "empowerment", ["state", "id"], unique=False)
    op.create_index("ix_empowerment_subject_id", "empowerment", ["subject_id", "id"], unique=False)
    op.create_index("ix_empowerment_township", "empowerment", ["township", "id"], unique=False)
    op.create_index(
        "uq_empowerment_live",
        "empowerment",
        ["power_id", "division"],
        unique=True,
        postgresql_where=sa.text("NOT (state IN ('withdrawn', 'dropped'))"),
    )
    op.create_index("ix_power_code", "power", ["code", "id"], unique=False)
    install_past(op.get_bind(), "empowerment")
