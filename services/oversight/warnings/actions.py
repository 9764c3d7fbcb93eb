"""What makes warnings what the verdicts on acts say, and what people do with them."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.adapters.act_surroundings import names_of
from services.oversight.findings import actions as findings
from services.oversight.inspections import actions as inspections
from services.oversight.permissions import NotInCharge, permissions_towards
from services.oversight.warning_rules import actions as warning_rules
from services.oversight.warning_rules.rules import (
    CheckKind,
    Content,
    Edition,
    Rulebook,
    WarningLevel,
)
from services.oversight.warnings import rules
from services.oversight.warnings.rules import Verdict, WarningState
from services.oversight.warnings.schemas import (
    AnswerRequest,
    ConfirmationRequest,
    DismissalRequest,
    HitRate,
    WarningFilters,
)
from services.oversight.warnings.tables import ActWarning
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import legal_day, now
from shared.db import among
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
from shared.law.places import in_division
from shared.web.paging import paginate

Raised = Mapping[tuple[UUID, str], tuple[Edition, Verdict]]
"""By act and code of the rule: the edition that warns, and what it says."""
_WHY = "warnings are the system's own: it says who may see each"


async def settle(
    session: AsyncSession,
    acts: Sequence[Mapping[str, Any]],
    raised: Raised,
    book: Rulebook,
    known_before: set[UUID],
    only: str | None,
) -> None:
    """Make the warnings of acts what the editions in force say.

    What an edition raised that is not in force any more stays to be looked into, unless another
    one speaks of that time now.
    """
    before: dict[tuple[UUID, str], ActWarning] = {}
    if known_before:
        statement = select(ActWarning).where(
            among(ActWarning.act_id, known_before), unscoped(ActWarning, reason=_WHY)
        )
        if only is not None:
            statement = statement.where(ActWarning.rule_code == only)
        found = await session.scalars(statement.order_by(ActWarning.id).with_for_update())
        before = {(row.act_id, row.rule_code): row for row in found}
    in_force = {one.id for one in book.editions}
    by_id = {act["id"]: act for act in acts}
    names = await names_of(session, {by_id[id]["subject_id"] for id, _ in raised}) if raised else {}
    told: list[tuple[ActWarning, type[WarningFact], CheckKind]] = []
    for key, (edition, verdict) in raised.items():
        act = by_id[key[0]]
        row = before.pop(key, None)
        if row is None:
            row = ActWarning(
                **_about(act, names),
                **_said(edition, verdict),
                rule_code=edition.code,
                act_id=act["id"],
                state=rules.LIFECYCLE.initial,
                raised_at=now(session),
                raised=1,
                red_at=now(session) if verdict.level is WarningLevel.RED else None,
                answers=[],
            )
            session.add(row)
            told.append((row, WarningRaised, edition.content.check.kind))
            continue
        if row.state == WarningState.CONFIRMED:
            continue
        if row.subject_id != act["subject_id"]:
            await _leave(session, row)
        if (row.subject_id, *_place(row)) != (act["subject_id"], act["district"], act["township"]):
            _set(row, _about(act, names))
        if (kind := _again(row, edition, verdict, now(session))) is not None:
            told.append((row, kind, edition.content.check.kind))
    for row in before.values():
        act = by_id[row.act_id]
        gone = (
            row.rule_id in in_force
            or row.rule_code in book.speaking_on(legal_day(act["began_at"]))
            or act["withdrawn"]
            or act["subject_id"] != row.subject_id
        )
        if row.state in rules.OPEN and gone:
            _clear(session, row)
            told.append((row, WarningCleared, CheckKind.TERM))
    if told:
        await session.flush()
    for row, kind, check in told:
        publish(session, kind(**_told(row)), at=row)
        if kind is WarningRaised and check is CheckKind.OUTSOURCED:
            foreign = row.detail["performed_by"]
            publish(session, OutsourcingSuspected(**_told(row), performed_by=foreign), at=row)


def _clear(session: AsyncSession, row: ActWarning) -> None:
    row.state = rules.LIFECYCLE.next("clear", row.state)
    row.cleared_at = now(session)


async def _leave(session: AsyncSession, row: ActWarning) -> None:
    """The act is another body's: this one's warning ends, and with it what was said of it."""
    if row.state != WarningState.CLEARED:
        _clear(session, row)
        await session.flush()
        publish(session, WarningCleared(**_told(row)), at=row)
    row.answers, row.handled_at, row.handled_by, row.reason = [], None, None, None


def _place(row: ActWarning) -> tuple[str | None, str | None]:
    return row.district, row.township


def _set(row: ActWarning, values: Mapping[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)


def _about(act: Mapping[str, Any], names: Mapping[UUID, tuple[str, str]]) -> dict[str, Any]:
    """Of whom and where a warning of an act is, and so who sees it."""
    name, division = names[act["subject_id"]]
    return {
        "subject_id": act["subject_id"],
        "subject_name": name,
        "domains": list(act["domains"]),
        "division": division,
        # The legal office of the district looks into it, of a body of the city's the Bureau.
        "authority": act["district"] or "50",
        "district": act["district"],
        "township": act["township"],
        "parties": list(act["parties"]),
        "organisation": act["organisation"],
        "act_kind": act["kind"],
        "external_id": act["external_id"],
    }


def _said(edition: Edition, verdict: Verdict) -> dict[str, Any]:
    """What a warning says, and by which edition."""
    return {
        "rule_id": edition.id,
        "rule_edition": edition.edition,
        "rule_name": edition.content.name,
        "level": verdict.level,
        "detail": dict(verdict.detail),
        "due_at": verdict.due_at,
    }


def _again(
    row: ActWarning, edition: Edition, verdict: Verdict, moment: datetime
) -> type[WarningFact] | None:
    """It is said again, as it is now; told anew only if it is red now, or was cleared.

    A limit that moved makes a red one yellow again: it is red anew once that limit is passed.
    """
    red = verdict.level is WarningLevel.RED
    action: str | None = None
    kind: type[WarningFact] | None = None
    if row.state == WarningState.CLEARED:
        action, kind = "raise_again", WarningRaised
    elif red and row.level == WarningLevel.YELLOW:
        action, kind = "turn_red", WarningTurnedRed
    if action is not None:
        row.state = rules.LIFECYCLE.next(action, row.state)
        row.raised += action == "raise_again"
    _set(row, _said(edition, verdict))
    if not red:
        row.red_at = None
    elif action is not None:
        row.red_at = moment
    return kind


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
