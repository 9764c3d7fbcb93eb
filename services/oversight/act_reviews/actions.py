"""When acts are judged by the warning rules.

Acts are judged when they arrive or change, in the transaction that writes them; and again at the
moments at which a term comes near or ends, when a rule goes live, and when a check before theirs
becomes known. No act is looked at without a reason.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Table, delete, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.act_reviews.tables import WarningWatch
from services.oversight.acts.rules import ActKind, first_id
from services.oversight.acts.tables import Act
from services.oversight.adapters.act_surroundings import checks_after, decided_since, known_of
from services.oversight.subject_views.actions import hold_divisions
from services.oversight.warning_rules import actions as warning_rules
from services.oversight.warning_rules.rules import (
    DisputedCheck,
    Edition,
    RepeatedCheck,
    Rulebook,
    RuleState,
    is_judged,
)
from services.oversight.warning_rules.tables import WarningRule
from services.oversight.warnings import actions as warnings
from services.oversight.warnings.rules import Verdict, verdict_of
from shared.access.visibility import unscoped
from shared.clock import legal_day, now
from shared.db import among, copy_line, copy_lines
from shared.law.calendar import ONE_DAY, end_of
from shared.law.tables import calendar_of
from shared.timers import schedule, schedule_by

LOOK = "warning.look"
"""The timer of all watches: looks at the acts whose moment has come."""
ALL = UUID(int=0)
AT_ONCE = 500
STEPS = 10

_acts: Table = Act.__table__  # type: ignore[assignment]
_WHY = "an act is judged by what is true, whoever may see it"


class Change(Protocol):
    """An act before and after, as intake tells of it."""

    @property
    def old(self) -> Mapping[str, Any] | None: ...
    @property
    def new(self) -> dict[str, Any]: ...


async def on_acts(session: AsyncSession, changes: Sequence[Change]) -> None:
    """Intake's watcher: acts that are new or different are judged where they are written."""
    fresh = [change.new for change in changes if change.old is None and _counts(change.new)]
    there = [change.new for change in changes if change.old is not None and _counts(change.new)]
    if fresh or there:
        await review(session, [*fresh, *there], known_before={act["id"] for act in there})
    await _watch_followers(session, changes)


def _counts(act: Mapping[str, Any]) -> bool:
    return not act["backfill"]  # history raises no warning


async def review(
    session: AsyncSession,
    acts: Sequence[Mapping[str, Any]],
    *,
    known_before: set[UUID],
    only: str | None = None,
) -> None:
    """Judge acts by all rules in force, or `only` by one; raise, redden and clear what follows.

    `known_before` are those that may have warnings and watches already.
    """
    # First: whoever has an act looked at again meanwhile waits, or is seen by what is read below.
    await _forget(session, known_before, only)
    book = await warning_rules.in_force(session)
    if only is not None:
        book = Rulebook(one for one in book.editions if one.code == only)
    known = await known_of(session, acts, [one.content for one in book.editions])
    calendar, moment = await calendar_of(session), now(session)
    raised: dict[tuple[UUID, str], tuple[Edition, Verdict]] = {}
    watches: list[tuple[UUID, str, datetime]] = []
    for act in acts:
        if not is_judged(act):
            continue
        for one in book.about(act, legal_day(act["began_at"])):
            verdict = verdict_of(one.content.check, act, known, calendar, moment)
            if verdict.level is not None:
                raised[act["id"], one.code] = (one, verdict)
            if verdict.look_at is not None:
                watches.append((act["id"], one.code, verdict.look_at))
    await warnings.settle(session, acts, raised, book, known_before, only)
    await _watch(session, watches)


# ---------------------------------------------------------------- when a moment has come


async def _forget(session: AsyncSession, known_before: set[UUID], only: str | None) -> None:
    if known_before:
        old = delete(WarningWatch).where(among(WarningWatch.act_id, known_before))
        if only is not None:
            old = old.where(WarningWatch.rule_code == only)
        await session.execute(old)


async def _watch(session: AsyncSession, watches: Sequence[tuple[UUID, str, datetime]]) -> None:
    if watches:
        columns = ("act_id", "rule_code", "look_at")
        await copy_lines(session, WarningWatch, columns, map(copy_line, watches))
        await schedule_by(session, LOOK, ALL, min(at for _, _, at in watches))


