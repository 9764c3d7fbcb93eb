"""The stream of new messages over HTTP."""

from typing import Annotated

from fastapi import Header, Query, Request, Response

from services.notify.streams.actions import Streams
from services.notify.streams.schemas import EXAMPLE, StreamedMessageView
from shared.access.actor import Actor, May
from shared.refusals import Invalid
from shared.web import router as make_router
from shared.web.openapi import SSE, sse_schema
from shared.web.streams import EventStream

router = make_router("/notify/v1/stream", "messages")

SCHEMA = StreamedMessageView.model_json_schema(ref_template="#/components/schemas/{model}")
SCHEMA.pop("$defs")  # the enumerations are the document's own, the inbox has them too
LINES = f"id: 4711\ndata: {StreamedMessageView(**EXAMPLE).model_dump_json()}\n\n"


def streams_of(request: Request) -> Streams:
    """The open streams of this process; made when the first one is asked for."""
    state = request.app.state
    if not hasattr(state, "message_streams"):
        state.message_streams = Streams(state.database, state.spine.news)
    streams: Streams = state.message_streams
    return streams


@router.get(
    "",
    response_class=Response,
    responses={
        200: {
            "description": "Server-sent events; the data of each is a message as JSON",
            "content": {
                SSE: {
                    "schema": sse_schema(SCHEMA),
                    "example": LINES,
                }
            },
        }
    },
)
async def stream_messages(
    request: Request,
    actor: Annotated[Actor, May("message:read", ticket=True)],
    after: Annotated[
        int | None,
        Query(ge=-1, le=2**62, description="Id of the last message you have; absent: from now on"),
    ] = None,
    last_event_id: Annotated[
        str | None, Header(description="The same, as a browser sends it when it comes back")
    ] = None,
) -> Response:
    """The caller's new messages as server-sent events, as they are addressed.

    Each `id` says where to go on after a break, in any replica, without a loss and without a
    double; it also comes with the first line and with the comments that keep a quiet stream open.
    A browser opens the stream with a one-use ticket (`POST /notify/v1/tickets`) in `ticket`; to
    come back it gets a new one and gives the last id in `after`. The stream ends with the event
    `expired` when the token does.
    """
    if last_event_id is not None:
        if not last_event_id.isdecimal() or len(last_event_id) > 18:
            raise Invalid(reason="Last-Event-ID")
        after = int(last_event_id)
    streams = streams_of(request)
    start = await streams.start(after)
    return EventStream(streams.lines(actor, start), request.app.state.stopping)
