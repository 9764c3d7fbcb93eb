"""notify: the right person knows in time, and it can be shown that they did."""

from fastapi import FastAPI

from services.notify.db import Base
from services.notify.figures import MEASURES
from services.notify.messages.reactions import reactions
from services.notify.messages.routes import router as messages
from services.notify.messages.rules import Kind, Reach, State, Urgency
from services.notify.permissions import PERMISSIONS
from services.notify.streams.routes import router as streams
from shared.service import Service, create_service
from shared.settings import Settings

SERVICE = Service(
    name="notify",
    title="xiejian notify",
    summary="Messages to those who have to know: inbox, read and acknowledged, stream",
    base=Base,
    permissions=PERMISSIONS,
    routers=[messages, streams],
    vocabulary=[Kind, Urgency, Reach, State],
    figures=MEASURES,
    reactions=reactions(),
)


def create_app(settings: Settings) -> FastAPI:
    return create_service(SERVICE, settings)
