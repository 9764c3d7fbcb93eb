"""The verbs of officers and certificates: load, decide, change, publish."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from sqlalchemy import Select, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.db import in_division
from services.registry.officers import rules
from services.registry.officers.schemas import (
    IDENTITY_CONTEXT,
    CertificateQuery,
    ExamRequest,
    IssueRequest,
    OfficerPatch,
    OfficerQuery,
    OfficerRequest,
    ReassignRequest,
    TrainingRequest,
)
from services.registry.officers.tables import Certificate, Officer
from services.registry.permissions import in_charge
from services.registry.staffing.actions import people_changed
from services.registry.staffing.rules import BodyKind
from services.registry.subjects.rules import NotInCharge, may_have_officers
from services.registry.subjects.tables import Subject
from shared.access.actor import Actor
from shared.access.visibility import load, visible
from shared.clock import now, today
from shared.db import Scope
from shared.events.registry.officers import (
    CertificateExpired,
    CertificateIssued,
    CertificateReinstated,
    CertificateRevoked,
    CertificateSurrendered,
    CertificateSuspended,
    OfficerChanged,
    OfficerFact,
    OfficerRegistered,
)
from shared.facts import publish
from shared.law.calendar import end_of
from shared.law.identifiers import certificate_number
from shared.law.tables import rule, scope_of
from shared.past import as_of, may_begin
from shared.refusals import NotFound
from shared.sealing import Seal
from shared.search import matches
from shared.timers import cancel, schedule
from shared.web.paging import paginate

EXPIRY = "certificate.expiry"
"""The timer that ends a certificate after its last day."""
NUMBER_RULE = "certificate.number_pattern"

_SORTS = ("id", "name", "updated_at")


class Held(NamedTuple):
    """An officer and the newest certificate."""

    officer: Officer
    certificate: Certificate | None


def _with_certificate(
    officer: type[Officer], certificate: type[Certificate], actor: Actor
) -> Select[Officer, Certificate]:
    return (
        select(officer, certificate)
        .outerjoin(certificate, and_(certificate.officer_id == officer.id, certificate.current))
        .where(visible(officer, actor))
    )


async def page(
    session: AsyncSession, actor: Actor, query: OfficerQuery
) -> tuple[list[Held], str | None, int | None]:
    """The caller's officers that match, one page of them."""
    officer, certificate = as_of(Officer, query.as_of), as_of(Certificate, query.as_of)
    statement = _with_certificate(officer, certificate, actor)
    if query.subject_id:
        statement = statement.where(officer.subject_id == query.subject_id)
    if query.division:
        statement = statement.where(in_division(officer, query.division, query.as_of))
    if query.staffing:
        statement = statement.where(officer.staffing == query.staffing)
    if query.state:
        statement = statement.where(officer.state == query.state)
    if query.certificate_state:
        statement = statement.where(certificate.state == query.certificate_state)
    if query.valid_before:
        statement = statement.where(certificate.valid_to < query.valid_before)
    if query.q:
        statement = statement.where(matches(officer, query.q))
    columns = {name: getattr(officer, name) for name in _SORTS}
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=columns, id=officer.id, paging=query
    )
    return [Held(*row) for row in rows], cursor, count


async def read(session: AsyncSession, actor: Actor, id: UUID, day: date | None = None) -> Held:
    """One visible officer, now or as of a day."""
    officer, certificate = as_of(Officer, day), as_of(Certificate, day)
    statement = _with_certificate(officer, certificate, actor).where(officer.id == id)
    row = (await session.execute(statement)).one_or_none()
    if row is None:
        raise NotFound
    return Held(*row)


async def certificates(
    session: AsyncSession, actor: Actor, id: UUID, query: CertificateQuery
) -> tuple[list[Certificate], str | None, int | None]:
    """All that a visible officer ever held or applied for."""
    await load(session, Officer, id, actor)
    rows, cursor, count = await paginate(
        session,
        select(Certificate).where(Certificate.officer_id == id),
        sort=query.sort,
        columns={"id": Certificate.id},
        id=Certificate.id,
        paging=query,
    )
    return [row[0] for row in rows], cursor, count


