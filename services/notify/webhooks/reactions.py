"""Every fact that others may see is put to be sent to those who subscribed to it."""

from collections.abc import Sequence

from services.notify.webhooks import actions
from services.notify.webhooks.rules import subscribable
from shared.events import Event
from shared.facts.inbox import Reaction

REACTIONS: Sequence[tuple[type[Event], Reaction]] = [
    (kind, actions.offer) for kind in subscribable().values()
]
