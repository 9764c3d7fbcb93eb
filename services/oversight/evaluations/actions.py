"""The verbs of evaluations: load, decide, change, publish."""

from decimal import Decimal
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.evaluations import rules
from services.oversight.evaluations.rules import BUREAU, PILOT
from services.oversight.evaluations.schemas import (
    EvaluationPatch,
    EvaluationQuery,
    EvaluationRequest,
    EvaluationScoreRequest,
)
from services.oversight.evaluations.tables import Evaluation, ProgrammeView
from services.oversight.subject_views.actions import hold_divisions
from shared.access.actor import Actor, Role
from shared.access.visibility import load, visible
from shared.clock import now, today
from shared.events.oversight import evaluations as facts
from shared.events.oversight.evaluations import EvaluationFact
from shared.facts import publish
from shared.figures import in_days
from shared.law.places import in_division
from shared.law.tables import Division, rule, scope_of
from shared.web.paging import paginate
from shared.web.points import told as shown

_SORTS = {"id": Evaluation.id, "updated_at": Evaluation.updated_at}


async def page(
    session: AsyncSession, actor: Actor, query: EvaluationQuery
) -> tuple[list[Evaluation], str | None, int | None]:
    """The evaluations that match and that the caller may see, one page of them."""
    statement = select(Evaluation).where(visible(Evaluation, actor))
    for name in ("state", "programme_id"):
        if (value := getattr(query, name)) is not None:
            statement = statement.where(getattr(Evaluation, name) == value)
    if query.division:
        place = in_division(Evaluation, query.division, direct=query.direct)
        statement = statement.where(place)
    statement = statement.where(
        *in_days(Evaluation.created_at, query.created_from, query.created_to),
        *in_days(Evaluation.completed_on, query.completed_from, query.completed_to),
    )
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=_SORTS, id=Evaluation.id, paging=query
    )
    return [row[0] for row in rows], cursor, count


async def total(session: AsyncSession) -> Decimal:
    """What the weights of criteria, and those of evaluators, must make up."""
    return Decimal((await rule(session, "evaluation.total")).value["points"])


def key_of(actor: Actor, row: Evaluation) -> str | None:
    """For which of the evaluators the caller speaks."""
    if Role.BUREAU_SUPERVISOR in actor.roles:
        return BUREAU
    if Role.DISTRICT_SUPERVISOR in actor.roles and actor.division == row.answerable:
        return PILOT
    return actor.organisation if Role.AGENCY_USER in actor.roles else None


async def draft(session: AsyncSession, actor: Actor, request: EvaluationRequest) -> Evaluation:
    """The scheme of the evaluation of a pilot."""
    await hold_divisions(session)
    programme = await session.get(ProgrammeView, request.programme_id)
    pilot = {"division": request.division, "kind": "pilot"}
    if programme is None or pilot not in programme.participants:
        raise rules.NotPilot(division=request.division)
    # A pilot that has ended since counts as it was then; its successor answers for it.
    scope = await scope_of(session, request.division, min(today(session), programme.ends_on))
    successor = await session.scalar(
        select(Division.successor)
        .where(Division.code == request.division)
        .order_by(Division.valid_from.desc())
        .limit(1)
    )
    moment = now(session)
    answerable = successor or request.division
    bodies = [one.organisation for one in request.co_evaluators]
    row = Evaluation(
        programme_id=programme.id,
        programme_title=programme.title,
        division=request.division,
        answerable=answerable,
        district=scope.district,
        township=scope.township,
        parties=[*bodies, *([successor] if successor else [])],
        title=request.title,
        criteria=[one.model_dump(mode="json") for one in request.criteria],
        evaluators=[
            {"key": PILOT, "name": "试点单位", "weight": shown(request.pilot_weight)},
            {"key": BUREAU, "name": "市司法局", "weight": shown(request.bureau_weight)},
            *(
                {"key": one.organisation, "name": one.name, "weight": shown(one.weight)}
                for one in request.co_evaluators
            ),
        ],
        entries={},
        state=rules.LIFECYCLE.initial,
        authors=[actor.sub],
        created_at=moment,
        updated_at=moment,
    )
    session.add(row)
    return await _done(session, row, facts.EvaluationDrafted)