async def register(session: AsyncSession, actor: Actor, request: OfficerRequest) -> Held:
    """File somebody under a subject of the caller's."""
    subject = await _subject(session, actor, request.subject_id)
    # Asked anew, not copied from the subject: a move of the township then waits for this commit.
    scope = await scope_of(session, subject.division)
    seal: Seal = session.info["seal"]
    number = request.identity_no.get_secret_value()
    moment = now(session)
    day = today(session)
    since = request.since or day
    may_begin(since=since, after=None, today=day)
    officer = Officer(
        **request.model_dump(exclude={"identity_no", "since"}),
        since=since,
        organisation=subject.uscc,
        district=scope.district,
        township=scope.township,
        identity_no=seal.seal(number, IDENTITY_CONTEXT),
        identity_index=seal.blind_index(number, IDENTITY_CONTEXT),
        state=rules.OFFICER.initial,
        created_at=moment,
        updated_at=moment,
    )
    session.add(officer)
    filled = [scope]
    return await _done(session, Held(officer, None), OfficerRegistered, since=since, filled=filled)


async def change(session: AsyncSession, actor: Actor, id: UUID, patch: OfficerPatch) -> Held:
    """Change fields; a change that changes nothing leaves no trace."""
    held = await _take(session, actor, id, "change")
    told = patch.model_dump(exclude_unset=True)
    if all(getattr(held.officer, name) == value for name, value in told.items()):
        return held
    if "staffing" in told:
        rules.may_become(staffing=told["staffing"], certificate_state=_state(held))
    for name, value in told.items():
        setattr(held.officer, name, value)
    filled = [held.officer.scope] if "staffing" in told else []
    held = await _done(session, held, OfficerChanged, filled=filled)
    if held.certificate is not None and "staffing" in told:
        await session.refresh(held.certificate, ["staffing"])  # the database cascaded it
    return held


async def reassign(session: AsyncSession, actor: Actor, id: UUID, request: ReassignRequest) -> Held:
    """To another subject; the certificate, bound to the former, is given back."""
    held = await _take(session, actor, id, "reassign")
    subject = await _subject(session, actor, request.subject_id)
    rules.may_reassign(same=subject.id == held.officer.subject_id)
    await _give_back(session, held, request.reason)
    scope = await scope_of(session, subject.division)
    officer = held.officer
    filled = [officer.scope, scope]
    officer.subject_id, officer.organisation = subject.id, subject.uscc
    officer.district, officer.township = scope.district, scope.township
    officer.post = request.post or officer.post
    return await _done(session, held, OfficerChanged, filled=filled)


