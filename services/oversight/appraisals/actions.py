"""The verbs of appraisals: load, decide, change, publish."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.appraisal_schemes.actions import Of, place_of, total, value_of
from services.oversight.appraisal_schemes.rules import IndicatorSource, SchemeState
from services.oversight.appraisal_schemes.tables import AppraisalScheme
from services.oversight.appraisals import rules
from services.oversight.appraisals.rules import AppraisalState
from services.oversight.appraisals.schemas import (
    AppraisalQuery,
    AppraisalRequest,
    AppraisalReviewRequest,
    HearingRequest,
    ObjectionRequest,
    RankingQuery,
    ScoreRequest,
    SelfScoreRequest,
    UseRequest,
    standing_of,
)
from services.oversight.appraisals.tables import Appraisal
from services.oversight.db import level_name
from services.oversight.permissions import oversees, require
from services.oversight.subject_views.actions import hold_divisions, subject_to_supervise
from services.oversight.subject_views.rules import may_be_inspected
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now, today
from shared.events.oversight.appraisals import (
    OF_GOVERNMENTS,
    AppraisalAccepted,
    AppraisalDropped,
    AppraisalFact,
    AppraisalHeard,
    AppraisalObjected,
    AppraisalOpened,
    AppraisalPublished,
    AppraisalReviewed,
    AppraisalSelfScored,
    AppraisalSelfScoreOverdue,
    AppraisalUsed,
)
from shared.facts import publish as tell
from shared.figures import in_days
from shared.law.calendar import due
from shared.law.places import in_division
from shared.law.tables import Division, calendar_of, rule
from shared.refusals import NotFound
from shared.timers import cancel, schedule
from shared.web.paging import paginate
from shared.web.points import told as shown

SELF_SCORE = "appraisal.self_score"
"""The rule on how long the appraised may score itself, and the timer that says that it did not."""

_SORTS = {"id": Appraisal.id, "updated_at": Appraisal.updated_at}
_RANKED = (AppraisalState.PUBLISHED, AppraisalState.USED)


async def page(
    session: AsyncSession, actor: Actor, query: AppraisalQuery
) -> tuple[list[Appraisal], str | None, int | None]:
    """The appraisals that match and that the caller may see, one page of them."""
    statement = select(Appraisal).where(visible(Appraisal, actor))
    for name in ("state", "scheme_id", "subject_id", "appraised", "year", "grade"):
        if (value := getattr(query, name)) is not None:
            statement = statement.where(getattr(Appraisal, name) == value)
    if query.division:
        place = in_division(Appraisal, query.division, direct=query.direct)
        statement = statement.where(place)
    statement = statement.where(
        *in_days(Appraisal.published_at, query.published_from, query.published_to)
    )
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=Appraisal.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def ranking(
    session: AsyncSession, actor: Actor, query: RankingQuery
) -> tuple[list[tuple[Appraisal, int, int]], str | None, int | None]:
    """Those published by a scheme that the caller may see, with their places among all of them."""
    places = (
        select(
            Appraisal.id,
            func.rank().over(order_by=Appraisal.standing.desc()).label("rank"),
            func.count().over().label("ranked"),
        )
        .where(
            Appraisal.scheme_id == query.scheme_id,
            Appraisal.state.in_(_RANKED),
            unscoped(Appraisal, reason="a place among all; of the others only their number"),
        )
        .subquery()
    )
    statement = (
        select(Appraisal, places.c.rank, places.c.ranked)
        .join(places, places.c.id == Appraisal.id)
        .where(visible(Appraisal, actor))
    )
    rows, cursor, count = await paginate(
        session,
        statement,
        sort=query.sort,
        columns={"standing": Appraisal.standing},
        id=Appraisal.id,
        paging=query,
    )
    return [(row[0], row.rank, row.ranked) for row in rows], cursor, count


async def open_appraisal(
    session: AsyncSession, actor: Actor, request: AppraisalRequest
) -> Appraisal:
    """A subject or a government is appraised by a scheme in force; it scores itself first."""
    await hold_divisions(session)
    scheme = await _scheme(session, actor, request.scheme_id)
    rules.may_open(state=scheme.state, adopted=SchemeState.ADOPTED)
    if request.division is None:
        assert request.subject_id is not None
        appraised = await _subject(session, actor, scheme, request.subject_id)
    else:
        appraised = await _government(session, actor, scheme, request.division)
    period = (await rule(session, SELF_SCORE)).deadline()
    moment = now(session)
    row = Appraisal(
        **appraised,
        appraised=scheme.appraised,
        authority=scheme.division,
        scheme_id=scheme.id,
        scheme_title=scheme.title,
        scheme_division=scheme.division,
        year=scheme.year,
        indicators=scheme.indicators,
        vetoes=scheme.vetoes,
        full_score=await total(session),
        state=rules.LIFECYCLE.initial,
        due_at=due(moment, period, await calendar_of(session)).at,
        created_at=moment,
        updated_at=moment,
    )
    session.add(row)
    await session.flush()
    assert row.due_at is not None
    await schedule(session, SELF_SCORE, row.id, row.due_at)
    return await _done(session, row, AppraisalOpened, due_at=row.due_at)


async def self_score(
    session: AsyncSession, actor: Actor, id: UUID, request: SelfScoreRequest
) -> Appraisal:
    """What the appraised gives itself; late is better than never."""
    row = await _step(session, actor, id, "score", "appraisal:answer")
    rules.may_score(row.indicators, _scores(request.scores), explained=False)
    row.self_scores = {
        one.code: {"points": shown(one.points), "reason": one.reason} for one in request.scores
    }
    row.self_statement, row.self_scored_at = request.statement, now(session)
    row.self_scored_by, row.due_at = actor.sub, None
    await cancel(session, SELF_SCORE, row.id)
    return await _done(session, row, AppraisalSelfScored)


async def remind(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the appraised did not score itself in time."""
    row = await session.scalar(
        select(Appraisal).where(Appraisal.id == ref).with_for_update(key_share=True)
    )
    if row is not None and row.state == AppraisalState.OPENED:
        await _done(session, row, AppraisalSelfScoreOverdue)