async def _watch_followers(session: AsyncSession, changes: Sequence[Change]) -> None:
    """A check that is told late, otherwise or no more: the checks that followed are looked at."""
    told = [act for change in changes for act in (change.old, change.new) if act is not None]
    checks = [act for act in told if act["kind"] == ActKind.CHECK]
    if not checks:
        return
    repeated = [
        (one.code, one.content.check.within_days)
        for one in (await warning_rules.in_force(session)).editions
        if isinstance(one.content.check, RepeatedCheck)
    ]
    if not repeated:
        return
    ids = await checks_after(session, checks, max(days for _, days in repeated))
    # Not those that were judged just now, with all others of their chunk in sight.
    judged = {change.new["id"] for change in changes}
    await _look_again(
        session, [id for id in ids if id not in judged], {code for code, _ in repeated}
    )


async def review_of_parties(
    session: AsyncSession, organisations: Collection[str], *, since: datetime
) -> None:
    """A dispute of these bodies begins, changes or ends: what they decided since is looked at."""
    editions = (await warning_rules.in_force(session)).editions
    codes = {one.code for one in editions if isinstance(one.content.check, DisputedCheck)}
    if codes:
        await _look_again(session, await decided_since(session, organisations, since), codes)


async def _look_again(session: AsyncSession, ids: Sequence[UUID], codes: Collection[str]) -> None:
    """Have acts judged again by some rules, soon."""
    moment = now(session)
    rows = [
        {"act_id": id, "rule_code": code, "look_at": moment} for id in ids for code in sorted(codes)
    ]
    for start in range(0, len(rows), AT_ONCE):
        watch = insert(WarningWatch).values(rows[start : start + AT_ONCE])
        await session.execute(
            watch.on_conflict_do_update(
                index_elements=[WarningWatch.act_id, WarningWatch.rule_code],
                set_={"look_at": watch.excluded.look_at},
            )
        )
    if rows:
        await schedule_by(session, LOOK, ALL, moment)


async def look(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: judge the acts whose moment has come, some in one firing."""
    await hold_divisions(session)
    moment = now(session)
    for _ in range(STEPS):
        due = (
            select(WarningWatch.act_id)
            .where(WarningWatch.look_at <= moment)
            .order_by(WarningWatch.look_at, WarningWatch.act_id)
            .limit(AT_ONCE)
        )
        ids = set(await session.scalars(due))
        if not ids:
            break
        acts = await _acts_of(session, ids)
        # Of an act that is not kept any more nothing is left to look at.
        await session.execute(
            delete(WarningWatch).where(
                among(WarningWatch.act_id, ids - {act["id"] for act in acts})
            )
        )
        await review(session, acts, known_before={act["id"] for act in acts})
    following = await session.scalar(select(func.min(WarningWatch.look_at)))
    if following is not None:
        await schedule_by(session, LOOK, ALL, following)


async def look_back(session: AsyncSession, id: UUID, due_at: datetime) -> None:
    """The timer of a rule that went live: judge by it the acts of its time that are there."""
    row = await session.get_one(WarningRule, id, with_for_update={"key_share": True})
    if row.state != RuleState.ACTIVE:
        return
    await hold_divisions(session)
    content = row.said
    first = first_id(end_of(content.effective_from - ONE_DAY))
    last = end_of(content.effective_to - ONE_DAY) if content.effective_to else now(session)
    at = row.looked_to or first
    for _ in range(STEPS):
        acts = await warning_rules.acts_between(session, at, first_id(last))
        counting = [act for act in acts if _counts(act)]
        if counting:
            known_before = {act["id"] for act in counting}
            await review(session, counting, known_before=known_before, only=row.code)
        if acts:
            at = row.looked_to = acts[-1]["id"]
        if len(acts) < warning_rules.AT_ONCE:
            return
    await session.flush()
    await schedule(session, warning_rules.LOOK_BACK, id, now(session))


async def _acts_of(session: AsyncSession, ids: Iterable[UUID]) -> list[dict[str, Any]]:
    found = await session.execute(
        select(_acts).where(_acts.c.id.in_(ids), unscoped(Act, reason=_WHY))
    )
    return [dict(row) for row in found.mappings()]