async def change(
    session: AsyncSession, actor: Actor, id: UUID, patch: EvaluationPatch
) -> Evaluation:
    """Change a draft; a change that changes nothing leaves no trace."""
    row = await _take(session, actor, id, "change")
    told = patch.model_dump(mode="json", include=patch.model_fields_set)
    changes = {name: value for name, value in told.items() if getattr(row, name) != value}
    if not changes:
        return row
    for name, value in changes.items():
        setattr(row, name, value)
    row.authors = sorted({*row.authors, actor.sub})
    return await _done(session, row, facts.EvaluationChanged)


async def start(session: AsyncSession, actor: Actor, id: UUID) -> Evaluation:
    """All are asked for their scores; the scheme does not change any more."""
    row = await _take(session, actor, id, "start")
    rules.may_start(
        caller=actor.sub,
        authors=row.authors,
        criteria=row.criteria,
        evaluators=row.evaluators,
        total=await total(session),
    )
    row.state, row.started_by = rules.LIFECYCLE.next("start", row.state), actor.sub
    return await _done(session, row, facts.EvaluationStarted)


async def score(
    session: AsyncSession, actor: Actor, id: UUID, request: EvaluationScoreRequest
) -> Evaluation:
    """One of the evaluators gives scores and an opinion, once."""
    row = await _take(session, actor, id, "score")
    key = rules.may_score(key_of(actor, row), evaluators=row.evaluators, given=row.entries)
    points = {one.code: one.points for one in request.scores}
    entry = {
        "scores": {code: shown(one) for code, one in points.items()},
        "sum": shown(rules.scored(row.criteria, points)),
        "opinion": request.opinion,
        "by": actor.sub,
        "on": today(session).isoformat(),
    }
    row.entries = {**row.entries, key: entry}
    missing = len(row.evaluators) - len(row.entries)
    return await _done(session, row, facts.EvaluationScored, evaluator=key, missing=missing)


async def complete(session: AsyncSession, actor: Actor, id: UUID, conclusion: str) -> Evaluation:
    """All have given theirs: the result is counted, and stays."""
    row = await _take(session, actor, id, "complete")
    rules.is_complete(row.evaluators, row.entries)
    whole = await total(session)
    grades = (await rule(session, "evaluation.grades")).value
    sums = {key: Decimal(entry["sum"]) for key, entry in row.entries.items()}
    row.score = rules.result(row.evaluators, sums, whole)
    row.grade = rules.grade_of(row.score, grades)
    row.means = {}
    for criterion in row.criteria:
        code = criterion["code"]
        points = {key: Decimal(entry["scores"][code]) for key, entry in row.entries.items()}
        row.means[code] = shown(rules.result(row.evaluators, points, whole))
    row.conclusion, row.completed_on = conclusion, today(session)
    row.state = rules.LIFECYCLE.next("complete", row.state)
    told = {"score": shown(row.score), "grade": row.grade, "completed_on": row.completed_on}
    return await _done(session, row, facts.EvaluationCompleted, **told)


async def cancel(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Evaluation:
    """It goes no further; the pilot may be evaluated anew."""
    row = await _take(session, actor, id, "cancel")
    row.state, row.reason = rules.LIFECYCLE.next("cancel", row.state), reason
    return await _done(session, row, facts.EvaluationCancelled)


async def _take(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Evaluation:
    """The locked evaluation, if its state allows `action`."""
    row = await load(session, Evaluation, id, actor, lock=True)
    rules.LIFECYCLE.may(action, row.state)
    return row


async def _done(
    session: AsyncSession, row: Evaluation, event: type[EvaluationFact], **more: Any
) -> Evaluation:
    row.updated_at = now(session)
    await session.flush()
    names = ("programme_id", "programme_title", "division", "title", "state")
    told = {name: getattr(row, name) for name in names}
    told["evaluators"] = keys = [one["key"] for one in row.evaluators]
    told["co_evaluators"] = [key for key in keys if key not in (PILOT, BUREAU)]
    publish(session, event(evaluation_id=row.id, **told, **more), at=row)
    return row