async def review(
    session: AsyncSession, actor: Actor, id: UUID, request: AppraisalReviewRequest
) -> Appraisal:
    """The points of the reviewers, and what the data give and take."""
    row = await _step(session, actor, id, "review", "appraisal:review")
    # Written once and whole: the constraint `reviewed` refuses a state without its points.
    with session.no_autoflush:
        results, vetoed = await _reviewed(session, row, request)
        await _sum_up(session, row, results, vetoed)
        period = (await rule(session, "appraisal.objection")).deadline()
        row.reviewed_by, row.reviewed_at = actor.sub, now(session)
        row.due_at = due(now(session), period, await calendar_of(session)).at
    await cancel(session, SELF_SCORE, row.id)
    return await _done(session, row, AppraisalReviewed, due_at=row.due_at)


async def accept(session: AsyncSession, actor: Actor, id: UUID) -> Appraisal:
    """The appraised has no objection."""
    row = await _step(session, actor, id, "accept", "appraisal:answer")
    row.due_at = None
    return await _done(session, row, AppraisalAccepted)


async def object_to(
    session: AsyncSession, actor: Actor, id: UUID, request: ObjectionRequest
) -> Appraisal:
    """The appraised objects to points or vetoes, once and within the term."""
    row = await _step(session, actor, id, "object", "appraisal:answer")
    points = [point.model_dump() for point in request.points]
    codes = [point.code for point in request.points]
    rules.are_known(codes, known=_codes(row.results) | _codes(row.vetoed))
    row.objection = {"points": points, "by": actor.sub, "at": now(session).isoformat()}
    row.due_at = None
    return await _done(session, row, AppraisalObjected, points=codes)


