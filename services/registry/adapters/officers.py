"""Officers from a file, with the certificates that they hold already."""

import asyncio
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from functools import lru_cache
from typing import Annotated, Any, NamedTuple
from uuid import UUID

from sqlalchemy import ARRAY, LargeBinary, Text, any_, literal, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.adapters.kinds import (
    Accepted,
    Against,
    Kind,
    Load,
    Prepared,
    hold_divisions,
    judged,
    refusal,
    tell,
)
from services.registry.certificates import rules as certificates
from services.registry.certificates.actions import NUMBER_RULE, watch_new
from services.registry.certificates.rules import CertificateState
from services.registry.certificates.tables import Certificate
from services.registry.imports.rules import CertificateIncomplete, FileKind, SubjectUnknown
from services.registry.officers import rules
from services.registry.officers.actions import monitoring
from services.registry.officers.rules import OfficerState, Staffing
from services.registry.officers.tables import IDENTITY_CONTEXT, Officer
from services.registry.permissions import in_charge
from services.registry.staffing.actions import people_changed
from services.registry.staffing.rules import BodyKind
from services.registry.subjects.rules import ENDED, NotInCharge
from services.registry.subjects.tables import Subject
from shared.access.visibility import sees_scope, unscoped, visible
from shared.db import Scope, copy_line, copy_lines, new_key
from shared.events.registry.officers import OfficersLoaded
from shared.files.spreadsheet import Column, Wrong
from shared.law.divisions import DivisionCode
from shared.law.identifiers import CreditCode, IdentityNumber, certificate_number
from shared.past import Since, may_begin
from shared.sealing import Seal
from shared.search import index_of
from shared.web.schemas import Input, Line

_BACKFILL = "仅补录时填写"


class OfficerRow(Input):
    """One officer."""

    subject: Annotated[CreditCode, Column("所属主体统一社会信用代码", "11500106009290825T")]
    name: Annotated[Line, Column("姓名", "陈某")]
    identity_no: Annotated[
        IdentityNumber, Column("公民身份号码", "500112199001010017", "密封存储", once=True)
    ]
    post: Annotated[Line, Column("岗位", "综合行政执法岗")]
    staffing: Annotated[Staffing, Column("人员性质", "在编")]
    since: Annotated[Since, Column("在岗起始日期", "2022-07-01", "不填为今天")] = None
    legal_qualification: Annotated[bool, Column("取得法律职业资格", "否")] = False
    legal_qualification_no: Annotated[Line | None, Column("法律职业资格证书编号")] = None
    legal_qualification_since: Annotated[date | None, Column("法律职业资格取得日期")] = None
    certificate_no: Annotated[
        Line | None,
        Column("执法证编号", "渝A-500106-0001", _BACKFILL, once=True, within=("issuer",)),
    ] = None
    issuer: Annotated[
        DivisionCode | None, Column("发证机关区划代码", "500106", "不填为上传人所在区划")
    ] = None
    issued_on: Annotated[date | None, Column("发证日期", "2022-07-15", _BACKFILL)] = None
    valid_to: Annotated[date | None, Column("有效期截止日期", "2031-06-30", _BACKFILL)] = None


class Made(NamedTuple):
    """What is known of an officer before the subject is."""

    id: str
    subject: str
    name: str
    post: str
    staffing: str
    legal_qualification: bool
    identity_index: bytes
    certificate_no: str | None
    issuer: str | None
    valid_to: date | None
    certificate_id: str | None
    officer: str
    """The officer's line for COPY, but for what the subject says."""
    certificate: str | None
    """The certificate's."""


_OFFICER = (
    *("state", "training_hours", "version", "parties", "created_at", "updated_at"),
    *("id", "name", "identity_no", "identity_index", "post", "staffing", "legal_qualification"),
    *("legal_qualification_no", "legal_qualification_since", "certificate_no", "since"),
    *("search_text", "search_pairs", "organisation", "subject_id", "district", "township"),
)
_CERTIFICATE = (
    *("current", "state", "exam_attempts", "created_at", "updated_at"),
    *("id", "officer_id", "staffing", "certificate_no", "issuer", "issued_on", "valid_to", "since"),
)


@lru_cache(maxsize=4)
def _begun(moment: str) -> tuple[str, str]:
    """How the lines of all officers of a load begin, and those of their certificates."""
    officer = (OfficerState.ON_POST, "{}", 1, "{}", moment, moment)
    return copy_line(officer), copy_line((True, CertificateState.ACTIVE, 0, moment, moment))


