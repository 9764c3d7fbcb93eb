"""The verbs of warning rules, and their trials on history."""

import hashlib
import json
import tomllib
from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, time
from functools import lru_cache
from pathlib import Path
from typing import Any
from uuid import UUID

from sqlalchemy import Table, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.acts.rules import first_id
from services.oversight.acts.tables import Act
from services.oversight.adapters.act_surroundings import known_of
from services.oversight.warning_rules import rules
from services.oversight.warning_rules.rules import (
    Content,
    Edition,
    Rulebook,
    RuleState,
    WarningLevel,
)
from services.oversight.warning_rules.schemas import (
    RetirementRequest,
    TrialFilters,
    TrialRequest,
    WarningRuleFilters,
    WarningRulePatch,
    WarningRuleRequest,
)
from services.oversight.warning_rules.tables import WarningRule, WarningTrial
from services.oversight.warnings.rules import Verdict, judge
from shared.access.actor import Actor
from shared.access.visibility import unscoped
from shared.clock import SHANGHAI, legal_day, now
from shared.db import Scope, new_id
from shared.events.oversight.warnings import (
    WarningRuleActivated,
    WarningRuleChanged,
    WarningRuleDiscarded,
    WarningRuleDrafted,
    WarningRuleFact,
    WarningRuleRetired,
    WarningRuleTried,
)
from shared.facts import publish
from shared.law.calendar import end_of
from shared.law.tables import calendar_of
from shared.refusals import NotFound
from shared.timers import schedule
from shared.web.paging import paginate
from shared.web.preconditions import check_precondition

TRY, LOOK_BACK = "warning_rule.try", "warning_rule.look_back"
"""The timers of a trial: takes it further; of a rule that went live: `act_reviews.actions`."""
AT_ONCE = 500
"""Acts that are judged together."""
STEPS = 10
"""Of so many in one firing."""
EXAMPLES = 20
RULES = Path(__file__).parent / "data" / "rules.toml"
CITY = Scope("50")

_acts: Table = Act.__table__  # type: ignore[assignment]
_WHY = "a trial is the system's own look at all acts; only numbers come of it"


async def install(session: AsyncSession) -> None:
    """Add the editions of this release that are not there yet; what is there stays as it is.

    An edition that is new goes live like any other: those before give way, and it looks back.
    """
    with RULES.open("rb") as file:
        told = tomllib.load(file)["rule"]
    moment, rows = now(session), []
    for row in told:
        code, edition = row.pop("code"), row.pop("edition")
        content = Content.model_validate(row)
        rows.append(
            {
                "id": new_id(),
                "version": 1,
                "code": code,
                "edition": edition,
                **_content(content),
                "state": RuleState.ACTIVE,
                "drafted_by": "system",
                "drafted_at": moment,
                "activated_by": "system",
                "activated_at": moment,
            }
        )
    added = await session.scalars(
        insert(WarningRule).on_conflict_do_nothing().returning(WarningRule), rows
    )
    for row in sorted(added, key=lambda row: (row.code, row.edition)):
        await _go_live(session, row, "system")


async def in_force(session: AsyncSession) -> Rulebook:
    """The active editions."""
    found = await session.execute(
        select(
            WarningRule.id,
            WarningRule.code,
            WarningRule.edition,
            WarningRule.digest,
            WarningRule.content,
        )
        .where(WarningRule.state == RuleState.ACTIVE)
        .order_by(WarningRule.code, WarningRule.edition.desc())
    )
    return Rulebook(
        Edition(id, code, edition, _read(digest, json.dumps(content)))
        for id, code, edition, digest, content in found
    )


async def newest(session: AsyncSession) -> dict[str, Content]:
    """What the newest edition of each code says that is or was in force."""
    found = await session.scalars(
        select(WarningRule)
        .where(WarningRule.activated_at.is_not(None))
        .order_by(WarningRule.code, WarningRule.edition)
    )
    return {row.code: row.said for row in found}


@lru_cache(maxsize=256)
def _read(digest: str, content: str) -> Content:
    return Content.model_validate_json(content)


async def draft(session: AsyncSession, actor: Actor, request: WarningRuleRequest) -> WarningRule:
    """A new rule, or the next edition of one."""
    # Two drafts of one code at once: the index lets one of them through.
    editions = (
        await session.execute(
            select(WarningRule.edition, WarningRule.state).where(WarningRule.code == request.code)
        )
    ).all()
    if any(state == RuleState.DRAFT for _, state in editions):
        raise rules.WarningRuleCodeTaken
    row = WarningRule(
        code=request.code,
        edition=max((edition for edition, _ in editions), default=0) + 1,
        **_content(request.content),
        state=rules.LIFECYCLE.initial,
        drafted_by=actor.sub,
        drafted_at=now(session),
    )
    session.add(row)
    await session.flush()
    _publish(session, row, WarningRuleDrafted)
    return row


