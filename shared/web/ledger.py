"""The evidence ledger over HTTP: hashes for everybody, facts for those who may see them.

`/<service>/v1/ledger` is the prefix of a log as C2SP's `tlog-tiles` has it, so that its clients can
read it: `checkpoint`, `tile/<level>/<n>`, `tile/entries/<n>`.
"""

import re
from collections.abc import Sequence
from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Path, Query, Response
from pydantic import Field
from sqlalchemy import select, true
from sqlalchemy.dialects.postgresql import insert

from shared.access.actor import Actor, May, Public
from shared.access.visibility import scoped_by
from shared.clock import now
from shared.db import Reading, Session
from shared.facts.feed import readable
from shared.facts.ledger.notes import (
    Checkpoint,
    NoteRejected,
    Proof,
    Signature,
    VerifierKey,
    encoded,
)
from shared.facts.ledger.reading import (
    Reads,
    checkpoint_for,
    consistency,
    find_checkpoint,
    inclusion,
    read_leaf,
    read_tiles,
)
from shared.facts.ledger.tables import LedgerCosignature
from shared.facts.ledger.tree import SHA256, WIDTH
from shared.facts.tables import EventLog
from shared.refusals import NotFound, Refused
from shared.web import router as router_of
from shared.web.rate_limit import Limited
from shared.web.schemas import Input, View

OPEN = [Public, Limited]
NOTE = "text/plain; charset=utf-8"
BYTES = "application/octet-stream"
FOR_EVER = {"Cache-Control": "public, max-age=31536000, immutable"}
SHORTLY = {"Cache-Control": "public, max-age=1"}
TILE = r"^(x[0-9]{3}/){0,5}[0-9]{3}(\.p/[1-9][0-9]{0,2})?$"
AHEAD_S = 300
"""How far the clock of a witness may be ahead of ours."""


class LedgerNotSigned(Refused):
    """There is no checkpoint yet that covers it; one comes within seconds."""

    code = "ledger-not-signed-yet"
    status = 409
    zh = "该位置尚未被证据账本的检查点覆盖，请稍后重试。"
    en = "No checkpoint of the ledger covers this yet; try again shortly."
    retry_after = 2


class CheckpointUnknown(Refused):
    """The log has signed nothing of that size."""

    code = "ledger-checkpoint-unknown"
    status = 404
    zh = "证据账本没有规模为 {size} 的检查点。"
    en = "The ledger has no checkpoint of {size} facts."


class WitnessUnknown(Refused):
    """The cosignature is by nobody whom this installation knows as a witness."""

    code = "ledger-witness-unknown"
    status = 422
    zh = "该见证签名不属于已登记的见证方。"
    en = "The cosignature is by no witness that is known here."


class CosignatureWrong(Refused):
    """It is not of this checkpoint, or not by the key of the witness."""

    code = "ledger-cosignature-wrong"
    status = 422
    zh = "见证签名无效：{reason}。"
    en = "The cosignature is not valid: {reason}."


class EntryTooLong(Refused):
    """An entry bundle holds entries of at most 64 KiB."""

    code = "ledger-entry-too-long"
    status = 409
    zh = "该组条目中有超过 64 KiB 的事实，请使用导出。"
    en = "A fact among these is longer than 64 KiB; use an export of the ledger."


class LedgerView(View):
    """The ledger of this service: whose it is, and how far it has come."""

    origin: str | None = Field(description="Its name in checkpoints; null where nothing is signed")
    key: str | None = Field(
        description="The key that its checkpoints are signed with. Have it confirmed another way"
    )
    witnesses: list[str] = Field(description="Keys of the witnesses whose cosignatures are taken")
    size: int = Field(description="Facts under the newest checkpoint")
    witnessed_size: int = Field(description="Facts under the newest that a witness has confirmed")


class InclusionView(View):
    """That a fact is at a place of the ledger: leaf hash, path, signed checkpoint."""

    index: int
    size: int = Field(description="Facts under the checkpoint")
    leaf_hash: str = Field(description="SHA-256 of a zero byte and the fact, in base64")
    hashes: list[str] = Field(description="From the leaf's neighbour up (RFC 6962, 2.1.1), base64")
    checkpoint: str = Field(description="The signed note, with cosignatures")


class ConsistencyView(View):
    """That the ledger has only grown from one size to another."""

    from_size: int
    to_size: int
    hashes: list[str] = Field(description="RFC 6962, 2.1.2; in base64")
    checkpoint: str = Field(description="The signed note of the larger, with cosignatures")


class CosignatureRequest(Input):
    """A witness's word that it has seen a checkpoint, and that it follows from those before."""

    size: int = Field(ge=1, le=2**62, examples=[20852163])
    cosignature: str = Field(
        max_length=1_000,
        description="The signature line (C2SP tlog-cosignature, Ed25519)",
        examples=["— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWX"],
    )


class CosignatureView(View):
    size: int
    witness: str
    cosigned_at: datetime