async def hear(session: AsyncSession, actor: Actor, id: UUID, request: HearingRequest) -> Appraisal:
    """The objection is heard and decided: points change with a reason, or stay."""
    row = await _step(session, actor, id, "hear", "appraisal:review")
    assert row.reviewed_at is not None
    rules.has_been_heard(request.heard_on, reviewed_at=row.reviewed_at, today=today(session))
    rules.are_known([one.code for one in request.scores], known=_codes(row.results))
    rules.are_known([one.code for one in request.lifted], known=_codes(row.vetoed))
    scores = _scores(request.scores)
    results, changed = [], []
    for result in row.results or []:
        if result["code"] not in scores:
            results.append(result)
            continue
        points, reason = scores[result["code"]]
        weight, after = Decimal(result["weight"]), shown(points)
        rules.is_within(result["code"], points, weight=weight, reason=reason, explained=True)
        told = {"before": result["points"], "after": after, "reason": reason}
        changed.append({"code": result["code"], **told})
        results.append({**result, "points": after, "why": reason if points < weight else None})
    lifted = {one.code for one in request.lifted}
    vetoed = [one for one in row.vetoed or [] if one["code"] not in lifted]
    await _sum_up(session, row, results, vetoed)
    row.hearing = {
        **request.model_dump(mode="json", exclude={"scores"}),
        "changed": changed,
    }
    row.heard_by = actor.sub
    return await _done(session, row, AppraisalHeard, heard_on=request.heard_on)


async def publish(session: AsyncSession, actor: Actor, id: UUID) -> Appraisal:
    """The result is public among those who see the appraised."""
    row = await _step(session, actor, id, "publish", "appraisal:publish")
    assert row.score is not None
    row.published_by, row.published_at, row.due_at = actor.sub, now(session), None
    row.published_on = today(session)
    return await _done(
        session,
        row,
        AppraisalPublished,
        score=shown(row.score),
        full_score=shown(row.full_score),
        grade=row.grade,
        vetoes=[one["code"] for one in row.vetoed or []],
        published_on=row.published_on,
    )


async def use(session: AsyncSession, actor: Actor, id: UUID, request: UseRequest) -> Appraisal:
    """What the result was used for (考核结果运用)."""
    row = await _step(session, actor, id, "use", "appraisal:publish")
    told = request.model_dump(mode="json")
    row.use = {**told, "by": actor.sub, "on": today(session).isoformat()}
    return await _done(session, row, AppraisalUsed, purposes=told["purposes"], grade=row.grade)


