"""The verbs of issuing bodies."""

from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.document_issuers import rules
from services.oversight.document_issuers.schemas import (
    DocumentIssuerPatch,
    DocumentIssuerQuery,
    DocumentIssuerRequest,
)
from services.oversight.document_issuers.tables import DocumentIssuer
from shared.access.actor import Actor
from shared.access.visibility import load, unscoped, visible
from shared.clock import now
from shared.events.oversight.documents import (
    DocumentIssuerChanged,
    DocumentIssuerFact,
    DocumentIssuerRegistered,
)
from shared.facts import publish
from shared.law.tables import scope_of
from shared.web.paging import paginate


async def register(
    session: AsyncSession, actor: Actor, request: DocumentIssuerRequest
) -> DocumentIssuer:
    """A body may number documents from now on."""
    rules.may_keep(division=request.division, caller=actor.division)
    scope = await scope_of(session, request.division)
    row = DocumentIssuer(
        **request.model_dump(),
        district=scope.district,
        township=scope.township,
        registered_at=now(session),
        registered_by=actor.sub,
    )
    session.add(row)
    await session.flush()
    _publish(session, row, DocumentIssuerRegistered)
    return row


async def change(
    session: AsyncSession, actor: Actor, id: UUID, patch: DocumentIssuerPatch
) -> DocumentIssuer:
    """Another name or prefix; a change that changes nothing leaves no trace."""
    row = await load(session, DocumentIssuer, id, actor, lock=True)
    rules.may_keep(division=row.division, caller=actor.division)
    for name, value in patch.model_dump(exclude_unset=True).items():
        setattr(row, name, value)
    if session.is_modified(row):
        await session.flush()
        _publish(session, row, DocumentIssuerChanged)
    return row


async def page(
    session: AsyncSession, actor: Actor, query: DocumentIssuerQuery
) -> tuple[list[DocumentIssuer], str | None, int | None]:
    """The bodies that the caller may see."""
    statement = select(DocumentIssuer).where(visible(DocumentIssuer, actor))
    if query.division is not None:
        statement = statement.where(DocumentIssuer.division == query.division)
    rows, cursor, count = await paginate(
        session,
        statement,
        sort=query.sort,
        columns={"id": DocumentIssuer.id, "division": DocumentIssuer.division},
        id=DocumentIssuer.id,
        paging=query,
    )
    return [row[0] for row in rows], cursor, count


async def issuer_of(session: AsyncSession, division: str) -> DocumentIssuer:
    """The body of a division, or `IssuerMissing`."""
    row: DocumentIssuer | None = await session.scalar(
        select(DocumentIssuer).where(
            DocumentIssuer.division == division,
            unscoped(DocumentIssuer, reason="a document tells its issuer's name and prefix"),
        )
    )
    if row is None:
        raise rules.IssuerMissing(division=division)
    return row


def _publish(session: AsyncSession, row: DocumentIssuer, kind: type[DocumentIssuerFact]) -> None:
    fact = kind(issuer_id=row.id, division=row.division, name=row.name, prefix=row.prefix)
    publish(session, fact, at=row)
