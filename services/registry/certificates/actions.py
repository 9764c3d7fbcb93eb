"""The verbs of certificates. Each locks the officer, whose version counts the change too."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.certificates import rules
from services.registry.certificates.schemas import HeldCertificateQuery
from services.registry.certificates.tables import Certificate, Held
from services.registry.officers.rules import has_been
from services.registry.officers.tables import Officer
from services.registry.permissions import in_charge
from services.registry.subjects.rules import NotInCharge, may_have_officers
from services.registry.subjects.tables import Subject
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now, today
from shared.events.registry.officers import (
    CertificateExpired,
    CertificateExpiring,
    CertificateIssued,
    CertificateReinstated,
    CertificateRenewed,
    CertificateRevoked,
    CertificateSurrendered,
    CertificateSuspended,
    OfficerChanged,
    OfficerFact,
)
from shared.facts import publish
from shared.figures import in_days
from shared.law.calendar import end_of
from shared.law.identifiers import certificate_number
from shared.law.places import in_division
from shared.law.tables import rule
from shared.past import as_of
from shared.refusals import Conflict, NotFound
from shared.timers import cancel, schedule, schedule_all
from shared.web.paging import paginate

EXPIRY = "certificate.expiry"
"""The timer that ends a certificate after its last day."""
REMINDER = "certificate.reminder"
"""The timer that tells of its end beforehand, at the next of the distances."""
NUMBER_RULE = "certificate.number_pattern"
EXAMINATION_RULE = "certificate.examination"
REMINDERS_RULE = "certificate.reminders"


async def page(
    session: AsyncSession, actor: Actor, query: HeldCertificateQuery
) -> tuple[list[tuple[Certificate, Officer]], str | None, int | None]:
    """The certificates of the caller's officers, also those that others have followed."""
    certificate = as_of(Certificate, query.as_of)
    statement = (
        select(certificate, Officer)
        .join(Officer, Officer.id == certificate.officer_id)
        .where(visible(Officer, actor))
    )
    if query.division:
        place = in_division(Officer, query.division, query.as_of, direct=query.direct)
        statement = statement.where(place)
    if query.state:
        statement = statement.where(certificate.state == query.state)
    statement = statement.where(*in_days(certificate.issued_on, query.issued_from, query.issued_to))
    rows, cursor, count = await paginate(
        session,
        statement,
        sort=query.sort,
        columns={"id": certificate.id},
        id=certificate.id,
        paging=query,
    )
    return [(row[0], row[1]) for row in rows], cursor, count


async def apply(session: AsyncSession, actor: Actor, id: UUID) -> Held:
    """Ask for a certificate."""
    held = await take(session, actor, id)
    officer, former, subject_state = held
    rules.may_apply(
        staffing=officer.staffing, officer_state=officer.state, certificate_state=state_of(held)
    )
    may_have_officers(state=subject_state)
    if former is not None:
        former.current, former.since = False, today(session)
        await session.flush()  # before the insert, which would come first
    moment = now(session)
    certificate = Certificate(
        officer_id=officer.id,
        staffing=officer.staffing,
        current=True,
        state=rules.CERTIFICATE.initial,
        since=today(session),
        exam_attempts=0,
        created_at=moment,
        updated_at=moment,
    )
    session.add(certificate)
    return await record(session, held._replace(certificate=certificate), OfficerChanged)


async def train(
    session: AsyncSession, actor: Actor, id: UUID, *, hours: int | None, on: date | None
) -> Held:
    """The training was completed."""
    held, certificate = await _step(session, actor, id, "train")
    day = today(session)
    has_been(on or day, today=day)
    certificate.trained_on, certificate.training_hours = on or day, hours
    return await record(session, held, OfficerChanged, step="train")


async def examine(
    session: AsyncSession,
    actor: Actor,
    id: UUID,
    *,
    score: int | None,
    passed: bool | None,
    on: date | None,
) -> Held:
    """The result of an examination; who failed may take it again."""
    held, certificate = await _step(session, actor, id, "examine")
    day = today(session)
    has_been(on or day, today=day)
    marks = (await rule(session, EXAMINATION_RULE, on or day)).value
    result = rules.has_passed(
        score=score, told=passed, pass_mark=marks["pass_mark"], full_mark=marks["full_mark"]
    )
    certificate.exam_attempts += 1
    certificate.examined_on, certificate.examined_by = on or day, actor.sub
    certificate.exam_score, certificate.exam_passed = score, result
    return await record(session, held, OfficerChanged, step="examine" if result else "fail")