async def drop(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Appraisal:
    """It goes no further."""
    row = await _step(session, actor, id, "drop", "appraisal:open")
    row.reason, row.due_at = reason, None
    await cancel(session, SELF_SCORE, row.id)
    return await _done(session, row, AppraisalDropped)


async def _reviewed(
    session: AsyncSession, row: Appraisal, request: AppraisalReviewRequest
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """What each indicator earns and which vetoes hold, by the reviewers and by the data."""
    scores = _scores(request.scores)
    rules.may_score(row.indicators, scores, explained=True)
    by_hand = [veto["code"] for veto in row.vetoes if veto["measure"] is None]
    rules.are_known([one.code for one in request.vetoes], known=by_hand)
    results = []
    for indicator in row.indicators:
        value = None
        if indicator["source"] == IndicatorSource.AUTOMATIC:
            value = await value_of(session, indicator, of=_about(row), year=row.year)
            points, why = rules.earned(indicator, value)
        else:
            points, why = scores[indicator["code"]]
        results.append(
            {
                "code": indicator["code"],
                "name": indicator["name"],
                "weight": indicator["weight"],
                "points": shown(points),
                "value": None if value is None else f"{value.normalize():f}",
                "why": why,
            }
        )
    said = {one.code: one.reason for one in request.vetoes}
    vetoed = []
    for veto in row.vetoes:
        reason = said.get(veto["code"])
        if veto["measure"] is not None:
            value = await value_of(session, veto, of=_about(row), year=row.year)
            reason = rules.is_vetoed(veto, value)
        if reason is not None:
            vetoed.append({"code": veto["code"], "name": veto["name"], "why": reason})
    return results, vetoed


async def _subject(
    session: AsyncSession, actor: Actor, scheme: AppraisalScheme, id: UUID
) -> dict[str, Any]:
    subject = await subject_to_supervise(session, id, actor)
    inside = scheme.district in (None, subject.district)
    rules.may_appraise_subject(scheme.appraised, inside=inside)
    may_be_inspected(subject.state)
    return {
        "subject_id": subject.id,
        "subject_name": subject.name,
        "organisation": subject.organisation,
        "domains": list(subject.domains),
        "division": subject.division,
        "district": subject.district,
        "township": subject.township,
    }


async def _government(
    session: AsyncSession, actor: Actor, scheme: AppraisalScheme, division: str
) -> dict[str, Any]:
    scope = await place_of(session, actor, division)
    rules.may_appraise_government(
        scheme.appraised,
        authority=scheme.division,
        division=division,
        inside=scheme.district in (None, scope.district),
    )
    name = await session.scalar(
        select(Division.name).where(Division.code == division, Division.valid_to.is_(None))
    )
    assert name is not None
    return {
        "subject_name": name,
        "division": division,
        "district": scope.district,
        "township": scope.township,
    }


def _about(row: Appraisal) -> Of:
    """Which rows of oversight's tables count for it."""
    if row.subject_id is None:
        return lambda table: in_division(table, row.government)
    return lambda table: table.subject_id == row.subject_id


async def _scheme(session: AsyncSession, actor: Actor, id: UUID) -> AppraisalScheme:
    """A scheme of the caller's division or of one below it; another's looks like none."""
    try:
        scheme = await load(session, AppraisalScheme, id, actor)
    except NotFound:
        raise rules.SchemeUnknown(scheme_id=str(id)) from None
    if not oversees(actor, scheme.division, scheme.scope):
        raise rules.SchemeUnknown(scheme_id=str(id))
    return scheme


async def _sum_up(
    session: AsyncSession,
    row: Appraisal,
    results: Sequence[Mapping[str, Any]],
    vetoed: Sequence[Mapping[str, Any]],
) -> None:
    grades = (await rule(session, "appraisal.grades")).value
    score = sum((Decimal(one["points"]) for one in results), rules.NOTHING_LOST)
    row.results, row.vetoed = [dict(one) for one in results], [dict(one) for one in vetoed]
    row.score = score
    row.grade = rules.grade_of(score, vetoed=bool(vetoed), grades=grades)
    row.standing = rules.standing(score, full=row.full_score, vetoed=bool(vetoed))


def _scores(scores: Iterable[ScoreRequest]) -> dict[str, tuple[Decimal, str | None]]:
    return {one.code: (one.points, one.reason) for one in scores}


def _codes(rows: Iterable[Mapping[str, Any]] | None) -> set[str]:
    return {row["code"] for row in rows or ()}


async def _step(
    session: AsyncSession, actor: Actor, id: UUID, action: str, permission: str
) -> Appraisal:
    """The row, locked, in the state that `action` leads to."""
    row = await load(session, Appraisal, id, actor, lock=True)
    require(actor, row, permission)
    row.state = rules.next_state(action, **standing_of(row), sub=actor.sub, now=now(session))
    return row


async def _done(
    session: AsyncSession, row: Appraisal, event: type[AppraisalFact], **more: Any
) -> Appraisal:
    row.updated_at = now(session)
    await session.flush()
    names = ("scheme_id", "scheme_title", "year", "division", "state", "authority_level")
    told: dict[str, Any] = {name: getattr(row, name) for name in names}
    if row.subject_id is None:
        kind = OF_GOVERNMENTS[event]
        told |= {"name": row.subject_name, "level": level_name(row.government)}
        tell(session, kind(appraisal_id=row.id, **told, **more), at=row)
        return row
    told |= {n: getattr(row, n) for n in ("subject_id", "organisation", "subject_name")}
    tell(session, event(appraisal_id=row.id, **told, **more), at=row)
    return row
