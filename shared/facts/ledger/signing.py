"""Checkpoints: the log as it stands, signed, beside the log and never in it.

At most one a second, and only when the log has grown. Before the first one a relay makes, it asks
whether the trees still lead to the last one that was signed: a log that somebody has changed must
not get a signature that says otherwise.
"""

import logging
import time

from sqlalchemy.ext.asyncio import AsyncConnection

from shared.facts.ledger.growth import Edges
from shared.facts.ledger.notes import (
    LOG,
    WITNESS,
    Checkpoint,
    NoteRejected,
    SigningKey,
    VerifierKey,
    encoded,
)
from shared.facts.ledger.reading import root_at
from shared.facts.ledger.tree import ALGORITHMS, SHA256, WIDTH
from shared.refusals import Misconfigured
from shared.settings import Settings

log = logging.getLogger(__name__)

INTERVAL_S = 1.0

_LAST = "SELECT size, root FROM ledger_checkpoint ORDER BY size DESC LIMIT 1"
_ADD = """
INSERT INTO ledger_checkpoint (size, root, note, leaves) VALUES ($1, $2, $3, $4)
ON CONFLICT (size) DO NOTHING
"""


def origin_of(settings: Settings, service: str) -> str:
    """The name of a service's log: that of the installation, then the service's."""
    return f"{settings.ledger_origin}/{service}"


def signing_key(settings: Settings, service: str) -> SigningKey | None:
    """The key of a service's log; None without one, which production refuses."""
    seed = settings.ledger_seed
    if seed is None:
        if not settings.development:
            raise Misconfigured(
                "XIEJIAN_LEDGER_KEY must hold the key that signs the ledger in production;"
                " `sh deploy/secrets.sh` makes one"
            )
        return None
    return SigningKey(origin_of(settings, service), LOG, seed)


def algorithms(settings: Settings) -> list[str]:
    """The hash algorithms of the trees."""
    names = settings.ledger_algorithms.split()
    for name in names:
        try:
            ALGORITHMS[name].digest(b"")
        except KeyError:
            known = ", ".join(ALGORITHMS)
            raise Misconfigured(f"XIEJIAN_LEDGER_ALGORITHMS: {name!r} is none of {known}") from None
        except ValueError:
            raise Misconfigured(
                f"XIEJIAN_LEDGER_ALGORITHMS: the OpenSSL of this Python has no {name}"
            ) from None
    return names


def witness_keys(settings: Settings) -> list[VerifierKey]:
    """The keys of those whose cosignatures are taken."""
    try:
        keys = [VerifierKey.parse(text) for text in settings.ledger_witnesses.split()]
    except NoteRejected as rejected:
        raise Misconfigured(f"XIEJIAN_LEDGER_WITNESSES: {rejected}") from None
    for key in keys:
        if key.kind != WITNESS:
            raise Misconfigured(f"XIEJIAN_LEDGER_WITNESSES: {key} is not the key of a witness")
    return keys


class Signing:
    """The signer of one log: what was signed last, and when the next is due."""

    def __init__(self, key: SigningKey | None) -> None:
        self._key = key
        self._signed: int | None = None
        self._at = 0.0
        self.diverged = False
        """The log does not lead to what was signed before: nothing more is signed."""

    def forget(self) -> None:
        """Ask the tables what was signed last."""
        self._signed = None

    @property
    def size(self) -> int:
        """What is signed."""
        return self._signed or 0

    def is_due(self, edges: Edges) -> bool:
        """Whether there is something to sign, and its time has come."""
        edge = edges.get(SHA256.name)
        if self._key is None or edge is None or not edge.size:
            return False
        grown = self._signed is None or edge.size > self._signed
        return grown and time.monotonic() - self._at >= INTERVAL_S

    async def sign(
        self, connection: AsyncConnection, edges: Edges, *, whole: bool
    ) -> Checkpoint | None:
        """Sign and keep the log as it stands; None if there is nothing that could be signed.

        `whole` says that the trees have all rows of the log.
        """
        edge = edges[SHA256.name]
        assert self._key is not None
        self._at = time.monotonic()
        if self._signed is None:
            last = (await connection.exec_driver_sql(_LAST)).one_or_none()
            size, root = (last.size, last.root) if last else (0, b"")
            if edge.size < size and not whole:
                return None  # still catching up with what was signed
            self._judge(size, edge.size >= size and await _leads_to(connection, size, root))
            if self.diverged:
                return None
            self._signed = size
            if edge.size == size:
                return None
        unfinished = edge.levels[0][-(edge.size - self._signed) :] if edge.size % WIDTH else ()
        checkpoint = Checkpoint(
            self._key.name,
            edge.size,
            edge.root,
            tuple(
                f"{name} {encoded(other.root)}"
                for name, other in edges.items()
                if other is not edge and other.size == edge.size
            ),
        )
        checkpoint = checkpoint.signed_by(self._key.sign(checkpoint.text))
        kept = (edge.size, checkpoint.root, str(checkpoint), b"".join(unfinished))
        await connection.exec_driver_sql(_ADD, kept)
        self._signed = edge.size
        return checkpoint

    def _judge(self, size: int, leads_there: bool) -> None:
        if not leads_there and not self.diverged:
            log.critical(
                "the log does not lead to the checkpoint of %d facts that was signed before: rows"
                " were changed or are missing. Nothing is signed until an operator decides;"
                " `xiejian ledger verify` names the first row.",
                size,
            )
        self.diverged = not leads_there


async def _leads_to(connection: AsyncConnection, size: int, root: bytes) -> bool:
    try:
        return not size or await root_at(connection, size) == root
    except LookupError:
        return False  # tiles are missing
