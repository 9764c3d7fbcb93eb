"""The public register over HTTP: without a token, so often an address, kept by caches a while."""

from typing import Annotated
from uuid import UUID

from fastapi import Depends, Query, Response

from services.registry.public_register import actions
from services.registry.public_register.schemas import (
    PublicOfficerQuery,
    PublicOfficerView,
    PublicSubjectQuery,
    PublicSubjectView,
)
from shared.access.actor import Public
from shared.clock import today
from shared.db import ReadSession
from shared.web import router as router_of
from shared.web.paging import Page
from shared.web.rate_limit import Limited

router = router_of("/registry/v1/public", "public register")


async def _cached(response: Response) -> None:
    response.headers["Cache-Control"] = "public, max-age=60"


OPEN = [Public, Limited, Depends(_cached)]


@router.get("/subjects", dependencies=OPEN)
async def list_public_subjects(
    session: ReadSession, query: Annotated[PublicSubjectQuery, Query()]
) -> Page[PublicSubjectView]:
    """The published enforcement subjects (行政执法主体公示)."""
    rows, cursor, count = await actions.subjects(session, query)
    items = [PublicSubjectView.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/subjects/{id}", dependencies=OPEN)
async def get_public_subject(session: ReadSession, id: UUID) -> PublicSubjectView:
    """One published enforcement subject."""
    return PublicSubjectView.model_validate(await actions.subject(session, id))


@router.get("/officers", dependencies=OPEN)
async def find_public_officers(
    session: ReadSession, query: Annotated[PublicOfficerQuery, Query()]
) -> Page[PublicOfficerView]:
    """Enforcement certificates by number, by the holder's full name, or by the subject (查验).

    With a number: the certificate in whatever state it is, so that one that was shown can be held
    against the register. Otherwise: those that are active. Only of published subjects.
    """
    rows, cursor, count = await actions.officers(session, query)
    on = today(session)
    items = [PublicOfficerView.of(row[0], row[1], row[2], on) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)
