"""A service with one small capability, to test what every service gets from `shared`."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Annotated, Any, ClassVar, Literal
from uuid import UUID

import pytest
from fastapi import FastAPI, Query
from sqlalchemy import Index, MetaData, make_url, select, text
from sqlalchemy.ext.asyncio import create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

from deploy.embedded import Postgres
from shared.access.actor import Actor, May, Role
from shared.access.visibility import load, sees_scope, visible
from shared.clock import today
from shared.db import NAMING, TYPES, EveryService, ReadSession, Scoped, Session, Versioned, new_id
from shared.events import Event
from shared.facts import publish
from shared.law.divisions import DivisionCode, DivisionUnknown
from shared.law.tables import scope_of
from shared.migrations import grant
from shared.refusals import Refused
from shared.service import Service, create_service
from shared.web import router
from shared.web.paging import Page, Paging, paginate
from shared.web.schemas import Input, Line, ResourceView
from tests.servers import PASSWORD, ServiceUnderTest, settings_for


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)
    type_annotation_map = TYPES


class TitleTaken(Refused):
    code = "title-taken"


class Note(Scoped, Versioned, Base):
    __tablename__ = "note"
    __table_args__ = (Index("uq_note_title", "title", unique=True, info={"refusal": TitleTaken}),)

    id: Mapped[UUID] = mapped_column(primary_key=True, default=new_id)
    title: Mapped[str]
    created_by: Mapped[str]
    organisation: Mapped[str | None] = mapped_column(default=None)
    domains: Mapped[list[str]] = mapped_column(default=list)


class NoteWritten(Event):
    type: ClassVar[str] = "notes.note.written.v1"
    subject_field: ClassVar[str] = "note_id"

    note_id: UUID
    title: str


class NoteRequest(Input):
    title: Line
    division: DivisionCode


class NoteChange(Input):
    title: Line


class NoteView(ResourceView):
    title: str
    district: str | None
    township: str | None


class NotePaging(Paging):
    sort: Literal["id", "-id", "title", "-title"] = "-id"


notes = router("/notes/v1/notes", "notes")


@notes.post("", status_code=201)
async def write_note(
    session: Session, actor: Annotated[Actor, May("note:write")], body: NoteRequest
) -> NoteView:
    """Write a note."""
    scope = await scope_of(session, body.division, today(session))
    if not sees_scope(actor, scope.district, scope.township):
        raise DivisionUnknown(division=body.division, on=str(today(session)))
    note = Note(
        title=body.title,
        created_by=actor.sub,
        district=scope.district,
        township=scope.township,
        domains=["water"],
    )
    session.add(note)
    await session.flush()
    publish(session, NoteWritten(note_id=note.id, title=note.title), note)
    return NoteView.model_validate(note)


@notes.get("")
async def list_notes(
    session: ReadSession,
    actor: Annotated[Actor, May("note:read")],
    paging: Annotated[NotePaging, Query()],
) -> Page[NoteView]:
    """Notes."""
    rows, cursor, count = await paginate(
        session,
        select(Note).where(visible(Note, actor)),
        sort=paging.sort,
        columns={"id": Note.id, "title": Note.title},
        id=Note.id,
        paging=paging,
    )
    items = [NoteView.model_validate(note) for (note,) in rows]
    return Page[NoteView](items=items, next_cursor=cursor, count=count)


@notes.get("/careless")
async def list_carelessly(
    session: ReadSession, actor: Annotated[Actor, May("note:read")], how: str
) -> list[str]:
    """What the guard is for."""
    statements: dict[str, Any] = {
        "orm": select(Note),
        "core": select(Note.__table__.c.title).select_from(Note.__table__),
        "text": text("SELECT title FROM note"),
        "join": text("SELECT n.title FROM outbox o JOIN note n ON true"),
        "careful": select(Note.title).where(visible(Note, actor)),
    }
    await session.execute(statements[how])
    return [how]


@notes.get("/slow")
async def slow(session: ReadSession, actor: Annotated[Actor, May("note:read")]) -> list[str]:
    """Takes longer than a statement may."""
    await session.execute(text("SELECT pg_sleep(30)"))
    return []


@notes.get("/{id}")
async def get_note(
    session: ReadSession, actor: Annotated[Actor, May("note:read")], id: UUID
) -> NoteView:
    """One note."""
    return NoteView.model_validate(await load(session, Note, id, actor))


@notes.patch("/{id}")
async def change_note(
    session: Session, actor: Annotated[Actor, May("note:write")], id: UUID, body: NoteChange
) -> NoteView:
    """Change a note."""
    note = await load(session, Note, id, actor, lock=True)
    note.title = body.title
    await session.flush()
    publish(session, NoteWritten(note_id=note.id, title=note.title), note)
    return NoteView.model_validate(note)


@notes.post("/{id}/touch")
async def touch_note(
    session: Session, actor: Annotated[Actor, May("note:write")], id: UUID
) -> NoteView:
    """Change nothing but the version."""
    note = await load(session, Note, id, actor, lock=True)
    note.title = note.title + "!"
    await session.flush()
    return NoteView.model_validate(note)


WRITERS = frozenset(
    {Role.BUREAU_SUPERVISOR, Role.DISTRICT_SUPERVISOR, Role.TOWNSHIP_SUPERVISION_OFFICE}
)
READERS = WRITERS | {Role.AGENCY_USER, Role.LINE_DEPARTMENT, Role.LAY_MONITOR}
SERVICE = Service(
    name="notes",
    title="notes",
    summary="notes",
    base=Base,
    permissions={"note:write": WRITERS, "note:read": READERS},
    routers=[notes],
    owns_law=True,
)


class Notes(ServiceUnderTest):
    """The service of notes."""

    def __init__(self, app: FastAPI, key_file: Path, admin_url: str) -> None:
        super().__init__(app, "notes", key_file, admin_url, SERVICE)


@pytest.fixture(scope="session")
async def notes_service(postgres: Postgres, key_file: Path) -> AsyncIterator[Notes]:
    postgres.make_database("notes", owner_password=PASSWORD, application_password=PASSWORD)
    settings = settings_for(postgres, "notes", key_file, statement_timeout_ms=500)
    app = create_service(SERVICE, settings)
    service = Notes(app, key_file, postgres.url("xj_notes"))
    url = postgres.url("xj_notes", "xj_notes_owner", PASSWORD)
    owner = create_async_engine(make_url(url).set(drivername="postgresql+asyncpg"))
    async with owner.begin() as connection:
        await connection.run_sync(EveryService.metadata.create_all)
        await connection.run_sync(Base.metadata.create_all)
        await connection.run_sync(grant, "xj_notes_app")
    await owner.dispose()
    await service.keep_divisions()
    yield service
    await service.close()


@pytest.fixture
async def service(notes_service: Notes) -> Notes:
    await notes_service.wipe()
    return notes_service