async def issue(
    session: AsyncSession, actor: Actor, id: UUID, *, certificate_no: str, valid_to: date
) -> Held:
    """Issue it, by the caller's legal office, until the last day named."""
    held, certificate = await _step(session, actor, id, "issue", of_standing=True)
    rules.may_issue(issuer=actor.sub, examiner=certificate.examined_by)
    rules.may_enforce(subject_state=held.subject_state)
    rules.may_run_until(valid_to=valid_to, today=today(session))
    pattern = (await rule(session, NUMBER_RULE)).value["pattern"]
    certificate.certificate_no = certificate_number(certificate_no, pattern)
    certificate.issuer = actor.division
    certificate.issued_on, certificate.valid_to = today(session), valid_to
    await _watch(session, certificate.id, valid_to)
    return await record(session, held, CertificateIssued, step="issue")


async def renew(session: AsyncSession, actor: Actor, id: UUID, valid_to: date) -> Held:
    """延续: it runs on; told again before the new end, and no more of the old one."""
    held, certificate = await _step(session, actor, id, "renew", of_standing=True)
    _check_issuer(actor, held.officer, certificate)
    rules.may_enforce(subject_state=held.subject_state)
    rules.may_run_until(valid_to=valid_to, today=today(session))
    assert certificate.valid_to is not None
    rules.may_renew(valid_to=valid_to, until=certificate.valid_to)
    certificate.renewed_on, certificate.valid_to = today(session), valid_to
    await _watch(session, certificate.id, valid_to)
    return await record(session, held, CertificateRenewed, step="renew")


