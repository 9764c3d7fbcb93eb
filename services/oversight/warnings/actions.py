"""What raises and clears warnings, and what people do with them.

Acts are judged when they arrive or change, in the transaction that writes them; and again at the
moments at which a term comes near or ends. No act is looked at without a reason.
"""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Protocol
from uuid import UUID

from sqlalchemy import Table, delete, func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.acts.tables import Act
from services.oversight.adapters.act_surroundings import known_of, names_of
from services.oversight.findings import actions as findings
from services.oversight.inspections import actions as inspections
from services.oversight.permissions import NotInCharge, permissions_towards
from services.oversight.warning_rules import actions as warning_rules
from services.oversight.warning_rules.rules import CheckKind, Content, WarningLevel
from services.oversight.warning_rules.tables import WarningRule
from services.oversight.warnings import rules
from services.oversight.warnings.rules import LAWFUL, Verdict, WarningState, judge
from services.oversight.warnings.schemas import (
    AnswerRequest,
    ConfirmationRequest,
    DismissalRequest,
    HitRate,
    WarningFilters,
)
from services.oversight.warnings.tables import ActWarning, WarningWatch
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now
from shared.db import copy_line, copy_lines
from shared.events.oversight.warnings import (
    OutsourcingSuspected,
    WarningAnswered,
    WarningCleared,
    WarningConfirmed,
    WarningDismissed,
    WarningFact,
    WarningRaised,
    WarningTurnedRed,
)
from shared.facts import publish
from shared.law.calendar import end_of
from shared.law.places import in_division
from shared.law.tables import calendar_of
from shared.timers import schedule, schedule_by
from shared.web.paging import paginate

LOOK = "warning.look"
"""The timer of all watches: looks at the acts whose moment has come."""
ALL = UUID(int=0)
AT_ONCE = 500
STEPS = 10
_ONE_DAY = timedelta(days=1)

_acts: Table = Act.__table__  # type: ignore[assignment]
_WHY = "warnings are the system's own: it says who may see each"


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
    editions = [
        (row, content)
        for row, content in await warning_rules.in_force(session)
        if only in (None, row.code)
    ]
    known = await known_of(session, acts, [content for _, content in editions])
    calendar, moment = await calendar_of(session), now(session)
    verdicts: dict[tuple[UUID, str], tuple[WarningRule, Content, Verdict]] = {}
    for act in acts:
        for row, content in editions:
            verdict = judge(content, act, known, calendar, moment)
            if verdict is LAWFUL or (act["id"], row.code) in verdicts:
                continue  # of two editions the one that is about the act speaks
            verdicts[act["id"], row.code] = (row, content, verdict)
    await _settle(session, acts, verdicts, known_before, only)
    await _watch(session, verdicts, known_before, only)


async def _settle(
    session: AsyncSession,
    acts: Sequence[Mapping[str, Any]],
    verdicts: Mapping[tuple[UUID, str], tuple[WarningRule, Content, Verdict]],
    known_before: set[UUID],
    only: str | None,
) -> None:
    """Make the warnings what the verdicts say."""
    before: dict[tuple[UUID, str], ActWarning] = {}
    if known_before:
        statement = select(ActWarning).where(
            ActWarning.act_id.in_(known_before), unscoped(ActWarning, reason=_WHY)
        )
        if only is not None:
            statement = statement.where(ActWarning.rule_code == only)
        found = await session.scalars(statement.with_for_update())
        before = {(row.act_id, row.rule_code): row for row in found}
    raised = {key: told for key, told in verdicts.items() if told[2].level is not None}
    by_id = {act["id"]: act for act in acts}
    names = await names_of(session, {by_id[id]["subject_id"] for id, _ in raised}) if raised else {}
    told: list[tuple[ActWarning, type[WarningFact], CheckKind]] = []
    for key, (edition, content, verdict) in raised.items():
        act = by_id[key[0]]
        row = before.pop(key, None)
        if row is None:
            row = _new(act, edition, content, verdict, names, now(session))
            session.add(row)
            told.append((row, WarningRaised, content.check.kind))
        elif (kind := _again(row, edition, content, verdict, now(session))) is not None:
            told.append((row, kind, content.check.kind))
    for row in before.values():
        if row.state in rules.OPEN and row.act_id in by_id:
            row.state = rules.LIFECYCLE.next("clear", row.state)
            row.cleared_at = now(session)
            told.append((row, WarningCleared, CheckKind.TERM))
    if told:
        await session.flush()
    for row, kind, check in told:
        publish(session, kind(**_told(row)), at=row)
        if kind is WarningRaised and check is CheckKind.OUTSOURCED:
            foreign = row.detail["performed_by"]
            publish(session, OutsourcingSuspected(**_told(row), performed_by=foreign), at=row)