def prepare(rows: Sequence[OfficerRow], load: Load, seal: Seal) -> list[tuple[Made, list[Against]]]:
    # One thing after the other for all rows: for each row all things in turn takes twice as long.
    numbers = [row.identity_no.get_secret_value() for row in rows]
    indexes = [seal.blind_index(number, IDENTITY_CONTEXT) for number in numbers]
    sealed = [seal.seal(number, IDENTITY_CONTEXT) for number in numbers]
    found = [index_of(row.name, row.certificate_no) for row in rows]
    # A certificate that is older than today was held before it was filed here.
    sinces = [row.since or row.issued_on or load.today for row in rows]
    against = [list(_against(row, since, load)) for row, since in zip(rows, sinces, strict=True)]
    ids = [new_key() for _ in rows]
    held = [_certificate(row, id, load) for row, id in zip(rows, ids, strict=True)]
    begun, _ = _begun(load.moment)
    said = [
        (
            *(id, row.name, number, index, row.post, row.staffing, row.legal_qualification),
            *(row.legal_qualification_no, row.legal_qualification_since, row.certificate_no),
            *(since, words["search_text"], words["search_pairs"], row.subject),
        )
        for id, row, number, index, since, words in zip(
            ids, rows, sealed, indexes, sinces, found, strict=True
        )
    ]
    officers = [f"{begun}\t{copy_line(values)}" for values in said]
    made = [
        Made(
            id=id,
            subject=row.subject,
            name=row.name,
            post=row.post,
            staffing=row.staffing.value,
            legal_qualification=row.legal_qualification,
            identity_index=index,
            certificate_no=row.certificate_no,
            issuer=issuer,
            valid_to=row.valid_to,
            certificate_id=certificate_id,
            officer=officer,
            certificate=certificate,
        )
        for id, row, index, (certificate_id, issuer, certificate), officer in zip(
            ids, rows, indexes, held, officers, strict=True
        )
    ]
    return list(zip(made, against, strict=True))


def _certificate(
    row: OfficerRow, officer: str, load: Load
) -> tuple[str | None, str | None, str | None]:
    """Id, issuer and line of the certificate that a row tells of."""
    if not _tells_of_certificate(row):
        return None, None, None
    _, begun = _begun(load.moment)
    id, issuer = new_key(), row.issuer or load.actor.division
    said = (id, officer, row.staffing, row.certificate_no, issuer)
    days = (row.issued_on, row.valid_to, row.issued_on)
    return id, issuer, f"{begun}\t{copy_line((*said, *days))}"


def _tells_of_certificate(row: OfficerRow) -> bool:
    return any((row.certificate_no, row.issuer, row.issued_on, row.valid_to))


def _against(row: OfficerRow, since: date, load: Load) -> Iterator[Against]:
    yield from _against_officer(row, since, load)
    if _tells_of_certificate(row):
        yield from _against_certificate(row, load)


def _against_officer(row: OfficerRow, since: date, load: Load) -> Iterator[Against]:
    if refused := refusal(may_begin, since=since, after=None, today=load.today):
        yield "since", refused
    if refused := refusal(
        rules.may_qualify,
        held=row.legal_qualification,
        number=row.legal_qualification_no,
        since=row.legal_qualification_since,
        today=load.today,
    ):
        yield "legal_qualification", refused


def _against_certificate(row: OfficerRow, load: Load) -> Iterator[Against]:
    if row.certificate_no is None or row.issued_on is None or row.valid_to is None:
        yield "certificate_no", CertificateIncomplete()
        return
    pattern = load.rules[NUMBER_RULE]["pattern"]
    for field, refused in (
        ("certificate_no", load.past("certificate:issue")),
        ("certificate_no", refusal(certificate_number, row.certificate_no, pattern)),
        ("issued_on", refusal(rules.has_been, row.issued_on, today=load.today)),
        ("valid_to", refusal(certificates.may_run_until, valid_to=row.valid_to, today=load.today)),
    ):
        if refused is not None:
            yield field, refused
    if row.staffing is not Staffing.STAFF:
        yield "staffing", certificates.AuxiliaryHoldsNoCertificate()


class _Body(NamedTuple):
    """What has to be known of a subject."""

    id: UUID
    state: str
    scope: Scope
    place: str
    """What it adds to the line of an officer: itself and where it lies."""
    in_charge: bool
    issuers: Collection[str | None]
    """Whose certificates its officers may hold, and be loaded with by the sender."""


async def decide(
    session: AsyncSession, load: Load, rows: Sequence[Prepared]
) -> tuple[list[Accepted], list[Wrong]]:
    """As registering and issuing one by one would."""
    await hold_divisions(session)
    made: list[Made] = [item.made for item in rows]
    subjects = await _subjects(session, load, made)
    on_post = await _on_post(session, made)
    monitors = await monitoring(session, [one.identity_index for one in made])
    numbers = await _numbers(session, made)

    def against(one: Made) -> Iterator[Against]:
        subject = subjects.get(one.subject)
        if subject is None:
            yield "subject", SubjectUnknown()
        elif not subject.in_charge:
            yield "subject", NotInCharge()
        if one.identity_index in on_post:
            yield "identity_no", rules.OfficerAlreadyRegistered()
        if one.identity_index in monitors:
            yield "identity_no", rules.OfficerIsLayMonitor()
        if one.certificate is None:
            return
        if (one.issuer, one.certificate_no) in numbers:
            yield "certificate_no", certificates.CertificateNumberTaken()
        if subject is not None:
            if refused := refusal(certificates.may_enforce, subject_state=subject.state):
                yield "subject", refused
            if one.issuer not in subject.issuers:
                yield "issuer", certificates.CertificateOfAnotherIssuer(issuer=one.issuer)

    return judged(rows, against, lambda one: subjects[one.subject])


