"""A manifest: what was handed over, to whom and when, as a text that is signed.

Its first line keeps it apart from a checkpoint, which the same key signs; the rest is one line of
JSON with sorted keys. Signed it is a note as C2SP writes them, good without asking anybody.
"""

import hashlib
import json
from collections.abc import Mapping
from typing import Any

from shared.facts.ledger.notes import NoteRejected, Signature, SigningKey, VerifierKey

HEAD = "xiejian.manifest/v1"


def manifest_of(told: Mapping[str, Any]) -> str:
    """The text of a manifest: the same for the same values."""
    line = json.dumps(told, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return f"{HEAD}\n{line}\n"


def digest_of(manifest: str) -> str:
    """SHA-256 of the text, in hexadecimal."""
    return hashlib.sha256(manifest.encode()).hexdigest()


def signature_of(manifest: str, key: SigningKey | None) -> str | None:
    """The signature line; None where the installation signs nothing."""
    return str(key.sign(manifest)) if key else None


def verified(note: str, key: VerifierKey) -> dict[str, Any]:
    """What a signed manifest says. Raises NoteRejected if it is none, or not signed with `key`."""
    manifest, gap, line = note.rpartition("\n\n")
    head, _, told = manifest.partition("\n")
    if not gap or head != HEAD:
        raise NoteRejected("this is no signed manifest")
    signature = Signature.parse(line)
    if not key.made(signature):
        raise NoteRejected(f"the manifest is not signed by the key {key}")
    key.verify(f"{manifest}\n", signature)
    found: dict[str, Any] = json.loads(told)
    return found
