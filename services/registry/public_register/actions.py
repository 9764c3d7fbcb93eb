"""What anybody may read: published subjects, and the certificates of their officers.

Each statement says with `published` which rows the law publishes. What is published later (item
lists, delegations) is read in the same way, from a file of its own beside this capability's routes.
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, and_, select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.certificates.rules import PREPARING, CertificateState
from services.registry.certificates.tables import Certificate
from services.registry.db import in_division
from services.registry.officers.rules import OfficerState
from services.registry.officers.tables import Officer
from services.registry.public_register import rules
from services.registry.public_register.schemas import PublicOfficerQuery, PublicSubjectQuery
from services.registry.subjects.rules import SubjectState
from services.registry.subjects.tables import Subject
from shared.access.visibility import published
from shared.refusals import NotFound
from shared.search import matches
from shared.web.paging import paginate

SUBJECTS = published(Subject, Subject.state == SubjectState.PUBLISHED)
"""A draft, a suspended and a former subject are not in the register."""
# A certificate is named with its number in whatever state it is, so that one that is shown to
# somebody can be held against the register; looked for otherwise, only those in force are told.
_ISSUED = Certificate.state.not_in(PREPARING)
_IN_FORCE = and_(
    Certificate.state == CertificateState.ACTIVE, Officer.state == OfficerState.ON_POST
)


async def subjects(
    session: AsyncSession, query: PublicSubjectQuery
) -> tuple[list[Subject], str | None, int | None]:
    """The published subjects that match, one page of them."""
    statement = select(Subject).where(SUBJECTS)
    if query.kind:
        statement = statement.where(Subject.kind == query.kind)
    if query.level:
        statement = statement.where(Subject.level == query.level)
    if query.domain:
        statement = statement.where(Subject.domains.contains([query.domain]))
    if query.division:
        statement = statement.where(in_division(Subject, query.division))
    if query.q:
        statement = statement.where(matches(Subject, query.q))
    rows, cursor, count = await paginate(
        session,
        statement,
        sort=query.sort,
        columns={"id": Subject.id, "name": Subject.name},
        id=Subject.id,
        paging=query,
    )
    return [row[0] for row in rows], cursor, count


async def subject(session: AsyncSession, id: UUID) -> Subject:
    """One published subject."""
    found = await session.scalar(select(Subject).where(Subject.id == id, SUBJECTS))
    if found is None:
        raise NotFound
    return found


async def officers(
    session: AsyncSession, query: PublicOfficerQuery
) -> tuple[Sequence[Row[*tuple[Any, ...]]], str | None, int | None]:
    """The certificates of officers of published subjects, one page of them."""
    rules.may_search(
        certificate_no=query.certificate_no,
        name=query.name,
        by_subject=query.subject_id is not None,
    )
    shown = _ISSUED if query.certificate_no is not None else _IN_FORCE
    statement = (
        select(Officer, Certificate, Subject)
        .join(Certificate, and_(Certificate.officer_id == Officer.id, Certificate.current))
        .join(Subject, Subject.id == Officer.subject_id)
        .where(published(Officer, and_(shown, Certificate.certificate_no.is_not(None))), SUBJECTS)
    )
    if query.certificate_no is not None:
        statement = statement.where(Certificate.certificate_no == query.certificate_no)
    if query.name is not None:
        statement = statement.where(Officer.name == query.name, matches(Officer, query.name))
    if query.subject_id is not None:
        statement = statement.where(Officer.subject_id == query.subject_id)
    return await paginate(
        session,
        statement,
        sort=query.sort,
        columns={"id": Officer.id},
        id=Officer.id,
        paging=query,
    )
