"""Packages over HTTP: what was handed over, with its proofs, and links for receivers outside."""

from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response
from sqlalchemy import select

from services.escalation.clocks import actions as clocks
from services.escalation.matters.actions import overdue_is, seen
from services.escalation.packages import actions
from services.escalation.packages.schemas import (
    PackageEvidenceView,
    PackageLinkView,
    PackageQuery,
    PackageView,
)
from services.escalation.packages.tables import Package
from shared.access.actor import Actor, May
from shared.access.visibility import load
from shared.clock import now
from shared.db import ReadSession, Session
from shared.web import router as router_of
from shared.web.paging import Page, paginate

router = router_of("/escalation/v1/packages", "packages")

Reader = Annotated[Actor, May("package:read")]


@router.get("")
async def list_packages(
    session: ReadSession, actor: Reader, query: Annotated[PackageQuery, Query()]
) -> Page[PackageView]:
    """The packages (移交包) that the caller sent, is to receive, or supervises; newest first."""
    moment = now(session)
    statement = select(Package).where(seen(Package, actor))
    for column, value in (
        (Package.matter, query.matter),
        (Package.matter_id, query.matter_id),
        (Package.purpose, query.purpose),
        (Package.state, query.state),
    ):
        if value is not None:
            statement = statement.where(column == value)
    if query.overdue is not None:
        statement = statement.where(overdue_is(Package, query.overdue, moment))
    rows, cursor, count = await paginate(
        session,
        statement,
        **clocks.order(Package, query.sort),
        paging=query,
    )
    items = [PackageView.of(row, actor, moment) for (row,) in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/{id}")
async def get_package(session: ReadSession, actor: Reader, id: UUID) -> PackageView:
    """One package."""
    return PackageView.of(
        await load(session, Package, id, actor, seen=seen(Package, actor)), actor, now(session)
    )


@router.get("/{id}/evidence")
async def read_package_evidence(
    session: ReadSession, actor: Reader, id: UUID
) -> PackageEvidenceView:
    """The signed manifest, and the proof that the ledger has it, once a checkpoint covers it."""
    row = await load(session, Package, id, actor, seen=seen(Package, actor))
    found = await actions.evidence_of(session, row)
    return PackageEvidenceView(manifest=row.note, digest=row.digest, **found._asdict())


@router.post("/{id}/link")
async def link_package(
    request: Request,
    response: Response,
    session: Session,
    actor: Annotated[Actor, May("package:link")],
    id: UUID,
) -> PackageLinkView:
    """Make a link by which a receiver outside the system sees and confirms exactly this package.

    Good for as long as the rule `package.link` says. A new one ends the one before. That it was
    made is in the audit trail; the link itself is shown once and kept nowhere.
    """
    row, link = await actions.link(session, actor, id)
    response.headers["Cache-Control"] = "no-store"
    home = f"{request.app.state.settings.public_url}/escalation/v1/public/packages"
    return PackageLinkView(
        package_id=row.id,
        url=f"{home}/{link.signed(actions.mac_of(session))}",
        expires_at=link.expires_at,
    )
