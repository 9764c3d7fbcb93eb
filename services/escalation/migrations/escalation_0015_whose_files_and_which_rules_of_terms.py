"""Whose file it is; terms that ran before their rules were kept have them, and timers a handler."""

import sqlalchemy as sa
from alembic import op

revision = "escalation_0015"
down_revision = "escalation_0014"
branch_labels = None
depends_on = None

RULES = {
    "package": {"receipt": "package.receipt"},
    "transfer": {
        "approval": "transfer.approve",
        "sending": "transfer.hand_over",
        "answer": "transfer.file",
        "reconsideration_request": "transfer.reconsideration/apply",
        "reconsideration": "transfer.reconsideration/decide",
        "supervision_request": "transfer.ask_procuratorate",
        "supervision": "transfer.supervision",
        "goods": "transfer.hand_over_goods",
    },
    "reverse_transfer": {
        "decision": "reverse_transfer.decide",
        "reply": "reverse_transfer.reply",
    },
    "referral": {
        "acceptance": "referral.handling/acceptance",
        "handling": "referral.handling/handling",
        "result": "referral.result_reply",
        "other_result": "referral.handling/result",
    },
    # Assistance is due on a day that a person gave: it has no rule.
    "cooperation": {"answer": "cooperation.terms/answer", "rework": "cooperation.terms/rework"},
    "liaison": {"contact": "liaison.contact"},
}


def upgrade() -> None:
    op.add_column("attachment", sa.Column("body", sa.Text(), nullable=True))
    for table, rules in RULES.items():
        for step, rule in rules.items():
            op.execute(
                sa.text(
                    f"UPDATE {table} SET due_rule = :rule WHERE due_step = :step"  # noqa: S608
                    " AND due_rule IS NULL AND due_at IS NOT NULL AND due_from IS NOT NULL"
                ).bindparams(rule=rule, step=step)
            )
    if sa.inspect(op.get_bind()).has_table("timer"):  # it comes on another branch
        op.execute("UPDATE timer SET kind = 'package.due' WHERE kind = 'package.receipt_due'")