def _new(
    act: Mapping[str, Any],
    edition: WarningRule,
    content: Content,
    verdict: Verdict,
    names: Mapping[UUID, tuple[str, str]],
    moment: datetime,
) -> ActWarning:
    name, division = names[act["subject_id"]]
    assert verdict.level is not None
    return ActWarning(
        subject_id=act["subject_id"],
        subject_name=name,
        domains=list(act["domains"]),
        division=division,
        # The legal office of the district looks into it, of a body of the city's the Bureau.
        authority=act["district"] or "50",
        district=act["district"],
        township=act["township"],
        parties=list(act["parties"]),
        rule_id=edition.id,
        rule_code=edition.code,
        rule_edition=edition.edition,
        rule_name=content.name,
        act_id=act["id"],
        act_kind=act["kind"],
        external_id=act["external_id"],
        organisation=act["organisation"],
        level=verdict.level,
        detail=dict(verdict.detail),
        due_at=verdict.due_at,
        state=rules.LIFECYCLE.initial,
        raised_at=moment,
        raised=1,
        red_at=moment if verdict.level is WarningLevel.RED else None,
        answers=[],
    )


def _again(
    row: ActWarning, edition: WarningRule, content: Content, verdict: Verdict, moment: datetime
) -> type[WarningFact] | None:
    """It is said again: nothing new, unless it is red now, or was cleared."""
    if row.state == WarningState.CONFIRMED:
        return None
    assert verdict.level is not None
    reddened = verdict.level is WarningLevel.RED and row.level == WarningLevel.YELLOW
    action: str
    kind: type[WarningFact]
    if row.state == WarningState.CLEARED:
        action, kind = "raise_again", WarningRaised
    elif reddened:
        action, kind = "turn_red", WarningTurnedRed
    else:
        return None
    row.state = rules.LIFECYCLE.next(action, row.state)
    row.raised += action == "raise_again"
    row.rule_id, row.rule_edition, row.rule_name = edition.id, edition.edition, content.name
    row.level, row.detail, row.due_at = verdict.level, dict(verdict.detail), verdict.due_at
    if reddened:
        row.red_at = moment
    return kind


# ---------------------------------------------------------------- when a moment has come


async def _watch(
    session: AsyncSession,
    verdicts: Mapping[tuple[UUID, str], tuple[WarningRule, Content, Verdict]],
    known_before: set[UUID],
    only: str | None,
) -> None:
    if known_before:
        old = delete(WarningWatch).where(WarningWatch.act_id.in_(known_before))
        if only is not None:
            old = old.where(WarningWatch.rule_code == only)
        await session.execute(old)
    watches = [
        (act_id, code, verdict.look_at)
        for (act_id, code), (_, _, verdict) in verdicts.items()
        if verdict.look_at is not None
    ]
    if watches:
        columns = ("act_id", "rule_code", "look_at")
        await copy_lines(session, WarningWatch, columns, map(copy_line, watches))
        await schedule_by(session, LOOK, ALL, min(at for _, _, at in watches))


