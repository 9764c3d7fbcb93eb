"""The verbs of a suspension request, and what oversight's facts do to one."""

from uuid import UUID

from sqlalchemy import Select, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.certificates import actions as certificates
from services.registry.certificates.rules import CertificateState, is_issuer
from services.registry.certificates.tables import Certificate
from services.registry.db import in_division
from services.registry.officers.tables import Officer
from services.registry.permissions import in_charge
from services.registry.suspension_requests import rules
from services.registry.suspension_requests.rules import Lapse, SuspensionRequestState
from services.registry.suspension_requests.schemas import (
    RefuseSuspensionRequest,
    SuspensionRequestQuery,
)
from services.registry.suspension_requests.tables import Asked, SuspensionRequest
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now
from shared.events.oversight.measures import MeasureDecided
from shared.events.registry.suspension_requests import (
    SuspensionRequestApproved,
    SuspensionRequestFact,
    SuspensionRequestLapsed,
    SuspensionRequestReceived,
    SuspensionRequestRefused,
)
from shared.facts import publish
from shared.law.divisions import Level, level_of
from shared.refusals import NotFound
from shared.web.paging import paginate


async def page(
    session: AsyncSession, actor: Actor, query: SuspensionRequestQuery
) -> tuple[list[Asked], str | None, int | None]:
    """The caller's requests that match, one page of them."""
    statement = _asked(actor)
    if query.state is not None:
        statement = statement.where(SuspensionRequest.state == query.state)
    if query.officer_id is not None:
        statement = statement.where(SuspensionRequest.officer_id == query.officer_id)
    if query.division is not None:
        place = in_division(SuspensionRequest, query.division, direct=query.direct)
        statement = statement.where(place)
    rows, cursor, count = await paginate(
        session,
        statement,
        sort=query.sort,
        columns={"id": SuspensionRequest.id},
        id=SuspensionRequest.id,
        paging=query,
    )
    return [Asked(*row) for row in rows], cursor, count


async def read(session: AsyncSession, actor: Actor, id: UUID) -> Asked:
    """One request, or `NotFound`."""
    found = (await session.execute(_asked(actor).where(SuspensionRequest.id == id))).one_or_none()
    if found is None:
        raise NotFound
    return Asked(*found)


async def approve(session: AsyncSession, actor: Actor, id: UUID) -> Asked:
    """The issuer suspends the certificate, for the measure's ground."""
    asked = await _step(session, actor, id, "approve")
    row = asked.request
    reason = f"行政执法监督处理:{row.ground}"
    await certificates.suspend(session, actor, row.officer_id, reason)
    return await _answered(session, actor, asked, "approve", None, SuspensionRequestApproved)


async def refuse(
    session: AsyncSession, actor: Actor, id: UUID, request: RefuseSuspensionRequest
) -> Asked:
    """The issuer does not suspend it, and says why."""
    asked = await _step(session, actor, id, "refuse")
    kind = SuspensionRequestRefused
    return await _answered(session, actor, asked, "refuse", request.reason, kind)


def may_answer(asked: Asked, actor: Actor) -> bool:
    """Whether the caller speaks for the office that issued the certificate."""
    officer = asked.officer
    issuer = is_issuer(
        issuer=asked.request.issuer, office=actor.division, district=officer.district
    )
    return issuer and in_charge(
        actor,
        district=officer.district,
        township=officer.township,
        organisation=officer.organisation,
    )


