"""The verbs of officers: load, decide, change, publish. Certificates have theirs beside these."""

from collections.abc import Sequence
from datetime import date
from uuid import UUID

from sqlalchemy import (
    ARRAY,
    ColumnElement,
    LargeBinary,
    Select,
    and_,
    any_,
    func,
    literal,
    literal_column,
    select,
    text,
)
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.certificates import actions as certificates
from services.registry.certificates.rules import CertificateState, may_become
from services.registry.certificates.tables import Certificate, Held
from services.registry.lay_monitors.rules import SERVING
from services.registry.lay_monitors.tables import LayMonitor
from services.registry.officers import rules
from services.registry.officers.schemas import (
    CertificateQuery,
    OfficerPatch,
    OfficerQuery,
    OfficerRequest,
    ReassignRequest,
)
from services.registry.officers.tables import IDENTITY_CONTEXT, Officer
from services.registry.staffing.actions import people_changed
from services.registry.staffing.rules import BodyKind
from services.registry.subjects.rules import SubjectState, may_have_officers
from services.registry.subjects.tables import Subject
from services.registry.teams.actions import hold_team_of, leave_team
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now, today
from shared.db import Scope
from shared.events.registry.officers import (
    OfficerChanged,
    OfficerFact,
    OfficerIdentityRevealed,
    OfficerRegistered,
)
from shared.facts import publish
from shared.figures import in_days
from shared.law.places import in_division
from shared.law.tables import rule, scope_of
from shared.past import as_of, may_begin
from shared.refusals import NotFound
from shared.sealing import Seal
from shared.search import matches
from shared.web.paging import paginate

HOURS_RULE = "officer.training_hours"

_SORTS = ("id", "name", "updated_at")


def with_certificate(
    officer: type[Officer], certificate: type[Certificate], subject: type[Subject], actor: Actor
) -> Select[Officer, Certificate, str]:
    """The officers that `actor` may see, each with the newest certificate and the body's state."""
    body = unscoped(subject, reason="only the state of the officer's own body is shown")
    return (
        select(officer, certificate, subject.state)
        .outerjoin(certificate, and_(certificate.officer_id == officer.id, certificate.current))
        .outerjoin(subject, and_(subject.id == officer.subject_id, body))
        .where(visible(officer, actor))
    )


async def page(
    session: AsyncSession, actor: Actor, query: OfficerQuery
) -> tuple[list[Held], str | None, int | None]:
    """The caller's officers that match, one page of them."""
    day = query.as_of
    officer, certificate, subject = (
        as_of(Officer, day),
        as_of(Certificate, day),
        as_of(Subject, day),
    )
    statement = with_certificate(officer, certificate, subject, actor)
    if query.subject_id:
        statement = statement.where(officer.subject_id == query.subject_id)
    if query.division:
        place = in_division(officer, query.division, day, direct=query.direct)
        statement = statement.where(place)
    if query.staffing:
        statement = statement.where(officer.staffing == query.staffing)
    if query.state:
        statement = statement.where(officer.state == query.state)
    if query.certificate_state:
        statement = statement.where(certificate.state == query.certificate_state)
    if query.certified is not None:
        good = is_certified(certificate, subject, day or today(session))
        statement = statement.where(needs_certificate(officer), good.is_(query.certified))
    if query.valid_before:
        statement = statement.where(certificate.valid_to < query.valid_before)
    if query.legal_qualification is not None:
        statement = statement.where(officer.legal_qualification == query.legal_qualification)
    if query.short_in is not None or query.hours_below is not None:
        year = query.short_in or today(session).year
        minimum = query.hours_below
        if minimum is None:
            minimum = (await rule(session, HOURS_RULE, date(year, 12, 31))).value["hours"]
        statement = statement.where(
            officer.state == rules.OfficerState.ON_POST,
            officer.staffing == rules.Staffing.STAFF,
            func.coalesce(officer.training_hours[str(year)].as_integer(), 0) < minimum,
        )
    statement = statement.where(
        *in_days(officer.created_at, query.registered_from, query.registered_to)
    )
    if query.q:
        statement = statement.where(matches(officer, query.q))
    columns = {name: getattr(officer, name) for name in _SORTS}
    rows, cursor, count = await paginate(
        session, statement, sort=query.sort, columns=columns, id=officer.id, paging=query
    )
    return [Held(*row) for row in rows], cursor, count


