"""All certificates over HTTP; what becomes of one is done at its officer."""

from typing import Annotated

from fastapi import Query

from services.registry.certificates import actions
from services.registry.certificates.schemas import HeldCertificateQuery, HeldCertificateView
from shared.access.actor import Actor, May
from shared.db import ReadSession
from shared.web import router as router_of
from shared.web.paging import Page

router = router_of("/registry/v1/certificates", "certificates")


@router.get("")
async def list_certificates(
    session: ReadSession,
    actor: Annotated[Actor, May("officer:read")],
    query: Annotated[HeldCertificateQuery, Query()],
) -> Page[HeldCertificateView]:
    """The certificates (行政执法证) of the officers that the caller may see, followed ones too."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = [HeldCertificateView.of(certificate, officer) for certificate, officer in rows]
    return Page(items=items, next_cursor=cursor, count=count)