async def look(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: judge the acts whose moment has come, some in one firing."""
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
            delete(WarningWatch).where(WarningWatch.act_id.in_(ids - {act["id"] for act in acts}))
        )
        await review(session, acts, known_before={act["id"] for act in acts})
    following = await session.scalar(select(func.min(WarningWatch.look_at)))
    if following is not None:
        await schedule_by(session, LOOK, ALL, following)


async def look_back(session: AsyncSession, id: UUID, due_at: datetime) -> None:
    """The timer of a rule that went live: judge by it the acts of its time that are there."""
    row = await session.get_one(WarningRule, id, with_for_update={"key_share": True})
    content = row.said
    first = warning_rules.first_id(end_of(content.effective_from - _ONE_DAY))
    last = end_of(content.effective_to - _ONE_DAY) if content.effective_to else now(session)
    at = row.looked_to or first
    for _ in range(STEPS):
        acts = await warning_rules.acts_between(session, at, warning_rules.first_id(last))
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


# ---------------------------------------------------------------- what people do


async def answer(
    session: AsyncSession, actor: Actor, id: UUID, request: AnswerRequest
) -> ActWarning:
    """The body says how it came to that; what it mends comes as a record of its source."""
    row = await _step(session, actor, id, "answer", rules.ANSWER)
    said = {"text": request.text, "at": now(session).isoformat(), "by": actor.sub}
    row.answers = [*row.answers, said]
    await session.flush()
    publish(session, WarningAnswered(**_told(row)), at=row)
    return row


async def confirm(
    session: AsyncSession, actor: Actor, id: UUID, request: ConfirmationRequest
) -> ActWarning:
    """It is so: a finding of an inspection of that body, an issue, or known and no more."""
    row = await _step(session, actor, id, "confirm", rules.HANDLE)
    rules.may_follow_up(
        request.follow_up,
        inspection_named=request.inspection_id is not None,
        code_named=request.code is not None,
    )
    if request.inspection_id is not None and request.code is not None:
        inspection = await inspections.read(session, actor, request.inspection_id)
        if inspection.subject_id != row.subject_id:
            raise rules.WarningInspectionForeign
        finding = await findings.record_found(
            session,
            actor,
            inspection_id=inspection.id,
            code=request.code,
            description=request.reason,
            officer_id=None,
            act_number=row.external_id,
        )
        row.finding_id = finding.id
    _handle(session, row, actor, request.reason)
    row.follow_up = request.follow_up
    await session.flush()
    fact = WarningConfirmed(
        **_told(row), follow_up=request.follow_up.value, finding_id=row.finding_id
    )
    publish(session, fact, at=row)
    return row


async def dismiss(
    session: AsyncSession, actor: Actor, id: UUID, request: DismissalRequest
) -> ActWarning:
    """It is nothing; should it turn red it is raised again."""
    row = await _step(session, actor, id, "dismiss", rules.HANDLE)
    _handle(session, row, actor, request.reason)
    await session.flush()
    publish(session, WarningDismissed(**_told(row)), at=row)
    return row


def _handle(session: AsyncSession, row: ActWarning, actor: Actor, reason: str) -> None:
    row.handled_at, row.handled_by, row.reason = now(session), actor.sub, reason


async def _step(
    session: AsyncSession, actor: Actor, id: UUID, action: str, permission: str
) -> ActWarning:
    row = await load(session, ActWarning, id, actor, lock=True)
    if permission not in permissions_towards(actor, row):
        raise NotInCharge
    row.state = rules.LIFECYCLE.next(action, row.state)
    return row


def _told(row: ActWarning) -> dict[str, Any]:
    return {
        "warning_id": row.id,
        "rule_code": row.rule_code,
        "rule_edition": row.rule_edition,
        "rule_name": row.rule_name,
        "act_id": row.act_id,
        "act_kind": row.act_kind,
        "subject_id": row.subject_id,
        "organisation": row.organisation,
        "subject_name": row.subject_name,
        "division": row.division,
        "warning_level": row.level,
        "state": row.state,
        "due_at": row.due_at,
        "authority_level": row.authority_level,
    }


# ---------------------------------------------------------------- reading


async def page(
    session: AsyncSession, actor: Actor, filters: WarningFilters
) -> tuple[list[ActWarning], str | None, int | None]:
    """Warnings that the caller may see, one page of them."""
    statement = select(ActWarning).where(visible(ActWarning, actor))
    for column, value in (
        (ActWarning.state, filters.state),
        (ActWarning.level, filters.warning_level),
        (ActWarning.rule_code, filters.rule),
        (ActWarning.act_kind, filters.kind),
        (ActWarning.act_id, filters.act_id),
        (ActWarning.subject_id, filters.subject_id),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if filters.open is not None:
        is_open = ActWarning.state.in_(rules.OPEN)
        statement = statement.where(is_open if filters.open else ~is_open)
    if filters.division is not None:
        place = in_division(ActWarning, filters.division, direct=filters.direct)
        statement = statement.where(place)
    rows, cursor, count = await paginate(
        session,
        statement,
        sort=filters.sort,
        columns={"id": ActWarning.id, "due_at": ActWarning.due_at},
        id=ActWarning.id,
        paging=filters,
    )
    return [row for (row,) in rows], cursor, count


async def hit_rates(session: AsyncSession, actor: Actor) -> list[HitRate]:
    """Of the warnings that the caller may see, by rule: how many turned out to be right."""
    found = await session.execute(
        select(ActWarning.rule_code, ActWarning.state, func.count())
        .where(visible(ActWarning, actor))
        .group_by(ActWarning.rule_code, ActWarning.state)
    )
    counts: dict[str, dict[str, int]] = {}
    for code, state, number in found:
        counts.setdefault(code, {})[state] = number
    names = await warning_rules.newest(session)
    return [_rate(code, names[code], counts[code]) for code in sorted(counts)]


def _rate(code: str, content: Content, by_state: Mapping[str, int]) -> HitRate:
    confirmed = by_state.get(WarningState.CONFIRMED, 0)
    dismissed = by_state.get(WarningState.DISMISSED, 0)
    looked_into = confirmed + dismissed
    return HitRate(
        code=code,
        name=content.name,
        check=content.check.kind,
        raised=sum(by_state.values()),
        open=sum(by_state.get(state, 0) for state in rules.OPEN),
        confirmed=confirmed,
        dismissed=dismissed,
        cleared=by_state.get(WarningState.CLEARED, 0),
        hit_rate=round(confirmed / looked_into, 3) if looked_into else None,
    )
