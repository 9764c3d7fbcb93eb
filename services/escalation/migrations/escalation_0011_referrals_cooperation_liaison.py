"""referrals cooperation liaison"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "escalation_0011"
down_revision = "escalation_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "cooperation",
        sa.Column("request", sa.Text(), nullable=False),
        sa.Column("basis", sa.Text(), nullable=False),
        sa.Column("bearer", sa.Text(), nullable=False),
        sa.Column("needed_by", sa.Date(), nullable=False),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_by", sa.Text(), nullable=True),
        sa.Column("refusal_ground", sa.Text(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
        sa.Column("urges", sa.Integer(), nullable=False),
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
        sa.Column("id", sa.Uuid(), nullable=False),
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
            "bearer in ('sender', 'receiver', 'shared')", name=op.f("ck_cooperation_bearer")
        ),
        sa.CheckConstraint(
            "refusal_ground in ('not_competent', 'unlawful', 'hindered', 'impossible')",
            name=op.f("ck_cooperation_refusal_ground"),
        ),
        sa.CheckConstraint(
            "state in ("
            "'drafted', 'sent', 'received', 'refused', 'accepted', 'done', 'closed', "
            "'withdrawn'"
            ")",
            name=op.f("ck_cooperation_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_cooperation")),
    )
    op.create_index("ix_cooperation_created_at", "cooperation", ["created_at"], unique=False)
    op.create_index("ix_cooperation_district", "cooperation", ["district", "id"], unique=False)
    op.create_index("ix_cooperation_due_at", "cooperation", ["due_at", "id"], unique=False)
    op.create_index(
        "ix_cooperation_parties", "cooperation", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_cooperation_township", "cooperation", ["township", "id"], unique=False)
    op.create_index("uq_cooperation_number", "cooperation", ["number"], unique=True)
    op.create_table(
        "liaison",
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("organ", sa.Text(), nullable=False),
        sa.Column("organ_name", sa.Text(), nullable=False),
        sa.Column("liaison_officer", sa.Text(), nullable=False),
        sa.Column("partner", sa.Text(), nullable=False),
        sa.Column("partner_name", sa.Text(), nullable=False),
        sa.Column("partner_body", sa.Text(), nullable=True),
        sa.Column("partner_officer", sa.Text(), nullable=False),
        sa.Column("partner_post", sa.Text(), nullable=True),
        sa.Column("partner_phone", sa.LargeBinary(), nullable=True),
        sa.Column("duties", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("contacts", sa.Integer(), nullable=False),
        sa.Column("last_contact_on", sa.Date(), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("confirmed_by", sa.Text(), nullable=True),
        sa.Column("ended_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("end_reason", sa.Text(), nullable=True),
        sa.Column("id", sa.Uuid(), nullable=False),
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
            "organ in ('petition', 'police', 'procuratorate', 'court', 'justice')",
            name=op.f("ck_liaison_organ"),
        ),
        sa.CheckConstraint(
            "partner in ('petition', 'police', 'procuratorate', 'court', 'justice')",
            name=op.f("ck_liaison_partner"),
        ),
        sa.CheckConstraint(
            "state in ('proposed', 'active', 'ended')", name=op.f("ck_liaison_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_liaison")),
    )
    op.create_index("ix_liaison_district", "liaison", ["district", "id"], unique=False)
    op.create_index("ix_liaison_due_at", "liaison", ["due_at", "id"], unique=False)
    op.create_index(
        "ix_liaison_parties", "liaison", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_liaison_township", "liaison", ["township", "id"], unique=False)
    op.create_table(
        "referral",
        sa.Column("organ", sa.Text(), nullable=False),
        sa.Column("facts", sa.Text(), nullable=False),
        sa.Column("proposal", sa.Text(), nullable=True),
        sa.Column("sent_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("sent_by", sa.Text(), nullable=True),
        sa.Column(
            "team", postgresql.JSONB(astext_type=sa.Text()), server_default="[]", nullable=False
        ),
        sa.Column("completed_on", sa.Date(), nullable=True),
        sa.Column("result", sa.Text(), nullable=True),
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
        sa.Column("id", sa.Uuid(), nullable=False),
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
            "organ in ("
            "'procuratorate', 'government_supervision', 'discipline', "
            "'reconsideration', 'audit'"
            ")",
            name=op.f("ck_referral_organ"),
        ),
        sa.CheckConstraint(
            "state in ("
            "'drafted', 'discarded', 'sent', 'acknowledged', 'declined', 'handling', "
            "'completed', 'replied', 'closed'"
            ")",
            name=op.f("ck_referral_state"),
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_referral")),
    )
    op.create_index("ix_referral_created_at", "referral", ["created_at"], unique=False)
    op.create_index("ix_referral_district", "referral", ["district", "id"], unique=False)
    op.create_index("ix_referral_due_at", "referral", ["due_at", "id"], unique=False)
    op.create_index(
        "ix_referral_parties", "referral", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_referral_township", "referral", ["township", "id"], unique=False)
    op.create_index("uq_referral_number", "referral", ["number"], unique=True)
    op.create_table(
        "liaison_entry",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("liaison_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("held_on", sa.Date(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("participants", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("follow_up", sa.Text(), nullable=True),
        sa.Column("logged_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("logged_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "kind in ('meeting', 'call', 'notice', 'joint_visit', 'case_consultation')",
            name=op.f("ck_liaison_entry_kind"),
        ),
        sa.ForeignKeyConstraint(
            ["liaison_id"], ["liaison.id"], name=op.f("fk_liaison_entry_liaison_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_liaison_entry")),
    )
    op.create_index(
        "ix_liaison_entry_liaison_id", "liaison_entry", ["liaison_id", "id"], unique=False
    )
    kinds = "'transfer', 'reverse_transfer', 'referral', 'cooperation'"
    purposes = (
        "'transfer', 'forward', 'reconsideration', 'supervision', 'goods', 'reply', 'referral', "
        "'cooperation'"
    )
    for column, terms in (("matter", kinds), ("purpose", purposes)):
        op.drop_constraint(f"ck_package_{column}", "package")
        op.create_check_constraint(
            op.f(f"ck_package_{column}"), "package", f"{column} in ({terms})"
        )