async def retire(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Held:
    """Off post, for whatever reason; the certificate is given back."""
    held = await _take(session, actor, id, "retire")
    await _give_back(session, held, reason)
    held.officer.state = rules.OFFICER.next("retire", held.officer.state)
    return await _done(session, held, OfficerChanged, filled=[held.officer.scope])


async def apply(session: AsyncSession, actor: Actor, id: UUID) -> Held:
    """Ask for a certificate."""
    held = await _load(session, actor, id)
    officer = held.officer
    rules.may_apply(
        staffing=officer.staffing, officer_state=officer.state, certificate_state=_state(held)
    )
    if held.certificate is not None:
        held.certificate.current, held.certificate.since = False, today(session)
        await session.flush()  # before the insert, which would come first
    moment = now(session)
    certificate = Certificate(
        officer_id=officer.id,
        staffing=officer.staffing,
        current=True,
        state=rules.CERTIFICATE.initial,
        since=today(session),
        created_at=moment,
        updated_at=moment,
    )
    session.add(certificate)
    return await _done(session, Held(officer, certificate), OfficerChanged)


async def train(session: AsyncSession, actor: Actor, id: UUID, request: TrainingRequest) -> Held:
    """The training was completed."""
    held, certificate = await _step(session, actor, id, "train")
    day = today(session)
    rules.has_been(request.on or day, today=day)
    certificate.trained_on, certificate.training_hours = request.on or day, request.hours
    return await _done(session, held, OfficerChanged, step="train")


async def examine(session: AsyncSession, actor: Actor, id: UUID, request: ExamRequest) -> Held:
    """The examination was passed."""
    held, certificate = await _step(session, actor, id, "examine")
    day = today(session)
    rules.has_been(request.on or day, today=day)
    certificate.examined_on, certificate.exam_score = request.on or day, request.score
    return await _done(session, held, OfficerChanged, step="examine")


async def issue(session: AsyncSession, actor: Actor, id: UUID, request: IssueRequest) -> Held:
    """Issue it, by the caller's legal office, until the last day named."""
    held, certificate = await _step(session, actor, id, "issue")
    await _check_standing(session, actor, held.officer)
    rules.may_run_until(valid_to=request.valid_to, today=today(session))
    pattern = (await rule(session, NUMBER_RULE)).value["pattern"]
    number = certificate_number(request.certificate_no, pattern)
    await schedule(session, EXPIRY, certificate.id, end_of(request.valid_to))
    certificate.certificate_no, certificate.issuer = number, actor.division
    certificate.issued_on, certificate.valid_to = today(session), request.valid_to
    return await _done(session, held, CertificateIssued, step="issue")


async def suspend(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Held:
    """暂扣: until it is reinstated or revoked, or expires."""
    held, certificate = await _step(session, actor, id, "suspend")
    _check_issuer(actor, held.officer, certificate)
    certificate.reason = reason
    return await _done(session, held, CertificateSuspended, step="suspend")


async def reinstate(session: AsyncSession, actor: Actor, id: UUID) -> Held:
    """The suspension is over."""
    held, certificate = await _step(session, actor, id, "reinstate")
    _check_issuer(actor, held.officer, certificate)
    await _check_standing(session, actor, held.officer)
    certificate.reason = None
    return await _done(session, held, CertificateReinstated, step="reinstate")


async def revoke(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Held:
    """吊销: for good."""
    held, certificate = await _step(session, actor, id, "revoke")
    _check_issuer(actor, held.officer, certificate)
    await cancel(session, EXPIRY, certificate.id)
    certificate.reason = reason
    return await _done(session, held, CertificateRevoked, step="revoke")


async def surrender(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Held:
    """Given back, or the application withdrawn."""
    held, certificate = await _step(session, actor, id, "surrender")
    await cancel(session, EXPIRY, certificate.id)
    certificate.reason = reason
    if certificate.certificate_no is None:
        return await _done(session, held, OfficerChanged, step="surrender")
    return await _done(session, held, CertificateSurrendered, step="surrender")


async def expire(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the last day of the certificate `ref` is over."""
    owner = select(Certificate.officer_id).where(Certificate.id == ref).scalar_subquery()
    # The officer's row first, as everybody does who changes a certificate.
    locked = select(Officer).where(Officer.id == owner).with_for_update(of=Officer)
    officer = (await session.execute(locked)).scalar_one_or_none()
    certificate = await session.get(Certificate, ref)
    if officer is None or certificate is None or certificate.state not in rules.HELD:
        return
    await _done(session, Held(officer, certificate), CertificateExpired, step="expire")


def _state(held: Held) -> str | None:
    return held.certificate.state if held.certificate else None


def _check_in_charge(actor: Actor, row: Officer | Subject) -> None:
    if not in_charge(
        actor, district=row.district, township=row.township, organisation=row.organisation
    ):
        raise NotInCharge


async def _subject(session: AsyncSession, actor: Actor, id: UUID) -> Subject:
    """A subject of the caller's that may have officers."""
    subject = await load(session, Subject, id, actor)
    _check_in_charge(actor, subject)
    may_have_officers(state=subject.state)
    return subject


async def _load(session: AsyncSession, actor: Actor, id: UUID) -> Held:
    """The locked officer, if the caller may act on them, and the newest certificate."""
    officer = await load(session, Officer, id, actor, lock=True)
    _check_in_charge(actor, officer)
    newest = select(Certificate).where(Certificate.officer_id == id, Certificate.current)
    return Held(officer, (await session.execute(newest)).scalar_one_or_none())


async def _take(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Held:
    """The locked officer, if the state allows `action`."""
    held = await _load(session, actor, id)
    rules.OFFICER.may(action, held.officer.state)
    return held


async def _step(
    session: AsyncSession, actor: Actor, id: UUID, action: str
) -> tuple[Held, Certificate]:
    """The locked officer, and the certificate, if its state allows `action`."""
    held = await _load(session, actor, id)
    certificate = held.certificate
    if certificate is None:
        raise rules.NoCertificate
    rules.CERTIFICATE.may(action, certificate.state)
    return held, certificate


def _check_issuer(actor: Actor, officer: Officer, certificate: Certificate) -> None:
    if not rules.is_issuer(
        issuer=certificate.issuer, office=actor.division, district=officer.district
    ):
        raise rules.CertificateOfAnotherIssuer(issuer=certificate.issuer)


async def _check_standing(session: AsyncSession, actor: Actor, officer: Officer) -> None:
    # Locked: the subject must not be suspended between this look at it and the commit.
    subject = await load(session, Subject, officer.subject_id, actor, lock=True)
    rules.may_enforce(subject_state=subject.state)


async def _give_back(session: AsyncSession, held: Held, reason: str) -> None:
    """Reassignment and retirement end what the officer holds; told before either is done."""
    certificate = held.certificate
    if certificate is None or certificate.state in rules.ENDED:
        return
    await cancel(session, EXPIRY, certificate.id)
    certificate.state = rules.CERTIFICATE.next("surrender", certificate.state)
    certificate.reason, certificate.updated_at = reason, now(session)
    certificate.since = today(session)
    if certificate.certificate_no is not None:
        told = {**_facts_of(held), "reason": reason}
        publish(session, CertificateSurrendered.model_validate(told), at=held.officer)


async def _done(
    session: AsyncSession,
    held: Held,
    event: type[OfficerFact],
    *,
    step: str | None = None,
    since: date | None = None,
    filled: Sequence[Scope] = (),
) -> Held:
    """Write the rows with the officer's new version, and the fact.

    `step` is what happened to the certificate; `since` when it became true, today if not given;
    `filled` where a post may be filled or vacant by it.
    """
    officer, certificate = held
    if certificate is not None and step is not None:
        certificate.state = rules.CERTIFICATE.next(step, certificate.state)
    officer.since = since or today(session)
    officer.certificate_no = certificate.certificate_no if certificate else None
    # A certificate's change is the officer's too: one version, one ETag.
    officer.updated_at = now(session)
    if certificate is not None and certificate in session.dirty:
        certificate.updated_at, certificate.since = officer.updated_at, officer.since
    await session.flush()
    publish(session, event.model_validate(_facts_of(held)), at=officer)
    if filled:
        await people_changed(session, BodyKind.ENFORCEMENT_SUBJECT, *filled)
    return held


def _facts_of(held: Held) -> dict[str, Any]:
    officer, certificate = held
    return {
        "officer_id": officer.id,
        "subject_id": officer.subject_id,
        "organisation": officer.organisation,
        "name": officer.name,
        "post": officer.post,
        "staffing": officer.staffing,
        "state": officer.state,
        "certificate_no": certificate and certificate.certificate_no,
        "certificate_state": certificate and certificate.state,
        "certificate_valid_to": certificate and certificate.valid_to,
    }
