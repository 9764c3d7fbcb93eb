"""What notify counts, each caller the own messages only: one line a measure."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement

from services.notify.messages.actions import addressed_to, has_read
from services.notify.messages.rules import Kind, Urgency
from services.notify.messages.tables import Message
from shared.access.actor import Actor
from shared.figures import Dimension, Measure

_MESSAGES = "/notify/v1/messages"
_MESSAGE = (Dimension("kind", Kind), Dimension("urgency", Urgency))


def _own(table: Any, actor: Actor) -> ColumnElement[bool]:
    return addressed_to(actor)


def _unread(table: Any, actor: Actor, moment: datetime) -> ColumnElement[bool]:
    return ~has_read(actor)


MEASURES: Sequence[Measure] = (
    Measure(
        "messages",
        "收到的消息",
        Message,
        _MESSAGES,
        "message:read",
        on="addressed_at",
        days="addressed",
        by=_MESSAGE,
        seen=_own,
        unit="条",
    ),
    Measure(
        "messages_unread",
        "未读消息",
        Message,
        _MESSAGES,
        "message:read",
        on="addressed_at",
        days="addressed",
        where=_unread,
        filters={"unread": "true"},
        by=_MESSAGE,
        seen=_own,
        unit="条",
    ),
)
