"""The verbs of a check of conduct: recorded by one, decided on by another."""

from uuid import UUID

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.conduct_checks import rules
from services.oversight.conduct_checks.rules import DECIDE, RECORD, Checklist, ConductCheckState
from services.oversight.conduct_checks.schemas import ConductCheckRequest, VoidCheckRequest
from services.oversight.conduct_checks.tables import Checked, ConductCheck
from services.oversight.findings import actions as findings
from services.oversight.findings.rules import InspectionUnknown, OfficerUnknown
from services.oversight.inspections import actions as inspections
from services.oversight.inspections.rules import ActorRecused, InspectionState
from services.oversight.inspections.tables import Inspection
from services.oversight.permissions import require
from services.oversight.subject_views.actions import hold_divisions, officers_of
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now, today
from shared.events.oversight.conduct_checks import (
    ConductChecked,
    ConductCheckFact,
    ConductCheckVoided,
    ConductPassed,
    ConductViolated,
)
from shared.facts import publish
from shared.law.tables import Rule, rule
from shared.refusals import NotFound


async def checklist(session: AsyncSession) -> tuple[Rule, Checklist]:
    """The checklist in force today, with the rule that says it."""
    held = await rule(session, "conduct.checklist")
    return held, Checklist.model_validate(held.value)


async def record(session: AsyncSession, actor: Actor, request: ConductCheckRequest) -> Checked:
    """Write down what was seen on site, item by item."""
    await hold_divisions(session)
    try:
        inspection = await inspections.read(session, actor, request.inspection_id, lock=True)
    except NotFound:
        raise InspectionUnknown(inspection_id=str(request.inspection_id)) from None
    require(actor, inspection, RECORD)
    if inspection.recused(actor.sub):
        raise ActorRecused
    if inspection.state != InspectionState.ON_SITE:
        raise rules.InspectorsNotOnSite
    rules.has_been_observed(request.observed_on, today=today(session))
    _, known = await checklist(session)
    answers = {answer.code: answer for answer in request.items}
    rules.may_record(known.items, answered=[answer.code for answer in request.items])
    officers = await officers_of(session, inspection.subject_id, actor)
    officer = next((one for one in officers if one.id == request.officer_id), None)
    if request.officer_id is not None and officer is None:
        raise OfficerUnknown(officer_id=str(request.officer_id))
    row = ConductCheck(
        inspection_id=inspection.id,
        subject_id=inspection.subject_id,
        subject_name=inspection.subject_name,
        organisation=inspection.uscc,
        domains=inspection.domains,
        division=inspection.division,
        authority=inspection.authority,
        district=inspection.district,
        township=inspection.township,
        parties=inspection.parties,
        officer_id=officer.id if officer else None,
        officer_name=officer.name if officer else None,
        observed_on=request.observed_on,
        place=request.place,
        edition=known.edition,
        items=[
            {
                **item.model_dump(),
                "passed": answers[item.code].passed,
                "note": answers[item.code].note,
            }
            for item in known.items
        ],
        violations=sum(not answer.passed for answer in request.items),
        state=ConductCheckState.RECORDED,
        recorded_at=now(session),
        recorded_by=actor.sub,
        finding_ids=[],
    )
    session.add(row)
    await session.flush()
    _publish(session, row, ConductChecked)
    return Checked(row, inspection)


async def clear(session: AsyncSession, actor: Actor, id: UUID) -> Checked:
    """Nothing was wrong."""
    checked = await _step(session, actor, id, "clear")
    await session.flush()
    _publish(session, checked.check, ConductPassed)
    return checked


async def establish(session: AsyncSession, actor: Actor, id: UUID) -> Checked:
    """Something was: each kind of it becomes a finding of the inspection, and is heard as such."""
    checked = await _step(session, actor, id, "establish")
    row = checked.check
    failed: dict[str, list[str]] = {}
    for item in row.items:
        if not item["passed"]:
            told = f"{item['label']}:不合格" + (f"({item['note']})" if item["note"] else "")
            failed.setdefault(item["finding"], []).append(told)
    for code, lines in failed.items():
        found = await findings.record_found(
            session,
            actor,
            inspection_id=row.inspection_id,
            code=code,
            description=f"{row.observed_on} {row.place}\n" + "\n".join(lines),
            officer_id=row.officer_id,
        )
        row.finding_ids = [*row.finding_ids, str(found.id)]
    await session.flush()
    _publish(session, row, ConductViolated)
    return checked


async def void(session: AsyncSession, actor: Actor, id: UUID, request: VoidCheckRequest) -> Checked:
    """It does not count."""
    checked = await _step(session, actor, id, "void")
    checked.check.reason = request.reason
    await session.flush()
    _publish(session, checked.check, ConductCheckVoided)
    return checked


def checks_of(actor: Actor) -> Select[ConductCheck, Inspection]:
    """The checks that the caller may see, each with its inspection."""
    its = unscoped(Inspection, reason="the state of the inspection that a visible check is part of")
    return (
        select(ConductCheck, Inspection)
        .join(Inspection, Inspection.id == ConductCheck.inspection_id)
        .where(visible(ConductCheck, actor), its)
    )


async def read(session: AsyncSession, actor: Actor, id: UUID) -> Checked:
    """One check, or `NotFound`."""
    found = (await session.execute(checks_of(actor).where(ConductCheck.id == id))).one_or_none()
    if found is None:
        raise NotFound
    return Checked(*found)


async def _step(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Checked:
    """The check, locked as its inspection is before it, in the state that `action` leads to."""
    inspection_id = (await read(session, actor, id)).inspection.id
    inspection = await inspections.read(session, actor, inspection_id, lock=True)
    row = await load(session, ConductCheck, id, actor, lock=True)
    require(actor, row, DECIDE)
    if inspection.recused(actor.sub):
        raise ActorRecused
    row.state = rules.next_state(
        action,
        state=row.state,
        violations=row.violations,
        inspection=inspection.state,
        recorded_by=row.recorded_by,
        sub=actor.sub,
    )
    row.decided_at, row.decided_by = now(session), actor.sub
    return Checked(row, inspection)


def _publish(session: AsyncSession, row: ConductCheck, kind: type[ConductCheckFact]) -> None:
    fact = kind(
        conduct_check_id=row.id,
        inspection_id=row.inspection_id,
        subject_id=row.subject_id,
        organisation=row.organisation,
        subject_name=row.subject_name,
        officer_id=row.officer_id,
        observed_on=row.observed_on,
        violations=row.violations,
        failed=[item["label"] for item in row.items if not item["passed"]],
        finding_ids=[UUID(one) for one in row.finding_ids],
        division=row.division,
        state=row.state,
        authority_level=row.authority_level,
    )
    publish(session, fact, at=row)
