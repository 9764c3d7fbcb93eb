"""Signed notes: keys, checkpoints, cosignatures and proof files, as C2SP writes them. No I/O.

A name in a note is bound to its key by four bytes of a hash; who trusts a key has it from its
holder as one line, `<name>+<id>+<key>`.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import (
    Ed25519PrivateKey,
    Ed25519PublicKey,
)
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from shared.facts.ledger.tree import ALGORITHMS, HASH_BYTES, SHA256, verify_inclusion

LOG, WITNESS = 1, 4
"""Kinds of keys: an Ed25519 signature of the note, a cosignature with its time."""
NAME = re.compile(r"[^\s+\x00-\x1f]+")
MAX_NOTE_BYTES = 64 * 1024
PROOF = "c2sp.org/tlog-proof@v1"


class NoteRejected(Exception):
    """It is no note, or its signature is not by the key that it should be by."""


def _key_id(name: str, kind: int, public: bytes) -> bytes:
    return hashlib.sha256(f"{name}\n".encode() + bytes([kind]) + public).digest()[:4]


def decoded(text: str, what: str) -> bytes:
    """The other way round. Raises NoteRejected, which names `what`."""
    try:
        return base64.b64decode(text, validate=True)
    except binascii.Error:
        raise NoteRejected(f"{what} is not base64") from None


def encoded(content: bytes) -> str:
    """Hashes and keys as notes write them."""
    return base64.b64encode(content).decode()


@dataclass(frozen=True)
class Signature:
    """One signature line."""

    name: str
    key_id: bytes
    value: bytes

    @classmethod
    def parse(cls, line: str) -> Self:
        """Raises NoteRejected."""
        found = re.fullmatch(r"— (\S+) (\S+)\n?", line)
        value = decoded(found[2], "a signature") if found else b""
        if not found or len(value) < 5:
            raise NoteRejected("a line below the text is no signature")
        return cls(found[1], value[:4], value[4:])

    def __str__(self) -> str:
        return f"— {self.name} {encoded(self.key_id + self.value)}\n"

    @property
    def timestamp(self) -> int:
        """When a witness cosigned, in seconds since 1970."""
        return int.from_bytes(self.value[:8], "big")


@dataclass(frozen=True)
class VerifierKey:
    """The public half of a log's or a witness's key, with its name."""

    name: str
    kind: int
    public: bytes

    @classmethod
    def parse(cls, text: str) -> Self:
        """From its line. Raises NoteRejected."""
        name, _, rest = text.strip().partition("+")
        key_id, _, material = rest.partition("+")
        found = decoded(material, f"the key of {name!r}")
        if not NAME.fullmatch(name) or len(found) != 33 or found[0] not in (LOG, WITNESS):
            raise NoteRejected(f"{text.strip()!r} is no key: it is written <name>+<id>+<base64>")
        key = cls(name, found[0], found[1:])
        if key.id.hex() != key_id:
            raise NoteRejected(f"the key of {name!r} does not fit its id {key_id}")
        return key

    @property
    def id(self) -> bytes:
        return _key_id(self.name, self.kind, self.public)

    def __str__(self) -> str:
        return f"{self.name}+{self.id.hex()}+{encoded(bytes([self.kind]) + self.public)}"

    def made(self, signature: Signature) -> bool:
        """Whether the line claims to be by this key."""
        return (signature.name, signature.key_id) == (self.name, self.id)

    def verify(self, text: str, signature: Signature) -> None:
        """Raises NoteRejected."""
        signed, value = text.encode(), signature.value
        if self.kind == WITNESS:
            signed, value = _cosigned(text, signature.timestamp), value[8:]
        try:
            Ed25519PublicKey.from_public_bytes(self.public).verify(value, signed)
        except InvalidSignature:
            raise NoteRejected(f"the signature of {self.name} is not by its key") from None


@dataclass(frozen=True)
class SigningKey:
    """A log's or a witness's key."""

    name: str
    kind: int
    seed: bytes
    """32 secret bytes."""

    @property
    def public(self) -> VerifierKey:
        public = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        return VerifierKey(self.name, self.kind, public)

    @property
    def _private(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.seed)

    def sign(self, text: str) -> Signature:
        """A log's signature of a note's text."""
        return Signature(self.name, self.public.id, self._private.sign(text.encode()))

    def cosign(self, text: str, timestamp: int) -> Signature:
        """A witness's signature of a checkpoint's text, at `timestamp` seconds since 1970."""
        value = timestamp.to_bytes(8, "big") + self._private.sign(_cosigned(text, timestamp))
        return Signature(self.name, self.public.id, value)


def _cosigned(text: str, timestamp: int) -> bytes:
    return f"cosignature/v1\ntime {timestamp}\n{text}".encode()


@dataclass(frozen=True)
class Checkpoint:
    """How the log stood: its size and its roots, with who has signed that."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()
    signatures: tuple[Signature, ...] = ()

    @classmethod
    def parse(cls, note: str) -> Self:
        """From a note; no signature is looked at. Raises NoteRejected."""
        if len(note) > MAX_NOTE_BYTES:
            raise NoteRejected("a checkpoint is not as long as that")
        text, gap, signed = note.rpartition("\n\n")
        lines = text.split("\n")
        if not gap or len(lines) < 3 or not all(lines) or not signed.endswith("\n"):
            raise NoteRejected("this is no checkpoint")
        origin, size, root, *extensions = lines
        if not re.fullmatch(r"0|[1-9][0-9]{0,17}", size):
            raise NoteRejected(f"{size!r} is no size of a log")
        hashed = decoded(root, "the root")
        if len(hashed) != HASH_BYTES:
            raise NoteRejected("the root is not 32 bytes long")
        signatures = tuple(Signature.parse(line) for line in signed[:-1].split("\n"))
        return cls(origin, int(size), hashed, tuple(extensions), signatures)

    @property
    def text(self) -> str:
        """What is signed."""
        lines = (self.origin, str(self.size), encoded(self.root), *self.extensions)
        return "".join(f"{line}\n" for line in lines)

    def __str__(self) -> str:
        return self.text + "\n" + "".join(map(str, self.signatures))

    def signed_by(self, *signatures: Signature) -> Self:
        """The same with more signatures."""
        return type(self)(
            self.origin, self.size, self.root, self.extensions, (*self.signatures, *signatures)
        )

    def roots(self) -> dict[str, bytes]:
        """The root by algorithm: SHA-256, and what the extensions name besides."""
        found = {SHA256.name: self.root}
        for line in self.extensions:
            name, _, root = line.partition(" ")
            if name in ALGORITHMS:
                found[name] = decoded(root, f"the root by {name}")
        return found

    def verify(self, keys: Iterable[VerifierKey]) -> list[str]:
        """Names of the given keys whose signature it bears. Raises NoteRejected.

        A signature that claims to be by one of the keys and is not makes the whole note worthless.
        """
        names = []
        for key in keys:
            for signature in filter(key.made, self.signatures):
                key.verify(self.text, signature)
                names.append(key.name)
                break
        return names

    def verify_log(self, *keys: VerifierKey) -> None:
        """Whether the log itself signed it, with one of its keys. Raises NoteRejected."""
        if others := [key.name for key in keys if key.name != self.origin]:
            raise NoteRejected(f"this is a checkpoint of {self.origin}, not of {others[0]}")
        if not self.verify(keys):
            told = ", ".join(map(str, keys))
            raise NoteRejected(f"the checkpoint of {self.size} is not signed by the key {told}")


