"""issues that go up when another person approves, urged, extended, withdrawn, reopened"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

revision = "escalation_0004"
down_revision = "escalation_0003"
branch_labels = None
depends_on = None

STATES = (
    *("raised", "escalated", "returned", "handling", "paused", "decided", "fed_back", "closed"),
    *("proposed", "withdrawn", "merged"),
)
UNFINISHED = sa.text(
    "issue.state in ('raised', 'escalated', 'returned', 'handling', 'proposed', 'paused')"
)
LIVE = sa.text("source_id IS NOT NULL AND state NOT IN ('closed', 'withdrawn', 'merged')")
# What was decided before this was kept apart from the issue.
DECISIONS = """
INSERT INTO issue_decision
    (id, issue_id, decision, measures, level, decided_at, decided_by, decided_by_name)
SELECT uuidv7(), issue.id, issue.decision, issue.measures, issue.decided_level, issue.decided_at,
       line.by, line.by_name
FROM issue JOIN issue_history line ON line.issue_id = issue.id AND line.action = 'decide'
WHERE issue.decision IS NOT NULL
"""


def upgrade() -> None:
    op.create_table(
        "issue_decision",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("issue_id", sa.Uuid(), nullable=False),
        sa.Column("decision", sa.Text(), nullable=False),
        sa.Column("measures", postgresql.ARRAY(sa.Text()), nullable=False),
        sa.Column("level", sa.Text(), nullable=False),
        sa.Column("decided_at", sa.DateTime(timezone=True), nullable=False),
        sa.Column("decided_by", sa.Text(), nullable=False),
        sa.Column("decided_by_name", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(
            ["issue_id"], ["issue.id"], name=op.f("fk_issue_decision_issue_id")
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_issue_decision")),
    )
    op.create_index(
        "ix_issue_decision_issue_id", "issue_decision", ["issue_id", "id"], unique=False
    )
    op.add_column("issue", sa.Column("counted_from", sa.DateTime(timezone=True), nullable=True))
    op.add_column(
        "issue", sa.Column("counted", postgresql.JSONB(astext_type=sa.Text()), nullable=True)
    )
    op.add_column(
        "issue", sa.Column("extended", sa.Boolean(), server_default="false", nullable=False)
    )
    op.add_column(
        "issue", sa.Column("urges", sa.SmallInteger(), server_default="0", nullable=False)
    )
    op.add_column(
        "issue", sa.Column("edition", sa.SmallInteger(), server_default="1", nullable=False)
    )
    op.add_column("issue", sa.Column("proposed_by", sa.Text(), nullable=True))
    op.add_column("issue", sa.Column("proposed_reason", sa.Text(), nullable=True))
    op.add_column("issue", sa.Column("proposed_direct", sa.Boolean(), nullable=True))
    op.add_column("issue", sa.Column("routed_by", sa.Text(), nullable=True))
    op.add_column("issue", sa.Column("parent_id", sa.Uuid(), nullable=True))
    op.add_column("issue", sa.Column("merged_into", sa.Uuid(), nullable=True))
    op.create_index(
        "ix_issue_merged_into",
        "issue",
        ["merged_into"],
        unique=False,
        postgresql_where=sa.text("merged_into IS NOT NULL"),
    )
    op.create_index(
        "ix_issue_parent_id",
        "issue",
        ["parent_id"],
        unique=False,
        postgresql_where=sa.text("parent_id IS NOT NULL"),
    )
    op.drop_constraint(op.f("ck_issue_state"), "issue")
    states = ", ".join(repr(state) for state in STATES)
    op.create_check_constraint(op.f("ck_issue_state"), "issue", f"state in ({states})")
    for name, columns in (
        ("ix_issue_level_urgency", ["level", "urgency", "id"]),
        ("ix_issue_district_urgency", ["district", "level", "urgency", "id"]),
    ):
        op.drop_index(name, "issue")
        op.create_index(name, "issue", columns, unique=False, postgresql_where=UNFINISHED)
    op.drop_index("uq_issue_source_id", "issue")
    op.create_index(
        "uq_issue_source_id", "issue", ["source_id"], unique=True, postgresql_where=LIVE
    )
    op.execute(DECISIONS)