def _kind(media_type: str, description: str) -> dict[int | str, dict[str, Any]]:
    kind = {"type": "string", "format": "binary"} if media_type == BYTES else {"type": "string"}
    return {200: {"description": description, "content": {media_type: {"schema": kind}}}}


def routes(service: str, key: VerifierKey | None, witnesses: Sequence[VerifierKey]) -> APIRouter:
    """The router of a service's ledger; `key` is None where nothing is signed."""
    router = router_of(f"/{service}/v1/ledger", "ledger")

    @router.get("", dependencies=OPEN)
    async def get_ledger(reads: Reading) -> LedgerView:
        """Whose ledger this is, its key, its witnesses, and how far it is signed and witnessed."""
        newest, witnessed = await find_checkpoint(reads), await find_checkpoint(reads, witnesses=1)
        return LedgerView(
            origin=key and key.name,
            key=key and str(key),
            witnesses=[str(witness) for witness in witnesses],
            size=newest.size if newest else 0,
            witnessed_size=witnessed.size if witnessed else 0,
        )

    @router.get(
        "/checkpoint",
        dependencies=OPEN,
        response_class=Response,
        responses=_kind("text/plain", "A signed note (C2SP tlog-checkpoint)"),
    )
    async def read_checkpoint(
        reads: Reading,
        least: Annotated[
            int,
            Query(
                alias="witnesses",
                ge=0,
                le=100,
                description="Confirmed by so many witnesses at least",
            ),
        ] = 0,
        size: Annotated[
            int | None, Query(ge=1, le=2**62, description="The one of this size")
        ] = None,
    ) -> Response:
        """The newest checkpoint: size and root of the ledger, signed, with all cosignatures."""
        if least > len(witnesses):
            raise LedgerNotSigned  # so many there are not
        checkpoint = await find_checkpoint(reads, size=size, witnesses=least)
        if checkpoint is None:
            raise LedgerNotSigned if size is None else CheckpointUnknown(size=size)
        return Response(str(checkpoint), media_type=NOTE, headers=SHORTLY)

    @router.get("/proof", dependencies=OPEN)
    async def prove_inclusion(
        reads: Reading,
        index: Annotated[int, Query(ge=0, le=2**62, description="Log index of the fact")],
        size: Annotated[
            int | None, Query(ge=1, le=2**62, description="Of which checkpoint; else the best")
        ] = None,
    ) -> InclusionView:
        """The proof that the fact at a place is in the ledger, for a signed checkpoint.

        The newest checkpoint that a witness has confirmed, or the newest where none has.
        """
        proof = await _prove(reads, index, size)
        leaf = await read_leaf(reads, index)
        return InclusionView(
            index=index,
            size=proof.checkpoint.size,
            leaf_hash=encoded(leaf),
            hashes=[encoded(found) for found in proof.hashes],
            checkpoint=str(proof.checkpoint),
        )

    @router.get("/consistency", dependencies=OPEN)
    async def prove_consistency(
        reads: Reading,
        old: Annotated[int, Query(alias="from", ge=1, le=2**62, description="The smaller size")],
        new: Annotated[
            int | None,
            Query(alias="to", ge=1, le=2**62, description="That of a checkpoint; else the newest"),
        ] = None,
    ) -> ConsistencyView:
        """The proof that a checkpoint goes on where an older one ended: nothing was rewritten."""
        checkpoint = await find_checkpoint(reads, size=new)
        if checkpoint is None and new is not None:
            raise CheckpointUnknown(size=new)
        if checkpoint is None or checkpoint.size < old:
            raise LedgerNotSigned
        hashes = await consistency(reads, old, checkpoint.size)
        return ConsistencyView(
            from_size=old,
            to_size=checkpoint.size,
            hashes=[encoded(found) for found in hashes],
            checkpoint=str(checkpoint),
        )

    @router.get(
        "/tile/entries/{n:path}",
        response_class=Response,
        responses=_kind(BYTES, "Entries, each behind its length in two bytes"),
    )
    async def read_entries(
        reads: Reading,
        actor: Annotated[Actor, May("event:audit")],
        n: Annotated[str, Path(pattern=TILE, description="As in `tile/0/…`", examples=["000"])],
    ) -> Response:
        """A bundle of 256 facts with their bodies, for the auditor, who may see all of them."""
        first, width = _numbered(n)
        await _signed(reads, first * WIDTH + width)
        found = await reads.execute(
            select(EventLog.event)
            .where(scoped_by(EventLog, true()))
            .where(EventLog.log_index >= first * WIDTH, EventLog.log_index < first * WIDTH + width)
            .order_by(EventLog.log_index)
        )
        entries: Sequence[bytes] = found.scalars().all()
        if any(len(entry) > 65_535 for entry in entries):
            raise EntryTooLong
        bundle = b"".join(len(entry).to_bytes(2, "big") + entry for entry in entries)
        return Response(bundle, media_type=BYTES)

    @router.get(
        "/tile/{level}/{n:path}",
        dependencies=OPEN,
        response_class=Response,
        responses=_kind(BYTES, "Hashes of 32 bytes"),
    )
    async def read_tile(
        reads: Reading,
        level: Annotated[int, Path(ge=0, le=7, description="0 has the hashes of the facts")],
        n: Annotated[
            str,
            Path(pattern=TILE, description="`x001/x234/067`, or `….p/<width>`", examples=["000"]),
        ],
    ) -> Response:
        """A tile of the tree (C2SP tlog-tiles): 256 hashes, or those there are of the last one."""
        number, width = _numbered(n)
        await _signed(reads, (number * WIDTH + width) << 8 * level)
        tiles = await read_tiles(reads, SHA256, {(level, number): width})
        tile = tiles[level, number][: width * len(SHA256.digest(b""))]
        return Response(tile, media_type=BYTES, headers=FOR_EVER)

    @router.get(
        "/facts/{id}",
        response_class=Response,
        responses=_kind("application/cloudevents+json", "The fact, byte by byte"),
    )
    async def read_fact(
        reads: Reading, actor: Annotated[Actor, May("event:read")], id: UUID
    ) -> Response:
        """One fact that the caller may see, in the very bytes that the ledger has the hash of."""
        _, event = await _fact(reads, actor, id)
        return Response(event, media_type="application/cloudevents+json")

    @router.get(
        "/facts/{id}/proof",
        response_class=Response,
        responses=_kind("text/plain", "A file `.tlog-proof` (C2SP tlog-proof)"),
    )
    async def prove_fact(
        reads: Reading, actor: Annotated[Actor, May("event:read")], id: UUID
    ) -> Response:
        """The proof that a fact is in the ledger, as a file that can be checked without us.

        `xiejian ledger verify <file> --event <fact>` checks it, as does any C2SP client.
        """
        index, _ = await _fact(reads, actor, id)
        proof = await _prove(reads, index)
        name = f'attachment; filename="{id}.tlog-proof"'
        return Response(str(proof), media_type=NOTE, headers={"Content-Disposition": name})

    @router.post("/cosignatures", dependencies=OPEN, status_code=201)
    async def cosign_checkpoint(session: Session, body: CosignatureRequest) -> CosignatureView:
        """A witness confirms a checkpoint; from then on its signature stands in the note.

        Taken from the witnesses whose keys the installation knows, which the signature proves. The
        same again changes nothing.
        """
        checkpoint = await find_checkpoint(session, size=body.size)
        if checkpoint is None:
            raise CheckpointUnknown(size=body.size)
        signature = _judged(checkpoint, body.cosignature, witnesses, now(session))
        await session.execute(
            insert(LedgerCosignature)
            .values(size=body.size, witness=signature.name, line=str(signature))
            .on_conflict_do_nothing()
        )
        return CosignatureView(
            size=body.size,
            witness=signature.name,
            cosigned_at=datetime.fromtimestamp(signature.timestamp, tz=now(session).tzinfo),
        )

    return router


