"""A person's own addresses and preferences over HTTP."""

from typing import Annotated
from uuid import UUID

from fastapi import Request

from services.notify.contacts import actions
from services.notify.contacts.rules import CodeWrong
from services.notify.contacts.schemas import (
    CodeRequest,
    ContactRequest,
    ContactsView,
    ContactView,
    PreferenceRequest,
    PreferenceView,
)
from services.notify.dispatches.actions import channels_on
from shared.access.actor import Actor, May
from shared.db import ReadSession, Session
from shared.web import router as router_of

router = router_of("/notify/v1", "contacts")

Person = Annotated[Actor, May("contact:manage")]


@router.get("/contacts")
async def list_contacts(session: ReadSession, actor: Person, request: Request) -> ContactsView:
    """The caller's own addresses, masked, and the channels in operation."""
    rows = await actions.own(session, actor)
    return ContactsView(
        items=[ContactView.of(row, session.info["seal"]) for row in rows],
        channels=sorted(await channels_on(session, request.app.state.settings)),
    )


@router.post("/contacts", status_code=201)
async def register_contact(
    session: Session, actor: Person, request: Request, body: ContactRequest
) -> ContactView:
    """Register an address of one's own: one a channel. A code goes there, which proves it."""
    channels = await channels_on(session, request.app.state.settings)
    row = await actions.register(session, actor, body, channels=channels)
    return ContactView.of(row, session.info["seal"])


@router.post("/contacts/{id}/send-code")
async def send_contact_code(
    session: Session, actor: Person, request: Request, id: UUID
) -> ContactView:
    """Have another code sent, at most one a minute; it is good for 15 minutes and five tries."""
    channels = await channels_on(session, request.app.state.settings)
    row = await actions.send_code(session, actor, id, channels=channels)
    return ContactView.of(row, session.info["seal"])


@router.post("/contacts/{id}/verify")
async def verify_contact(
    session: Session, actor: Person, id: UUID, body: CodeRequest
) -> ContactView:
    """Prove an address with the code that went there; from then on messages do too."""
    row = await actions.verify(session, actor, id, body.code)
    if row is None:
        await session.commit()  # the try counts, though it is refused
        raise CodeWrong
    return ContactView.of(row, session.info["seal"])


@router.post("/contacts/{id}/remove")
async def remove_contact(session: Session, actor: Person, id: UUID) -> ContactView:
    """Take an address away; what waits to be sent there is not sent."""
    return ContactView.of(await actions.remove(session, actor, id), session.info["seal"])


@router.get("/preferences")
async def get_preferences(session: ReadSession, actor: Person) -> PreferenceView:
    """What is sent to the caller beside the inbox, and when: as chosen, or as the roles get."""
    return PreferenceView.model_validate((await actions.preference(session, actor))._asdict())


@router.put("/preferences")
async def choose_preferences(
    session: Session, actor: Person, body: PreferenceRequest
) -> PreferenceView:
    """Choose what to be sent, by event type, division, kind and urgency, and the quiet hours.

    Quiet hours (Asia/Shanghai) put off all but what is urgent, and that too if
    `urgent_breaks` is false. The inbox always has everything.
    """
    return PreferenceView.model_validate((await actions.prefer(session, actor, body))._asdict())