async def change(
    session: AsyncSession, actor: Actor, id: UUID, request: WarningRulePatch
) -> WarningRule:
    """A draft says something else; whoever changed it last is its author.

    A change that changes nothing leaves no trace.
    """
    row = await _step(session, actor, id, "change")
    told = _content(request.content)
    if told["digest"] == row.digest:
        return row
    for name, value in told.items():
        setattr(row, name, value)
    row.drafted_by = actor.sub
    await session.flush()
    _publish(session, row, WarningRuleChanged)
    return row


async def activate(session: AsyncSession, actor: Actor, id: UUID) -> WarningRule:
    """From now on it warns, of the acts of its time; of those, the editions before do no more."""
    row = await read(session, id, lock=True)
    at = replace(row.standing, tried_on_nothing=await _tried_on_nothing(session, row))
    row.state = rules.next_state("activate", at, sub=actor.sub)
    row.activated_by, row.activated_at = actor.sub, now(session)
    await _go_live(session, row, actor.sub)
    await session.flush()
    _publish(session, row, WarningRuleActivated)
    return row


async def _go_live(session: AsyncSession, row: WarningRule, sub: str) -> None:
    """Earlier editions end where this one goes on beyond them; it looks at what is there.

    One that holds on after this one ends stays as it is: it speaks where this one does not.
    """
    content = row.said
    since, until = content.effective_from, content.effective_to
    others = await session.scalars(
        select(WarningRule)
        .where(
            WarningRule.code == row.code,
            WarningRule.state == RuleState.ACTIVE,
            WarningRule.edition < row.edition,
        )
        .order_by(WarningRule.edition)
        .with_for_update()
    )
    for other in others:
        said = other.said
        if until is not None and (said.effective_to is None or said.effective_to > until):
            continue
        if said.effective_from >= since:
            _end(session, other, sub, why=f"第{row.edition}版取代")
            await session.flush()
            _publish(session, other, WarningRuleRetired)
        elif said.effective_to is None or said.effective_to > since:
            shorter = said.model_copy(update={"effective_to": since})
            other.content, other.digest = _content(shorter).values()
            await session.flush()
            _publish(session, other, WarningRuleChanged)
    await schedule(session, LOOK_BACK, row.id, now(session))


async def _tried_on_nothing(session: AsyncSession, row: WarningRule) -> bool:
    done = select(WarningTrial.id).where(
        WarningTrial.rule_id == row.id,
        WarningTrial.digest == row.digest,
        WarningTrial.done_at.is_not(None),
    )
    return await session.scalar(done.limit(1)) is not None


async def discard(session: AsyncSession, actor: Actor, id: UUID) -> WarningRule:
    """The draft comes to nothing."""
    row = await _step(session, actor, id, "discard")
    row.ended_by, row.ended_at = actor.sub, now(session)
    await session.flush()
    _publish(session, row, WarningRuleDiscarded)
    return row


async def retire(
    session: AsyncSession, actor: Actor, id: UUID, request: RetirementRequest
) -> WarningRule:
    """It warns no more; what it raised stays to be looked into."""
    row = await _step(session, actor, id, "retire")
    _end(session, row, actor.sub, why=request.reason)
    await session.flush()
    _publish(session, row, WarningRuleRetired)
    return row


async def read(session: AsyncSession, id: UUID, *, lock: bool = False) -> WarningRule:
    """One edition; `NotFound` if there is none."""
    how = {"key_share": True} if lock else None
    row = await session.get(WarningRule, id, with_for_update=how, populate_existing=lock)
    if row is None:
        raise NotFound
    if lock:
        check_precondition(row.id, row.version)
    return row


async def page(
    session: AsyncSession, filters: WarningRuleFilters
) -> tuple[list[WarningRule], str | None, int | None]:
    """Editions, one page of them."""
    statement = select(WarningRule)
    if filters.code is not None:
        statement = statement.where(WarningRule.code == filters.code)
    if filters.state is not None:
        statement = statement.where(WarningRule.state == filters.state)
    rows, cursor, count = await paginate(
        session,
        statement,
        sort=filters.sort,
        columns={"id": WarningRule.id},
        id=WarningRule.id,
        paging=filters,
    )
    return [row for (row,) in rows], cursor, count


# ---------------------------------------------------------------- trials