async def _subjects(session: AsyncSession, load: Load, made: Sequence[Made]) -> dict[str, _Body]:
    columns = (Subject.uscc, Subject.id, Subject.state, Subject.district, Subject.township)
    statement = (
        select(*columns)
        .where(
            Subject.uscc.in_(sorted({one.subject for one in made})),
            Subject.state.not_in(ENDED),
            visible(Subject, load.actor),
        )
        .order_by(Subject.id)
    )
    if any(one.certificate for one in made):
        # None of them is suspended between this look at it and the commit.
        statement = statement.with_for_update(of=Subject, read=True)
    found = {}
    for uscc, id, state, district, township in await session.execute(statement):
        mine = in_charge(load.actor, district=district, township=township, organisation=uscc)
        # The Bureau takes over what a district issued; nobody what an office above them did.
        issuers = {
            load.actor.division,
            *([district] if sees_scope(load.actor, district, None) else ()),
        }
        scope = Scope(district=district, township=township)
        place = copy_line((id, district, township))
        found[uscc] = _Body(id, state, scope, place, mine, issuers)
    return found


async def _on_post(session: AsyncSession, made: Sequence[Made]) -> Collection[bytes]:
    indexes = literal([one.identity_index for one in made], ARRAY(LargeBinary()))
    found = await session.scalars(
        select(Officer.identity_index).where(
            Officer.state == OfficerState.ON_POST,
            Officer.identity_index == any_(indexes),
            unscoped(Officer, reason="a person is on post once in the whole city"),
        )
    )
    return set(found)


async def _numbers(
    session: AsyncSession, made: Sequence[Made]
) -> Collection[tuple[str | None, str | None]]:
    numbers = [one.certificate_no for one in made if one.certificate_no]
    if not numbers:
        return ()
    found = await session.execute(
        select(Certificate.issuer, Certificate.certificate_no).where(
            Certificate.issuer.in_(sorted({one.issuer for one in made if one.issuer})),
            Certificate.certificate_no == any_(literal(numbers, ARRAY(Text()))),
        )
    )
    return {(issuer, number) for issuer, number in found}


async def write(session: AsyncSession, load: Load, accepted: Sequence[Accepted]) -> None:
    # What is told of them is made while the database takes them in.
    await asyncio.gather(_copy(session, accepted), _told(session, load, accepted))
    held = {one.certificate_id: one.valid_to for (_, one), _ in accepted if one.certificate}
    if held:
        await watch_new(session, held)
    places = {subject.scope for _, subject in accepted}
    await people_changed(session, BodyKind.ENFORCEMENT_SUBJECT, *places)


async def _copy(session: AsyncSession, accepted: Sequence[Accepted]) -> None:
    lines = [f"{one.officer}\t{subject.place}" for (_, one), subject in accepted]
    await copy_lines(session, Officer, _OFFICER, lines)
    if held := [one.certificate for (_, one), _ in accepted if one.certificate is not None]:
        await copy_lines(session, Certificate, _CERTIFICATE, held)


async def _told(session: AsyncSession, load: Load, accepted: Sequence[Accepted]) -> None:
    post, active = OfficerState.ON_POST.value, CertificateState.ACTIVE.value
    records: list[tuple[Scope, dict[str, Any]]] = []
    for place, ((_, one), subject) in enumerate(accepted):
        if place % 100 == 0:
            await asyncio.sleep(0)
        told = {
            "officer_id": one.id,
            "subject_id": subject.id,
            "organisation": one.subject,
            "name": one.name,
            "post": one.post,
            "staffing": one.staffing,
            "state": post,
            "certificate_no": one.certificate_no,
            "certificate_state": active if one.certificate else None,
            "certificate_valid_to": one.valid_to,
            "legal_qualification": one.legal_qualification,
        }
        records.append((subject.scope, told))
    # Validated in one go for all records of a fact: one by one takes several times as long.
    await tell(
        session,
        load,
        records,
        lambda some: OfficersLoaded.model_validate({"load_id": load.id, "records": some}),
    )


KIND = Kind(
    FileKind.OFFICERS, "officer:register", OfficerRow, prepare, decide, write, (NUMBER_RULE,)
)