async def suspend(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Held:
    """暂扣: until it is reinstated or revoked, or expires."""
    held, certificate = await _step(session, actor, id, "suspend")
    _check_issuer(actor, held.officer, certificate)
    certificate.reason = reason
    return await record(session, held, CertificateSuspended, step="suspend")


async def reinstate(session: AsyncSession, actor: Actor, id: UUID) -> Held:
    """The suspension is over."""
    held, certificate = await _step(session, actor, id, "reinstate", of_standing=True)
    _check_issuer(actor, held.officer, certificate)
    rules.may_enforce(subject_state=held.subject_state)
    certificate.reason = None
    return await record(session, held, CertificateReinstated, step="reinstate")


async def revoke(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Held:
    """吊销: for good."""
    held, certificate = await _step(session, actor, id, "revoke")
    _check_issuer(actor, held.officer, certificate)
    await _forget(session, certificate.id)
    certificate.reason = reason
    return await record(session, held, CertificateRevoked, step="revoke")


async def surrender(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Held:
    """Given back, or the application withdrawn."""
    held, certificate = await _step(session, actor, id, "surrender")
    await _forget(session, certificate.id)
    certificate.reason = reason
    event = OfficerChanged if certificate.certificate_no is None else CertificateSurrendered
    return await record(session, held, event, step="surrender")


async def give_back(session: AsyncSession, held: Held, reason: str) -> None:
    """Reassignment and retirement end what the officer holds; told before either is done."""
    certificate = held.certificate
    if certificate is None or certificate.state in rules.ENDED:
        return
    await _forget(session, certificate.id)
    _surrendered(session, certificate, reason)
    if certificate.certificate_no is not None:
        publish(session, CertificateSurrendered.model_validate(facts_of(held)), at=held.officer)


async def give_all_back(session: AsyncSession, subject: Subject, reason: str) -> None:
    """The end of a subject ends what its officers hold or applied for, in its transaction.

    The subject is locked by then, so that none is issued meanwhile.
    """
    beyond = unscoped(Officer, reason="the body's end reaches all its officers; none is shown")
    locked = await session.scalars(
        select(Officer)
        .where(beyond, Officer.subject_id == subject.id)
        .order_by(Officer.id)
        .with_for_update(of=Officer)
        .execution_options(populate_existing=True)
    )
    officers = {officer.id: officer for officer in locked}
    # Read behind the lock: what waited for it has changed them meanwhile.
    live = await session.scalars(
        select(Certificate)
        .where(
            Certificate.officer_id.in_(
                select(Officer.id).where(beyond, Officer.subject_id == subject.id)
            ),
            Certificate.current,
            Certificate.state.not_in(rules.ENDED),
        )
        .order_by(Certificate.officer_id)
    )
    ending = live.all()
    await _forget(session, *(certificate.id for certificate in ending))
    for certificate in ending:
        _surrendered(session, certificate, reason)
        officer = officers[certificate.officer_id]
        officer.since, officer.updated_at = today(session), now(session)
    await session.flush()
    for certificate in ending:
        held = Held(officers[certificate.officer_id], certificate, subject.state)
        event = OfficerChanged if certificate.certificate_no is None else CertificateSurrendered
        publish(session, event.model_validate(facts_of(held)), at=held.officer)


async def expire(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the last day of the certificate `ref` is over."""
    held = await _of_timer(session, ref)
    if held is not None:
        await _forget(session, ref)
        await record(session, held, CertificateExpired, step="expire")


async def remind(session: AsyncSession, ref: UUID, due_at: datetime) -> None:
    """The timer: the end of the certificate `ref` is near."""
    held = await _of_timer(session, ref)
    if held is None or held.certificate is None or held.certificate.valid_to is None:
        return
    await _remind_later(session, ref, held.certificate.valid_to)
    days_left = (held.certificate.valid_to - today(session)).days
    if days_left >= 0:  # else its end is told by `expire`
        told = {**facts_of(held), "days_left": days_left}
        publish(session, CertificateExpiring.model_validate(told), at=held.officer)


def state_of(held: Held) -> str | None:
    """The state of the newest certificate, if there is one."""
    return held.certificate.state if held.certificate else None


def check_in_charge(actor: Actor, row: Officer | Subject) -> None:
    """Refuse with `NotInCharge` who only reads it."""
    if not in_charge(
        actor, district=row.district, township=row.township, organisation=row.organisation
    ):
        raise NotInCharge


async def take(session: AsyncSession, actor: Actor, id: UUID, *, of_standing: bool = False) -> Held:
    """The locked officer, if the caller may act on them, with the newest certificate.

    With `of_standing` the subject is locked too, that it is not suspended between a look at its
    state and the commit: before the officer, in the order in which the end of a subject locks.
    """
    subject: Subject | None = None
    if of_standing:
        of = select(Officer.subject_id).where(Officer.id == id, visible(Officer, actor))
        if (subject_id := await session.scalar(of)) is None:
            raise NotFound
        subject = await load(session, Subject, subject_id, actor, lock=True)
    officer = await load(session, Officer, id, actor, lock=True)
    check_in_charge(actor, officer)
    if subject is not None and subject.id != officer.subject_id:
        raise Conflict  # reassigned between the two locks
    newest = select(Certificate).where(Certificate.officer_id == id, Certificate.current)
    return Held(
        officer,
        (await session.execute(newest)).scalar_one_or_none(),
        subject.state if subject else await _subject_state(session, officer.subject_id),
    )


async def take_any(session: AsyncSession, id: UUID, *, reason: str) -> Held:
    """The locked officer with the newest certificate, for what was decided elsewhere."""
    beyond = unscoped(Officer, reason=reason)
    locked = select(Officer).where(Officer.id == id, beyond).with_for_update(of=Officer)
    found = await session.execute(locked.execution_options(populate_existing=True))
    officer = found.scalar_one()
    newest = select(Certificate).where(Certificate.officer_id == id, Certificate.current)
    return Held(
        officer,
        (await session.execute(newest)).scalar_one_or_none(),
        await _subject_state(session, officer.subject_id),
    )


async def record(
    session: AsyncSession,
    held: Held,
    event: type[OfficerFact],
    *,
    step: str | None = None,
    since: date | None = None,
    told: dict[str, Any] | None = None,
) -> Held:
    """Write the rows with the officer's new version, and the fact.

    `step` is what happened to the certificate; `since` when it became true, today if not given;
    `told` is what the fact says beyond the officer as they stand.
    """
    officer, certificate, _ = held
    if certificate is not None and step is not None:
        certificate.state = rules.CERTIFICATE.next(step, certificate.state)
    officer.since = since or today(session)
    officer.certificate_no = certificate.certificate_no if certificate else None
    # A certificate's change is the officer's too: one version, one ETag.
    officer.updated_at = now(session)
    if certificate is not None and certificate in session.dirty:
        certificate.updated_at, certificate.since = officer.updated_at, officer.since
    await session.flush()
    publish(session, event.model_validate({**facts_of(held), **(told or {})}), at=officer)
    return held


def facts_of(held: Held) -> dict[str, Any]:
    """What every fact says of an officer."""
    officer, certificate, _ = held
    names = (
        "subject_id",
        "organisation",
        "name",
        "post",
        "staffing",
        "state",
        "legal_qualification",
    )
    return {
        "officer_id": officer.id,
        **{name: getattr(officer, name) for name in names},
        "certificate_no": certificate and certificate.certificate_no,
        "certificate_state": certificate and certificate.state,
        "certificate_valid_to": certificate and certificate.valid_to,
    }


async def _subject_state(session: AsyncSession, id: UUID) -> str:
    beyond = unscoped(Subject, reason="only the state of the officer's own body is looked at")
    return (
        await session.execute(select(Subject.state).where(Subject.id == id, beyond))
    ).scalar_one()


async def _step(
    session: AsyncSession, actor: Actor, id: UUID, action: str, *, of_standing: bool = False
) -> tuple[Held, Certificate]:
    """The locked officer, and the certificate, if its state allows `action`."""
    held = await take(session, actor, id, of_standing=of_standing)
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


def _surrendered(session: AsyncSession, certificate: Certificate, reason: str) -> None:
    certificate.state = rules.CERTIFICATE.next("surrender", certificate.state)
    certificate.reason, certificate.updated_at = reason, now(session)
    certificate.since = today(session)


async def _of_timer(session: AsyncSession, ref: UUID) -> Held | None:
    """The officer, locked as everybody does who changes a certificate, if it is still held."""
    owner = select(Certificate.officer_id).where(Certificate.id == ref).scalar_subquery()
    locked = select(Officer).where(Officer.id == owner).with_for_update(of=Officer)
    officer = (await session.execute(locked)).scalar_one_or_none()
    certificate = await session.get(Certificate, ref)
    if officer is None or certificate is None or certificate.state not in rules.HELD:
        return None
    return Held(officer, certificate, await _subject_state(session, officer.subject_id))


async def watch_new(session: AsyncSession, ends: Mapping[str, date]) -> None:
    """Have the ends of new certificates, by their ids, come and be told of beforehand: many in few
    statements."""
    distances: Sequence[int] = (await rule(session, REMINDERS_RULE)).value["days"]
    moment, days = now(session), set(ends.values())
    over = {day: end_of(day) for day in days}
    told = {day: _next_reminder(day, distances, moment) for day in days}
    await schedule_all(session, EXPIRY, ((id, over[day]) for id, day in ends.items()))
    reminders = ((id, at) for id, day in ends.items() if (at := told[day]) is not None)
    await schedule_all(session, REMINDER, reminders)


async def _watch(session: AsyncSession, id: UUID, valid_to: date) -> None:
    """Have its end come, and be told of beforehand."""
    await schedule(session, EXPIRY, id, end_of(valid_to))
    await _remind_later(session, id, valid_to)


async def _remind_later(session: AsyncSession, id: UUID, valid_to: date) -> None:
    """At the beginning of the first day to come that rule certificate.reminders counts."""
    distances: Sequence[int] = (await rule(session, REMINDERS_RULE)).value["days"]
    at = _next_reminder(valid_to, distances, now(session))
    if at is not None:
        await schedule(session, REMINDER, id, at)
    else:
        await cancel(session, REMINDER, id)


def _next_reminder(valid_to: date, distances: Sequence[int], now: datetime) -> datetime | None:
    moments = (end_of(valid_to - timedelta(days=distance + 1)) for distance in distances)
    return min((moment for moment in moments if moment > now), default=None)


async def _forget(session: AsyncSession, *ids: UUID) -> None:
    for kind in (EXPIRY, REMINDER):
        await cancel(session, kind, *ids)
