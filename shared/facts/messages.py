"""What goes to NATS and comes from it, and how it fails."""

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import nats.errors
import nats.js.errors


class BusError(Exception):
    """NATS did not do what was asked; trying again later is right."""


class Unreachable(BusError):
    """No connection, or no answer in time. What was sent may or may not have arrived."""


class StreamMissing(BusError):
    """The stream (or what was looked for in it) does not exist."""


class WrongLastSequence(BusError):
    """Somebody else has written to the stream: the fence against a stale leader."""


class DuplicateInBatch(BusError):
    """A message of the batch is in the stream already; the whole batch was refused."""


class ReaderLost(BusError):
    """The consumer is gone or silent and has to be made again."""


@dataclass(frozen=True, slots=True)
class Outgoing:
    """A fact on its way into its stream."""

    nats_subject: str
    event_id: str
    log_index: int
    stream_index: int
    body: bytes


@dataclass(frozen=True, slots=True)
class Incoming:
    """A fact from a stream or from its owner's log; `stream_index` is None for what is neither."""

    stream_index: int | None
    body: bytes
    reply: str = ""
    nats_subject: str = ""

    @property
    def behind(self) -> int:
        """How many more the stream held when this was delivered."""
        # $JS.ACK.<stream>.<consumer>.<deliveries>.<seq>.<seq>.<time>.<pending>; newer servers may
        # put domain and account before the stream and a token behind.
        tokens = self.reply.split(".")
        return int(tokens[8] if len(tokens) == 9 else tokens[10]) if len(tokens) > 8 else 0


@dataclass(frozen=True, slots=True)
class End:
    """Where a stream ends: its last sequence, and the last fact in it (-1 and "" for none)."""

    seq: int
    stream_index: int
    event_id: str
    messages: int


@contextlib.contextmanager
def translated() -> Iterator[None]:
    """Raise the client library's errors as ours."""
    try:
        yield
    except nats.js.errors.NotFoundError as error:
        raise StreamMissing(str(error)) from error
    except nats.js.errors.APIError as error:
        kinds = {10071: WrongLastSequence, 10201: DuplicateInBatch}
        raise kinds.get(error.err_code or 0, BusError)(str(error)) from error
    except (nats.errors.Error, OSError) as error:  # OSError: TimeoutError is one
        raise Unreachable(str(error) or type(error).__name__) from error