def needs_certificate(officer: type[Officer]) -> ColumnElement[bool]:
    """Staff on post; auxiliaries (辅助) never hold one."""
    return and_(
        officer.state == rules.OfficerState.ON_POST, officer.staffing == rules.Staffing.STAFF
    )


def is_certified(
    certificate: type[Certificate], subject: type[Subject], on: date
) -> ColumnElement[bool]:
    """Whether who is on post may enforce on a day (`certificates.rules.is_usable`)."""
    return func.coalesce(
        and_(
            certificate.state == CertificateState.ACTIVE,
            certificate.valid_to >= on,
            subject.state == SubjectState.PUBLISHED,
        ),
        literal_column("false"),
    )


async def read(session: AsyncSession, actor: Actor, id: UUID, day: date | None = None) -> Held:
    """One visible officer, now or as of a day."""
    officer = as_of(Officer, day)
    statement = with_certificate(officer, as_of(Certificate, day), as_of(Subject, day), actor)
    row = (await session.execute(statement.where(officer.id == id))).one_or_none()
    if row is None:
        raise NotFound
    return Held(*row)


async def certificates_of(
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
    rules.may_qualify(
        held=request.legal_qualification,
        number=request.legal_qualification_no,
        since=request.legal_qualification_since,
        today=day,
    )
    index = identity_index(session, number)
    rules.may_enforce(monitors=bool(await monitoring(session, [index])))
    officer = Officer(
        **request.model_dump(exclude={"identity_no", "since"}),
        since=since,
        organisation=subject.uscc,
        district=scope.district,
        township=scope.township,
        identity_no=seal.seal(number, IDENTITY_CONTEXT),
        identity_index=index,
        state=rules.OFFICER.initial,
        training_hours={},
        created_at=moment,
        updated_at=moment,
    )
    session.add(officer)
    held = Held(officer, None, subject.state)
    return await _settle(session, held, OfficerRegistered, scope, since=since)


async def change(session: AsyncSession, actor: Actor, id: UUID, patch: OfficerPatch) -> Held:
    """Change fields; a change that changes nothing leaves no trace."""
    held = await _take(session, actor, id, "change")
    told = patch.model_dump(exclude_unset=True)
    if all(getattr(held.officer, name) == value for name, value in told.items()):
        return held
    if "staffing" in told:
        may_become(staffing=told["staffing"], certificate_state=certificates.state_of(held))
    if told.get("legal_qualification") is False:
        # Its number and day go with it, unless the caller says otherwise and is refused.
        told = {"legal_qualification_no": None, "legal_qualification_since": None, **told}
    for name, value in told.items():
        setattr(held.officer, name, value)
    rules.may_qualify(
        held=held.officer.legal_qualification,
        number=held.officer.legal_qualification_no,
        since=held.officer.legal_qualification_since,
        today=today(session),
    )
    filled = [held.officer.scope] if "staffing" in told else []
    held = await _settle(session, held, OfficerChanged, *filled)
    if held.certificate is not None and "staffing" in told:
        await session.refresh(held.certificate, ["staffing"])  # the database cascaded it
    return held


async def reassign(session: AsyncSession, actor: Actor, id: UUID, request: ReassignRequest) -> Held:
    """To another subject; the certificate, bound to the former, is given back."""
    held = await _take(session, actor, id, "reassign")
    subject = await _subject(session, actor, request.subject_id)
    rules.may_reassign(same=subject.id == held.officer.subject_id)
    await certificates.give_back(session, held, request.reason)
    scope = await scope_of(session, subject.division)
    officer = held.officer
    filled = [officer.scope, scope]
    officer.subject_id, officer.organisation = subject.id, subject.uscc
    officer.district, officer.township = scope.district, scope.township
    officer.post = request.post or officer.post
    held = held._replace(subject_state=subject.state)
    return await _settle(session, held, OfficerChanged, *filled)


async def retire(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> Held:
    """Off post, for whatever reason; the certificate is given back, and a team is left."""
    await hold_team_of(session, id)
    held = await _take(session, actor, id, "retire")
    await certificates.give_back(session, held, reason)
    await leave_team(session, id, reason)
    held.officer.state = rules.OFFICER.next("retire", held.officer.state)
    return await _settle(session, held, OfficerChanged, held.officer.scope)


async def reveal(session: AsyncSession, actor: Actor, id: UUID, reason: str) -> str:
    """The identity number in full; that it was shown, to whom and why, is in the audit trail."""
    officer = await load(session, Officer, id, actor, lock=True)
    certificates.check_in_charge(actor, officer)
    seal: Seal = session.info["seal"]
    number = seal.open(officer.identity_no, IDENTITY_CONTEXT)
    rules.may_reveal(reason=reason, number=number)
    told = OfficerIdentityRevealed(officer_id=id, subject_id=officer.subject_id, reason=reason)
    publish(session, told, at=officer)
    return number


async def _subject(session: AsyncSession, actor: Actor, id: UUID) -> Subject:
    """A subject of the caller's that may have officers."""
    subject = await load(session, Subject, id, actor)
    certificates.check_in_charge(actor, subject)
    may_have_officers(state=subject.state)
    return subject


async def _take(session: AsyncSession, actor: Actor, id: UUID, action: str) -> Held:
    """The locked officer, if the state allows `action`."""
    held = await certificates.take(session, actor, id)
    rules.OFFICER.may(action, held.officer.state)
    return held


async def _settle(
    session: AsyncSession,
    held: Held,
    event: type[OfficerFact],
    *filled: Scope,
    since: date | None = None,
) -> Held:
    """Write the change; `filled` is where a post may be filled or vacant by it."""
    held = await certificates.record(session, held, event, since=since)
    if filled:
        await people_changed(session, BodyKind.ENFORCEMENT_SUBJECT, *filled)
    return held


def identity_index(session: AsyncSession, number: str) -> bytes:
    """The keyed hash by which somebody is found among the officers."""
    seal: Seal = session.info["seal"]
    return seal.blind_index(number, IDENTITY_CONTEXT)


_APART = "hashtext('registry officers and lay monitors')"
_HOLD_APART = text(f"SELECT pg_advisory_xact_lock_shared({_APART})")
_ALONE = text(f"SELECT pg_advisory_xact_lock({_APART})")


async def monitoring(session: AsyncSession, indexes: Sequence[bytes]) -> set[bytes]:
    """Who of those told by `identity_index` serves as a lay monitor, anywhere in the city.

    Nobody is appointed between this and the commit.
    """
    await session.execute(_HOLD_APART)
    wanted = literal(list(indexes), ARRAY(LargeBinary()))
    found = await session.scalars(
        select(LayMonitor.identity_index).where(
            LayMonitor.identity_index == any_(wanted),
            LayMonitor.state.in_(SERVING),
            unscoped(LayMonitor, reason="whether there is one; not who, nor where"),
        )
    )
    return {index for index in found if index is not None}


async def is_on_post(session: AsyncSession, index: bytes, *, to_stay: bool = False) -> bool:
    """Whether somebody, told by `identity_index`, enforces or helps to, anywhere in the city.

    With `to_stay` nobody goes on post between this and the commit.
    """
    if to_stay:
        await session.execute(_ALONE)
    statement = select(Officer.id).where(
        Officer.identity_index == index,
        Officer.state == rules.OfficerState.ON_POST,
        unscoped(Officer, reason="whether there is one; not who, nor where"),
    )
    return await session.scalar(statement) is not None
