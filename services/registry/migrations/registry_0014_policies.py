"""policies"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "registry_0014"
down_revision = "registry_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "policy",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("issuer", sa.Text(), nullable=False),
        sa.Column("openness", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("repealed_on", sa.Date(), nullable=True),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("created_by", sa.Text(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.CheckConstraint(
            "(state = 'repealed') = (repealed_on IS NOT NULL)", name=op.f("ck_policy_repealed_on")
        ),
        sa.CheckConstraint(
            "kind IN ('law', 'regulation', 'local_regulation', 'department_rule',"
            " 'government_rule', 'judicial_document', 'party_regulation', 'normative_document',"
            " 'notice')",
            name=op.f("ck_policy_kind"),
        ),
        sa.CheckConstraint(
            "openness IN ('public', 'on_request', 'internal')", name=op.f("ck_policy_openness")
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'published', 'amended', 'repealed')", name=op.f("ck_policy_state")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy")),
    )
    op.create_index("uq_policy_code", "policy", ["code"], unique=True)
    op.create_table(
        "policy_edition",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("policy_id", sa.Uuid(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=False),
        sa.Column("document_no", sa.Text(), nullable=True),
        sa.Column("title", sa.Text(), nullable=False),
        sa.Column("addressees", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("issued_on", sa.Date(), nullable=True),
        sa.Column("effective_from", sa.Date(), nullable=False),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column("rendering", sa.Text(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("search_pairs", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.CheckConstraint(
            "rendering IN ('full_text', 'digest')", name=op.f("ck_policy_edition_rendering")
        ),
        sa.CheckConstraint("effective_to > effective_from", name=op.f("ck_policy_edition_period")),
        sa.ForeignKeyConstraint(
            ["policy_id"], ["policy.id"], name=op.f("fk_policy_edition_policy_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_edition")),
        sa.UniqueConstraint(
            "policy_id", "edition", name=op.f("uq_policy_edition_policy_id_edition")
        ),
        sa.UniqueConstraint(
            "policy_id", "effective_from", name=op.f("uq_policy_edition_policy_id_effective_from")
        ),
    )
    op.create_index(
        "ix_policy_edition_search_pairs",
        "policy_edition",
        ["search_pairs"],
        unique=False,
        postgresql_using="gin",
    )
    op.create_table(
        "policy_article",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("edition_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("heading", sa.Text(), nullable=True),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("provisional", sa.Boolean(), nullable=False),
        sa.Column("search_text", sa.Text(), nullable=False),
        sa.Column("search_pairs", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.ForeignKeyConstraint(
            ["edition_id"],
            ["policy_edition.id"],
            name=op.f("fk_policy_article_edition_id"),
            ondelete="CASCADE",
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_policy_article")),
        sa.UniqueConstraint(
            "edition_id", "number", name=op.f("uq_policy_article_edition_id_number")
        ),
        sa.UniqueConstraint(
            "edition_id", "position", name=op.f("uq_policy_article_edition_id_position")
        ),
    )
    op.create_index(
        "ix_policy_article_search_pairs",
        "policy_article",
        ["search_pairs"],
        unique=False,
        postgresql_using="gin",
    )
