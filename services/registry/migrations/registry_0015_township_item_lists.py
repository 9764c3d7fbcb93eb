"""township item lists"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "registry_0015"
down_revision = "registry_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "item_list",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("division", sa.Text(), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("statutory", sa.Integer(), nullable=False),
        sa.Column("empowered", sa.Integer(), nullable=False),
        sa.Column("entrusted", sa.Integer(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("edition", sa.Integer(), nullable=True),
        sa.Column("authors", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("reviewed_by", sa.Text(), nullable=True),
        sa.Column("decision_no", sa.Text(), nullable=True),
        sa.Column("decided_on", sa.Date(), nullable=True),
        sa.Column("effective_from", sa.Date(), nullable=True),
        sa.Column("effective_to", sa.Date(), nullable=True),
        sa.Column("evaluated_on", sa.Date(), nullable=True),
        sa.Column("due_at", sa.DateTime(timezone=True), nullable=True),
        sa.Column("created_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("updated_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "(state IN ('published', 'superseded')) = (num_nulls(edition, effective_from) = 0)",
            name=op.f("ck_item_list_published"),
        ),
        sa.CheckConstraint(
            "state IN ('draft', 'legal_review', 'council', 'published', 'superseded', 'withdrawn')",
            name=op.f("ck_item_list_state"),
        ),
        sa.CheckConstraint("effective_to >= effective_from", name=op.f("ck_item_list_period")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_list")),
    )
    op.create_index("ix_item_list_district", "item_list", ["district", "id"], unique=False)
    op.create_index(
        "ix_item_list_domains", "item_list", ["domains"], unique=False, postgresql_using="gin"
    )
    op.create_index(
        "ix_item_list_parties", "item_list", ["parties"], unique=False, postgresql_using="gin"
    )
    op.create_index("ix_item_list_state", "item_list", ["state", "id"], unique=False)
    op.create_index("ix_item_list_township", "item_list", ["township", "id"], unique=False)
    op.create_index("uq_item_list_edition", "item_list", ["division", "edition"], unique=True)
    op.create_index(
        "uq_item_list_preparing",
        "item_list",
        ["division"],
        unique=True,
        postgresql_where=sa.text("state IN ('draft', 'legal_review', 'council')"),
    )
    op.create_index(
        "uq_item_list_published",
        "item_list",
        ["division"],
        unique=True,
        postgresql_where=sa.text("state = 'published'"),
    )
    op.create_table(
        "item_list_evaluation",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_list_id", sa.Uuid(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("result", sa.Text(), nullable=False),
        sa.Column("note", sa.Text(), nullable=False),
        sa.Column("evaluated_on", sa.Date(), nullable=False),
        sa.Column("evaluated_by", sa.Text(), nullable=False),
        sa.CheckConstraint(
            "result IN ('keep', 'adjust')", name=op.f("ck_item_list_evaluation_result")
        ),
        sa.ForeignKeyConstraint(
            ["item_list_id"], ["item_list.id"], name=op.f("fk_item_list_evaluation_item_list_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item_list_evaluation")),
        sa.UniqueConstraint(
            "item_list_id", "version", name=op.f("uq_item_list_evaluation_item_list_id_version")
        ),
    )
    op.create_index(
        "ix_item_list_evaluation_item_list_id",
        "item_list_evaluation",
        ["item_list_id", "id"],
        unique=False,
    )
    op.create_table(
        "item",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("item_list_id", sa.Uuid(), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("power_id", sa.Uuid(), nullable=True),
        sa.Column("code", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("power_kind", sa.Text(), nullable=False),
        sa.Column("domains", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("basis", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("district", sa.Text(), nullable=True),
        sa.Column("township", sa.Text(), nullable=True),
        sa.Column("parties", postgresql.ARRAY(sa.Text()), server_default="{}", nullable=False),
        sa.CheckConstraint(
            "kind IN ('statutory', 'empowered', 'entrusted')", name=op.f("ck_item_kind")
        ),
        sa.CheckConstraint(
            "power_kind IN ('penalty', 'permit', 'coercion', 'check', 'levy', 'requisition',"
            " 'adjudication', 'benefit', 'confirmation', 'award', 'other')",
            name=op.f("ck_item_power_kind"),
        ),
        sa.CheckConstraint("cardinality(basis) > 0", name=op.f("ck_item_basis")),
        sa.ForeignKeyConstraint(
            ["item_list_id"], ["item_list.id"], name=op.f("fk_item_item_list_id")
        ),
        sa.ForeignKeyConstraint(["power_id"], ["power.id"], name=op.f("fk_item_power_id")),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_item")),
    )
    op.create_index("ix_item_district", "item", ["district", "id"], unique=False)
    op.create_index("ix_item_item_list_id", "item", ["item_list_id", "position"], unique=False)
    op.create_index("ix_item_parties", "item", ["parties"], unique=False, postgresql_using="gin")
    op.create_index("ix_item_power_id", "item", ["power_id", "id"], unique=False)
    op.create_index("ix_item_township", "item", ["township", "id"], unique=False)
    op.create_index("uq_item_code", "item", ["item_list_id", "code"], unique=True)
    # Whoever writes: what a township may do changes with the next list only.
    op.execute("""
        CREATE FUNCTION item_of_a_draft() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF EXISTS (
                SELECT FROM item_list
                WHERE id IN (NEW.item_list_id, OLD.item_list_id) AND state <> 'draft'
            ) THEN
                RAISE EXCEPTION 'the items of a list that was submitted do not change';
            END IF;
            RETURN NULL;
        END $$
    """)
    op.execute("""
        CREATE TRIGGER item_of_a_draft
        AFTER INSERT OR DELETE OR UPDATE
            OF item_list_id, position, kind, power_id, code, name, power_kind, domains, basis
        ON item FOR EACH ROW EXECUTE FUNCTION item_of_a_draft()
    """)
