"""what was true before, and finding by two characters"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

from shared.past import install_past
from shared.search import index_of

revision = "registry_0002"
down_revision = "registry_0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "certificate_past",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("officer_id", sa.Uuid(), nullable=False),
        sa.Column("staffing", sa.Text(), nullable=False),
        sa.Column("current", sa.Boolean(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("certificate_no", sa.Text(), nullable=True),
        sa.Column("issuer", sa.Text(), nullable=True),
        sa.Column("training_hours", sa.Integer(), nullable=True),
        sa.Column("trained_on", sa.Date(), nullable=True),
        sa.Column("exam_score", sa.Integer(), nullable=True),
        sa.Column("examined_on", sa.Date(), nullable=True),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("valid_to", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", "since", name=op.f("pk_certificate_past")),
    )
    op.create_index(
        "ix_certificate_past_open",
        "certificate_past",
        ["id"],
        unique=False,
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_table(
        "officer_past",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("subject_id", sa.Uuid(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("identity_no", sa.LargeBinary(), nullable=False),
        sa.Column("identity_index", sa.LargeBinary(), nullable=False),
        sa.Column("post", sa.Text(), nullable=False),
        sa.Column("staffing", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("certificate_no", sa.Text(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("search_pairs", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", "since", name=op.f("pk_officer_past")),
    )
    op.create_index("ix_officer_past_district", "officer_past", ["district", "id"], unique=False)
    op.create_index(
        "ix_officer_past_open",
        "officer_past",
        ["id"],
        unique=False,
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_index(
        "ix_officer_past_parties", "officer_past", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_officer_past_township", "officer_past", ["township", "id"], unique=False)
    op.create_table(
        "subject_past",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("uscc", sa.Text(), nullable=False),
        sa.Column("organisation", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("legal_basis", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("head", sa.Text(), nullable=True),
        sa.Column("monitor_unit", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("submitted_by", sa.Text(), nullable=True),
        sa.Column("submitted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("publicised_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("successor_id", sa.Uuid(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("since", sa.Date(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("search_pairs", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("until", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", "since", name=op.f("pk_subject_past")),
    )
    op.create_index("ix_subject_past_district", "subject_past", ["district", "id"], unique=False)
    op.create_index(
        "ix_subject_past_open",
        "subject_past",
        ["id"],
        unique=False,
        postgresql_where=sa.text("until IS NULL"),
    )
    op.create_index(
        "ix_subject_past_parties", "subject_past", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_subject_past_township", "subject_past", ["township", "id"], unique=False)
    for table in ("subject", "officer", "certificate"):
        op.add_column(table, sa.Column("since", sa.Date()))
        op.execute(
            f"UPDATE {table} SET since = (updated_at AT TIME ZONE 'Asia/Shanghai')::date"  # noqa: S608
        )
        op.alter_column(table, "since", nullable=False)
    op.add_column("officer", sa.Column("certificate_no", sa.Text()))
    op.execute(
        "UPDATE officer SET certificate_no = held.certificate_no FROM certificate held"
        " WHERE held.officer_id = officer.id AND held.current"
    )
    for table, code in (("subject", "uscc"), ("officer", "certificate_no")):
        op.add_column(table, sa.Column("search_text", sa.Text()))
        op.add_column(table, sa.Column("search_pairs", postgresql.ARRAY(sa.Text())))
        fill(table, code)
        op.alter_column(table, "search_text", nullable=False)
        op.alter_column(table, "search_pairs", nullable=False)
        op.create_index(f"ix_{table}_search_pairs", table, ["search_pairs"], postgresql_using="gin")
    for table in ("subject", "officer", "certificate"):
        install_past(op.get_bind(), table)


def fill(table: str, code: str) -> None:
    """Index the names that are there already."""
    rows = op.get_bind().execute(sa.text(f"SELECT id, name, {code} FROM {table}")).all()  # noqa: S608
    update = sa.text(
        f"UPDATE {table} SET search_text = :search_text, search_pairs = :search_pairs"  # noqa: S608
        " WHERE id = :id"
    )
    for id, *texts in rows:
        op.get_bind().execute(update, {"id": id, **index_of(*texts)})
