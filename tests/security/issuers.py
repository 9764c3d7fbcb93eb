"""An OIDC issuer on loopback, and tokens of every kind, honest and not."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from fastapi import FastAPI, HTTPException
from joserfc import jwt
from joserfc.jwk import ECKey, OKPKey, RSAKey

from shared.access.tokens import ALGORITHMS
from tests.servers import listening

Key = RSAKey | ECKey | OKPKey


def rsa_key(kid: str) -> RSAKey:
    return RSAKey.generate_key(2048, {"kid": kid, "use": "sig"}, private=True)


class Issuer:
    """Serves a discovery document and the keys; counts how often it was asked."""

    def __init__(self) -> None:
        self.address = ""
        self.named: str | None = None
        """What the document calls the issuer, if not by its address."""
        self.keys: list[Key] = [rsa_key("first")]
        self.down = False
        self.asked = 0
        self.app = FastAPI()
        self.app.get("/.well-known/openid-configuration")(self._document)
        self.app.get("/keys")(self._keys)

    async def _document(self) -> dict[str, Any]:
        self.asked += 1
        if self.down:
            raise HTTPException(503)
        issuer = self.address if self.named is None else self.named
        return {"issuer": issuer, "jwks_uri": f"{self.address}/keys"}

    async def _keys(self) -> dict[str, Any]:
        # A key for encryption and one of a kind we do not know are no reason to refuse the others.
        others = [{"kty": "oct", "k": "AA", "kid": "oct"}, {"kty": "XX", "kid": "strange"}]
        return {"keys": [key.as_dict(private=False) for key in self.keys] + others}

    def claims(self, **changed: Any) -> dict[str, Any]:
        """Those of a good access token; None leaves one out."""
        now = int(time.time())
        told = {
            "iss": self.address,
            "aud": "xiejian",
            "sub": "zhang.min",
            "name": "张敏",
            "iat": now,
            "exp": now + 600,
            "roles": ["district_supervisor"],
            "division": "500106",
            **changed,
        }
        return {name: value for name, value in told.items() if value is not None}

    def token(
        self, claims: dict[str, Any] | None = None, *, key: Key | None = None, **head: Any
    ) -> str:
        """A token that `key` (the first one) signed."""
        key = key or self.keys[0]
        algorithm = {"RSA": "RS256", "EC": "ES256", "OKP": "Ed25519"}[key.key_type]
        told = {"alg": algorithm, "kid": key.kid, "typ": "JWT", **head}
        header = {name: value for name, value in told.items() if value is not None}
        return jwt.encode(header, claims or self.claims(), key, algorithms=ALGORITHMS)

    def raw(self, header: dict[str, Any], claims: Any, signature: bytes = b"") -> str:
        """A token put together by hand."""
        return f"{encoded(header)}.{encoded(claims)}.{_text(signature)}"

    def forged_with(self, secret: bytes, header: dict[str, Any]) -> str:
        """A token whose signature is an HMAC with something that everybody knows."""
        signed = f"{encoded(header)}.{encoded(self.claims())}"
        return f"{signed}.{_text(hmac.digest(secret, signed.encode(), hashlib.sha256))}"

    def signed(self, header: dict[str, Any], claims: Any) -> str:
        """A token that the first key signed whatever its header says."""
        text = f"{encoded(header)}.{encoded(claims)}"
        private = self.keys[0].get_op_key("sign")
        assert isinstance(private, RSAPrivateKey)
        signature = private.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{_text(signature)}"

    @asynccontextmanager
    async def serving(self) -> AsyncIterator["Issuer"]:
        async with listening(self.app) as address:
            self.address = address
            yield self


def encoded(value: Any) -> str:
    return _text(value if isinstance(value, bytes) else json.dumps(value).encode())


def _text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")
