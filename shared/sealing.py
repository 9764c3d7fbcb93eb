"""Personal data at rest: sealed with AES-256-GCM, found again by a keyed hash.

The sealed text carries the id of its key. A blind index (HMAC-SHA-256) lets the database hold a
value unique and find it without being able to read it.
"""

import base64
import hashlib
import hmac
import os

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from pydantic import SecretStr


class Seal:
    """Seals and opens text with the installation's data key (32 bytes, base64url)."""

    def __init__(self, data_key: SecretStr) -> None:
        self._data_key = data_key
        encoded = data_key.get_secret_value()
        key = base64.urlsafe_b64decode(encoded + "=" * (-len(encoded) % 4))
        if len(key) != 32:
            raise ValueError("XIEJIAN_DATA_KEY must be 32 bytes as base64url")
        self._cipher = AESGCM(_derive(key, b"seal"))
        self._index_key = _derive(key, b"blind index")
        self._key_id = hashlib.sha256(_derive(key, b"id")).digest()[:4]

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
        return self._key_id + nonce + self._cipher.encrypt(nonce, content, context.encode())

    def open_bytes(self, sealed: bytes, context: str) -> bytes:
        """The content again; ValueError as in `open`."""
        if sealed[:4] != self._key_id:
            raise ValueError("sealed with another key")
        try:
            return self._cipher.decrypt(sealed[4:16], sealed[16:], context.encode())
        except InvalidTag:
            raise ValueError("the sealed value was changed") from None

    def blind_index(self, text: str, context: str) -> bytes:
        """The same for the same text and context, and nothing else can be read from it."""
        return hmac.digest(self._index_key, f"{context}\0{text}".encode(), "sha256")

    def digest(self, content: bytes) -> bytes:
        """A keyed hash of content that may be personal: equal for equal content, and no more."""
        return hmac.digest(self._index_key, content, "sha256")


def _derive(key: bytes, purpose: bytes) -> bytes:
    return HKDF(SHA256(), 32, None, b"xiejian " + purpose).derive(key)
