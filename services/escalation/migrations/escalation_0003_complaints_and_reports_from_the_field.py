"""complaints and reports from the field"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "escalation_0003"
down_revision = "escalation_0002"
branch_labels = None
depends_on = None


def upgrade() -> None:

    op.create_table(
        "complaint",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("channel", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=True),
        sa.Column("external_id", sa.Text(), nullable=True),
        sa.Column("digest", sa.LargeBinary(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("against", sa.Text(), nullable=True),
        sa.Column("against_name", sa.Text(), nullable=True),
        sa.Column("officer_certificate_no", sa.Text(), nullable=True),
        sa.Column("act_number", sa.Text(), nullable=True),
        sa.Column("occurred_on", sa.Date(), nullable=True),
        sa.Column("complainant", sa.LargeBinary(), nullable=True),
        sa.Column("received_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_provisional", sa.Boolean(), nullable=False),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("accepted_by", sa.Text(), nullable=True),
        sa.Column("refusal_ground", sa.Text(), nullable=True),
        sa.Column("handler", sa.Text(), nullable=True),
        sa.Column("handler_name", sa.Text(), nullable=True),
        sa.Column("instruction", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("reported_by", sa.Text(), nullable=True),
        sa.Column("reported_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("extension_reason", sa.Text(), nullable=True),
        sa.Column("extension_asked_by", sa.Text(), nullable=True),
        sa.Column("extension_decided_by", sa.Text(), nullable=True),
        sa.Column("extension_granted", sa.Boolean(), nullable=True),
        sa.Column("outcome", sa.Text(), nullable=True),
        sa.Column("reply", sa.Text(), nullable=True),
        sa.Column("reply_method", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("issue_id", sa.Uuid(), nullable=True),
        sa.Column("satisfied", sa.Boolean(), nullable=True),
        sa.Column("closed_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "channel in ('hotline', 'contact_point', 'visit', 'letter', 'phone', 'web', 'other')",
            name=op.f("ck_complaint_channel"),
        ),
        sa.CheckConstraint(
            "kind in ('conduct', 'integrity', 'procedure', 'powers', 'inaction',"
            " 'excessive_checks', 'fines', 'other')",
            name=op.f("ck_complaint_kind"),
        ),
        sa.CheckConstraint(
            "state in ('received', 'accepted', 'refused', 'assigned', 'reported', 'answered',"
            " 'closed')",
            name=op.f("ck_complaint_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_complaint")),
    )
    op.create_index("ix_complaint_against", "complaint", ["against", "id"], unique=False)
    op.create_index("ix_complaint_answered_at", "complaint", ["answered_at"], unique=False)
    op.create_index("ix_complaint_district", "complaint", ["district", "id"], unique=False)
    op.create_index(
        "ix_complaint_due_at",
        "complaint",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state in ('received', 'accepted', 'assigned', 'reported')"),
    )
    op.create_index(
        "ix_complaint_parties", "complaint", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_complaint_received_at", "complaint", ["received_at"], unique=False)
    op.create_index("ix_complaint_township", "complaint", ["township", "id"], unique=False)
    op.create_index("uq_complaint_number", "complaint", ["number"], unique=True)
    op.create_index(
        "uq_complaint_source_external_id", "complaint", ["source", "external_id"], unique=True
    )
    op.create_table(
        "contact_point_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("host", sa.Text(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_contact_point_view")),
    )
    op.create_table(
        "field_report",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("origin_id", sa.Uuid(), nullable=False),
        sa.Column("origin_name", sa.Text(), nullable=False),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.Column("major", sa.Boolean(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("place", sa.Text(), nullable=True),
        sa.Column("occurred_on", sa.Date(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("due_provisional", sa.Boolean(), nullable=False),
        sa.Column("overdue_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("issue_id", sa.Uuid(), nullable=True),
        sa.Column("answer", sa.Text(), nullable=True),
        sa.Column("answered_by", sa.Text(), nullable=True),
        sa.Column("answered_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint("kind in ('point_report', 'lead')", name=op.f("ck_field_report_kind")),
        sa.CheckConstraint(
            "state in ('submitted', 'triaged', 'answered')", name=op.f("ck_field_report_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_field_report")),
    )
    op.create_index("ix_field_report_created_at", "field_report", ["created_at"], unique=False)
    op.create_index(
        "ix_field_report_created_by", "field_report", ["created_by", "id"], unique=False
    )
    op.create_index("ix_field_report_district", "field_report", ["district", "id"], unique=False)
    op.create_index(
        "ix_field_report_due_at",
        "field_report",
        ["due_at", "id"],
        unique=False,
        postgresql_where=sa.text("state in ('submitted', 'triaged')"),
    )
    op.create_index("ix_field_report_kind", "field_report", ["kind", "id"], unique=False)
    op.create_index("ix_field_report_origin_id", "field_report", ["origin_id", "id"], unique=False)
    op.create_index(
        "ix_field_report_parties", "field_report", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_field_report_township", "field_report", ["township", "id"], unique=False)
    op.create_index("uq_field_report_number", "field_report", ["number"], unique=True)
    op.create_table(
        "lay_monitor_view",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("account", sa.Text(), nullable=True),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("term_from", sa.Date(), nullable=True),
        sa.Column("term_to", sa.Date(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_lay_monitor_view")),
    )
    op.create_index("ix_lay_monitor_view_account", "lay_monitor_view", ["account"], unique=False)
    op.create_table(
        "number_series",
        sa.Column("series", sa.Text(), nullable=False),
        sa.Column("year", sa.SmallInteger(), autoincrement=False, nullable=False),
        sa.Column("last", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("series", "year", name=op.f("pk_number_series")),
    )