async def receive(session: AsyncSession, event: MeasureDecided) -> None:
    """Put a suspension that was decided on before the issuer of the certificate in force."""
    known = select(SuspensionRequest.id).where(SuspensionRequest.measure_id == event.measure_id)
    if event.officer_id is None or await session.scalar(known) is not None:
        return
    # Its township stays where it is until this is done.
    await session.execute(text("LOCK TABLE division IN ACCESS SHARE MODE"))
    held = select(Officer, Certificate).outerjoin(
        Certificate,
        (Certificate.officer_id == Officer.id)
        & Certificate.current
        & (Certificate.state == CertificateState.ACTIVE),
    )
    found = (await session.execute(held.where(Officer.id == event.officer_id))).one()
    officer, certificate = found
    issuer = certificate.issuer if certificate else None
    row = SuspensionRequest(
        measure_id=event.measure_id,
        officer_id=officer.id,
        certificate_id=certificate.id if certificate else None,
        issuer=issuer,
        ground=event.ground_name,
        legal_basis="、".join(event.legal_basis),
        authority_level=event.authority_level,
        due_at=event.due_at,
        district=officer.district,
        township=officer.township,
        parties=_parties(officer, issuer),
        state=SuspensionRequestState.RECEIVED if certificate else SuspensionRequestState.LAPSED,
        reason=None if certificate else Lapse.NO_CERTIFICATE.label,
        received_at=now(session),
    )
    session.add(row)
    await session.flush()
    kind = SuspensionRequestReceived if certificate else SuspensionRequestLapsed
    _publish(session, row, officer, kind)


async def lapse(session: AsyncSession, measure_id: UUID) -> None:
    """The measure was revoked: there is nothing left to decide."""
    row = await session.scalar(
        select(SuspensionRequest)
        .where(SuspensionRequest.measure_id == measure_id)
        .with_for_update()
    )
    if row is None or row.state != SuspensionRequestState.RECEIVED:
        return
    row.state = rules.LIFECYCLE.next("lapse", row.state)
    row.reason = Lapse.MEASURE_REVOKED.label
    officer = await session.get_one(Officer, row.officer_id)
    await session.flush()
    _publish(session, row, officer, SuspensionRequestLapsed)


def _asked(actor: Actor) -> Select[SuspensionRequest, Officer, Certificate]:
    its = unscoped(Officer, reason="the name of whom a visible request is about")
    return (
        select(SuspensionRequest, Officer, Certificate)
        .join(Officer, Officer.id == SuspensionRequest.officer_id)
        .outerjoin(Certificate, Certificate.id == SuspensionRequest.certificate_id)
        .where(visible(SuspensionRequest, actor), its)
    )


async def _step(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Asked:
    """The request, locked, if the caller is the issuer and may do this now."""
    await load(session, SuspensionRequest, id, actor, lock=True)
    asked = await read(session, actor, id)
    row, _, certificate = asked
    rules.may_decide(
        action,
        state=row.state,
        issuer=row.issuer or "",
        is_issuer=may_answer(asked, actor),
        held=certificate.state if certificate else "",
    )
    return asked


async def _answered(
    session: AsyncSession,
    actor: Actor,
    asked: Asked,
    action: str,
    reason: str | None,
    kind: type[SuspensionRequestFact],
) -> Asked:
    row = asked.request
    row.state = rules.LIFECYCLE.next(action, row.state)
    row.decided_at, row.decided_by, row.reason = now(session), actor.sub, reason
    await session.flush()
    _publish(session, row, asked.officer, kind)
    return asked


def _parties(officer: Officer, issuer: str | None) -> list[str]:
    """Who sees it beside those of its place: the district that issued the certificate."""
    if issuer is None or level_of(issuer) is not Level.DISTRICT or issuer == officer.district:
        return []
    return [issuer]


def _publish(
    session: AsyncSession,
    row: SuspensionRequest,
    officer: Officer,
    kind: type[SuspensionRequestFact],
) -> None:
    city = row.issuer is not None and level_of(row.issuer) is Level.CITY
    fact = kind(
        request_id=row.id,
        measure_id=row.measure_id,
        officer_id=row.officer_id,
        organisation=officer.organisation,
        issuer_level="bureau" if city else "district",
        ground_name=row.ground,
        due_at=row.due_at,
        state=row.state,
        reason=row.reason,
    )
    publish(session, fact, at=row)