@dataclass(frozen=True)
class Proof:
    """That an entry is in the log at `index`: one file, good without asking anybody."""

    index: int
    hashes: Sequence[bytes]
    checkpoint: Checkpoint

    @classmethod
    def parse(cls, text: str) -> Self:
        """From a `.tlog-proof` file. Raises NoteRejected."""
        head, _, note = text.partition("\n\n")
        lines = head.split("\n")
        if lines[0] != PROOF:
            raise NoteRejected(f"a proof begins with {PROOF}")
        rest = lines[2:] if lines[1:] and lines[1].startswith("extra ") else lines[1:]
        place = re.fullmatch(r"index (0|[1-9][0-9]{0,17})", rest[0] if rest else "")
        if not place:
            raise NoteRejected("the proof names no index")
        hashes = [decoded(line, "a hash") for line in rest[1:]]
        if any(len(found) != HASH_BYTES for found in hashes):
            raise NoteRejected("a hash of the proof is not 32 bytes long")
        return cls(int(place[1]), hashes, Checkpoint.parse(note))

    def __str__(self) -> str:
        lines = [PROOF, f"index {self.index}", *map(encoded, self.hashes), ""]
        return "\n".join(lines) + f"\n{self.checkpoint}"

    def verify(
        self, event: bytes, keys: Sequence[VerifierKey], witnesses: Iterable[VerifierKey] = ()
    ) -> list[str]:
        """Names of the witnesses who confirmed it. Raises NoteRejected or ProofRejected."""
        self.checkpoint.verify_log(*keys)
        verify_inclusion(
            SHA256,
            SHA256.leaf(event),
            index=self.index,
            size=self.checkpoint.size,
            proof=self.hashes,
            root=self.checkpoint.root,
        )
        return self.checkpoint.verify(witnesses)