async def try_(
    session: AsyncSession, actor: Actor, id: UUID, request: TrialRequest
) -> WarningTrial:
    """Look what a draft would have raised; a timer does it, nobody is told of what it finds."""
    if request.last < request.first:
        raise rules.WarningRulePeriodInvalid(
            first=request.first.isoformat(), last=request.last.isoformat()
        )
    row = await _step(session, actor, id, "try")
    trial = WarningTrial(
        rule_id=row.id,
        content=row.content,
        digest=row.digest,
        first=request.first,
        last=request.last,
        asked_by=actor.sub,
        asked_at=now(session),
        looked_to=None,
        examined=0,
        yellow=0,
        red=0,
        by_month={},
        by_district={},
        examples=[],
    )
    session.add(trial)
    await session.flush()
    await schedule(session, TRY, trial.id, now(session))
    return trial


async def step_trial(session: AsyncSession, id: UUID, due_at: datetime) -> None:
    """The timer: judge some acts more."""
    trial = await session.get_one(WarningTrial, id)
    content = Content.model_validate(trial.content)
    last = first_id(end_of(trial.last))
    at = trial.looked_to or first_id(datetime.combine(trial.first, time(), SHANGHAI))
    calendar, moment = await calendar_of(session), now(session)
    for _ in range(STEPS):
        acts = await acts_between(session, at, last)
        known = await known_of(session, acts, [content])
        for act in acts:
            verdict = judge(content, act, known, calendar, moment, in_hindsight=True)
            _count(trial, content, act, verdict)
        if len(acts) < AT_ONCE:
            await _finish(session, trial)
            return
        at = trial.looked_to = acts[-1]["id"]
    await session.flush()
    await schedule(session, TRY, id, now(session))


def _count(trial: WarningTrial, content: Content, act: Mapping[str, Any], verdict: Verdict) -> None:
    trial.examined += content.is_about(act)
    if verdict.level is None:
        return
    if verdict.level is WarningLevel.RED:
        trial.red += 1
    else:
        trial.yellow += 1
    month = legal_day(act["began_at"]).strftime("%Y-%m")
    trial.by_month = dict(Counter(trial.by_month) + Counter([month]))
    trial.by_district = dict(Counter(trial.by_district) + Counter([act["district"] or "50"]))
    if len(trial.examples) < EXAMPLES:
        trial.examples = [*trial.examples, str(act["id"])]


async def _finish(session: AsyncSession, trial: WarningTrial) -> None:
    row = await read(session, trial.rule_id, lock=True)
    trial.done_at = now(session)
    if trial.examined:
        row.tried_digest = trial.digest
    await session.flush()
    fact = WarningRuleTried(
        **_told(row), examined=trial.examined, yellow=trial.yellow, red=trial.red
    )
    publish(session, fact, at=CITY, actor=trial.asked_by)


async def trials_of(
    session: AsyncSession, id: UUID, filters: TrialFilters
) -> tuple[list[WarningTrial], str | None, int | None]:
    """The trials of an edition, one page of them."""
    row = await read(session, id)
    rows, cursor, count = await paginate(
        session,
        select(WarningTrial).where(WarningTrial.rule_id == row.id),
        sort=filters.sort,
        columns={"id": WarningTrial.id},
        id=WarningTrial.id,
        paging=filters,
    )
    return [row for (row,) in rows], cursor, count


async def acts_between(session: AsyncSession, after: UUID, before: UUID) -> list[dict[str, Any]]:
    """Acts in the order in which they began, `AT_ONCE` of them."""
    found = await session.execute(
        select(_acts)
        .where(_acts.c.id > after, _acts.c.id < before, unscoped(Act, reason=_WHY))
        .order_by(_acts.c.id)
        .limit(AT_ONCE)
    )
    return [dict(row) for row in found.mappings()]


# ---------------------------------------------------------------- one place for each


def _content(content: Content) -> dict[str, Any]:
    said = content.model_dump(mode="json")
    text = json.dumps(said, ensure_ascii=False, sort_keys=True)
    return {"content": said, "digest": hashlib.sha256(text.encode()).hexdigest()}


async def _step(session: AsyncSession, actor: Actor, id: UUID, action: str) -> WarningRule:
    row = await read(session, id, lock=True)
    row.state = rules.next_state(action, row.standing, sub=actor.sub)
    return row


def _end(session: AsyncSession, row: WarningRule, sub: str, *, why: str) -> None:
    row.state = RuleState.RETIRED
    row.ended_by, row.ended_at, row.ended_why = sub, now(session), why


def _told(row: WarningRule) -> dict[str, Any]:
    content = row.said
    return {
        "rule_id": row.id,
        "code": row.code,
        "edition": row.edition,
        "name": content.name,
        "state": row.state,
        "effective_from": content.effective_from,
        "effective_to": content.effective_to,
        "provisional": content.provisional,
    }


def _publish(session: AsyncSession, row: WarningRule, kind: type[WarningRuleFact]) -> None:
    publish(session, kind(**_told(row)), at=CITY)
