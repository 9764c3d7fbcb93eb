"""Personal data at rest: sealed with AES-256-GCM, found again by a keyed hash.

The sealed text carries the id of its key, so that an installation can change it: of a ring of keys
the newest seals, each opens what it sealed, and `shared.resealing` seals anew what an older one
did. A blind index (HMAC-SHA-256) lets the database hold a value unique and find it without being
able to read it; its key is that of the ring's oldest, since a hash of what is kept nowhere cannot
be made anew.
"""

import base64
import hashlib
import hmac
import os
from typing import NamedTuple

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr

ID_BYTES = 4
"""How many bytes of what is sealed tell the key."""


SEALED_AS = "sealed_as"


def sealed_as(context: str) -> dict[str, str]:
    """For `info=` of a column: its values are sealed for `context`, and sealed anew when the key
    changes."""
    return {SEALED_AS: context}


class _Key(NamedTuple):
    id: bytes
    cipher: AESGCM
    index_key: bytes


class Seal:
    """Seals and opens text with the installation's data keys (each 32 bytes, base64url).

    `data_key` is one or several with white space between, the newest first.
    """

    def __init__(self, data_key: SecretStr) -> None:
        self._data_key = data_key
        ring = [_key(encoded) for encoded in data_key.get_secret_value().split()]
        if not ring:
            raise ValueError(_WRONG)
        self._newest, self._index_key = ring[0], ring[-1].index_key
        self._ring = {key.id: key.cipher for key in ring}

    @property
    def key_id(self) -> bytes:
        """How everything begins that is sealed from now on."""
        return self._newest.id

    def __reduce__(self) -> tuple[type["Seal"], tuple[SecretStr]]:
        """For `shared.beside`: the key goes to a process of our own, through a pipe."""
        return Seal, (self._data_key,)

    def seal(self, text: str, context: str) -> bytes:
        """`text`, readable only with the key and for the same `context` (table and column)."""
        return self.seal_bytes(text.encode(), context)

    def open(self, sealed: bytes, context: str) -> str:
        """The text again. ValueError if it was sealed with another key or for another context."""
        return self.open_bytes(sealed, context).decode()

    def seal_bytes(self, content: bytes, context: str) -> bytes:
        """The same for what is no text."""
        nonce = os.urandom(12)
        return self.key_id + nonce + self._newest.cipher.encrypt(nonce, content, context.encode())

    def open_bytes(self, sealed: bytes, context: str) -> bytes:
        """The content again; ValueError as in `open`."""
        cipher = self._ring.get(sealed[:ID_BYTES])
        if cipher is None:
            raise ValueError("sealed with another key")
        try:
            return cipher.decrypt(sealed[4:16], sealed[16:], context.encode())
        except InvalidTag:
            raise ValueError("the sealed value was changed") from None

    def blind_index(self, text: str, context: str) -> bytes:
        """The same for the same text and context, and nothing else can be read from it."""
        return hmac.digest(self._index_key, f"{context}\0{text}".encode(), "sha256")

    def digest(self, content: bytes) -> bytes:
        """A keyed hash of content that may be personal: equal for equal content, and no more."""
        return hmac.digest(self._index_key, content, "sha256")


_WRONG = (
    "XIEJIAN_DATA_KEY must be 32 bytes as base64url, or several such keys with white space between,"
    " the newest first"
)


def _key(encoded: str) -> _Key:
    try:
        key = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
    except ValueError:
        key = b""
    if len(key) != 32:
        raise ValueError(_WRONG)
    id = hashlib.sha256(_derive(key, b"id")).digest()[:ID_BYTES]
    return _Key(id, AESGCM(_derive(key, b"seal")), _derive(key, b"blind index"))


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, b"xiejian " + purpose).derive(key)
