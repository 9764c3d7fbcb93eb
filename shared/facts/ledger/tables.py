"""The tables of the ledger. The application role may add rows and read, never change or delete."""

from datetime import datetime

from sqlalchemy import BigInteger, LargeBinary, SmallInteger, func
from sqlalchemy.orm import Mapped, mapped_column

from shared.db import EveryService


class LedgerTile(EveryService):
    """A full tile of a tree: 256 neighbouring hashes of one level."""

    __tablename__ = "ledger_tile"

    algorithm: Mapped[str] = mapped_column(primary_key=True)
    level: Mapped[int] = mapped_column(SmallInteger, primary_key=True, autoincrement=False)
    """0 has the leaf hashes; a hash of the next level stands for 256 of this."""
    n: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    """The hash of level + 1 that stands for this tile."""
    hashes: Mapped[bytes] = mapped_column(LargeBinary)


class LedgerCheckpoint(EveryService):
    """The log as it was signed at a size."""

    __tablename__ = "ledger_checkpoint"

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    root: Mapped[bytes] = mapped_column(LargeBinary)
    note: Mapped[str]
    """The signed note, without cosignatures."""
    leaves: Mapped[bytes] = mapped_column(LargeBinary)
    """Hashes of the leaves since the checkpoint before that fill no tile yet: a second copy, so
    that a changed row can be named before its tile is full."""
    signed_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())


class LedgerCosignature(EveryService):
    """That a witness has seen a checkpoint, and it follows from all that it saw before."""

    __tablename__ = "ledger_cosignature"

    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    witness: Mapped[str] = mapped_column(primary_key=True)
    line: Mapped[str]
    """The signature line as it stands in the note."""
    received_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