def _judged(
    checkpoint: Checkpoint, line: str, witnesses: Sequence[VerifierKey], at: datetime
) -> Signature:
    try:
        signature = Signature.parse(line)
        witness = next(filter(lambda key: key.made(signature), witnesses), None)
        if witness is None:
            raise WitnessUnknown
        witness.verify(checkpoint.text, signature)
    except NoteRejected as rejected:
        raise CosignatureWrong(reason=str(rejected)) from None
    if signature.timestamp > at.timestamp() + AHEAD_S:
        raise CosignatureWrong(reason="its time lies ahead")
    return signature


async def _prove(reads: Reads, index: int, size: int | None = None) -> Proof:
    checkpoint = await checkpoint_for(reads, index, size)
    if checkpoint is None:
        if size is not None and await find_checkpoint(reads, size=size) is None:
            raise CheckpointUnknown(size=size)
        raise LedgerNotSigned
    return Proof(index, await inclusion(reads, index, checkpoint.size), checkpoint)


async def _fact(reads: Reads, actor: Actor, id: UUID) -> tuple[int, bytes]:
    audiences, criterion = readable(actor)
    found = await reads.execute(
        select(EventLog.log_index, EventLog.event).where(
            EventLog.event_id == id, EventLog.audience.in_(audiences), criterion
        )
    )
    if (row := found.one_or_none()) is None:
        raise NotFound
    return row.log_index, row.event


async def _signed(reads: Reads, size: int) -> None:
    """What lies beyond the newest checkpoint is not there yet. Raises NotFound."""
    newest = await find_checkpoint(reads)
    if newest is None or newest.size < size:
        raise NotFound


def _numbered(path: str) -> tuple[int, int]:
    """Number and width of a tile from its path."""
    number, _, width = path.partition(".p/")
    if width and int(width) >= WIDTH:
        raise NotFound
    return int(re.sub(r"[x/]", "", number)), int(width or WIDTH)
