"""What the official calendar moves when it changes: every running deadline that follows it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import exists, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.escalation.accountability.tables import Accountability
from services.escalation.clocks import actions as clocks
from services.escalation.complaints import actions as complaints
from services.escalation.complaints.tables import Complaint
from services.escalation.conferences.tables import Conference
from services.escalation.cooperations.tables import Cooperation
from services.escalation.disputes.tables import Dispute
from services.escalation.field_reports import actions as field_reports
from services.escalation.field_reports.tables import FieldReport
from services.escalation.issues.tables import Issue
from services.escalation.ladder import actions as ladder
from services.escalation.liaisons.tables import Liaison
from services.escalation.packages.tables import Package
from services.escalation.referrals.tables import Referral
from services.escalation.reverse_transfers.tables import ReverseTransfer
from services.escalation.transfers.tables import Transfer
from shared.clock import now
from shared.law.tables import CALENDAR_CHANGED, calendar_of, forget
from shared.timers import Timer, schedule

COUNTED_AT_ONCE = 500

CLOCKED: tuple[Any, ...] = (
    Dispute,
    Conference,
    Accountability,
    Package,
    Transfer,
    ReverseTransfer,
    Referral,
    Cooperation,
    Liaison,
)


def _runs(table: Any, kind: str) -> Any:
    """Its deadline is waited for: neither passed nor met, nor history that was loaded late."""
    return exists().where(Timer.kind == kind, Timer.ref == table.id)


KINDS: tuple[tuple[Any, Any, Any], ...] = (
    (Issue, Issue.due_at.is_not(None) & Issue.counted.is_not(None), ladder.recount),
    (Complaint, _runs(Complaint, complaints.REPLY_DUE), complaints.recount),
    (FieldReport, _runs(FieldReport, field_reports.ANSWER_DUE), field_reports.recount),
    *((table, clocks.runs(table), clocks.recount) for table in CLOCKED),
)


async def recount(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the official calendar changed; count every running deadline anew.

    In chunks, the next one in a transaction of its own: `ref` is the id up to which all is done.
    """
    forget()  # this replica may have looked a second before the days changed
    calendar = await calendar_of(session)
    left = []
    for table, runs, count in KINDS:
        some = select(table).where(table.id > ref, runs).order_by(table.id).limit(COUNTED_AT_ONCE)
        rows = (await session.scalars(some.with_for_update(of=table))).all()
        for row in rows:
            await count(session, row, calendar)
        if len(rows) == COUNTED_AT_ONCE:
            left.append(rows[-1].id)
    if left:
        # What lies behind the first of them is counted again, which changes nothing.
        await schedule(session, CALENDAR_CHANGED, min(left), now(session))
