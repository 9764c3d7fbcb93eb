"""Bearer tokens: those of the OIDC issuer, and in development those of a local issuer.

A token is accepted when one of the issuer's published keys signed it with an asymmetric algorithm,
it names that key, this system is its audience and its time has come and not gone.
"""

import asyncio
import base64
import json
import os
import re
import ssl
import time
from collections import OrderedDict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx2
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey

from shared.access.actor import ADMINISTRATORS, Actor, Permissions, Role, permissions_of
from shared.law.divisions import Level, Scope, level_of
from shared.law.identifiers import CREDIT_CODE_PATTERN
from shared.refusals import Unauthenticated, Unavailable
from shared.settings import Settings

ALGORITHMS = ["ES256", "ES384", "RS256", "PS256", "EdDSA", "Ed25519"]
DEVELOPMENT_ISSUER = "urn:xiejian:development"
LEEWAY_S = 30
LONGEST_TOKEN = 8_192
REFETCH_S = 60
FRESH_S = 300
"""A key that the issuer withdrew counts no longer than twice this, while the issuer answers."""
RETRY_S = float(Unavailable.retry_after or 0)
KEPT = 4_096
ROLES = frozenset(str(role) for role in Role)
CREDIT_CODE = re.compile(CREDIT_CODE_PATTERN[:-1] + r"\Z")
_UNKNOWN: tuple[Actor | None, float] = (None, 0.0)


class Tokens:
    """Verifies bearer tokens and remembers the outcome for a while."""

    def __init__(self, settings: Settings, permissions: Permissions) -> None:
        self._permissions = permissions
        self._audience = settings.oidc_audience
        self._known: OrderedDict[str, tuple[Actor, float]] = OrderedDict()
        self._discovery: _Discovery | None = None
        self._issuers: dict[str, KeySet] = {}
        if settings.oidc_issuer:
            self._discovery = _Discovery(settings.oidc_issuer)
        if settings.development_key_file:
            if not settings.development:
                raise ValueError("the development issuer is refused in production")
            key = OKPKey.import_key(json.loads(settings.development_key_file.read_text()))
            self._issuers[DEVELOPMENT_ISSUER] = KeySet([key])

    async def verify(self, token: str) -> Actor:
        """The caller a token stands for, or `Unauthenticated`; `Unavailable` without any key."""
        actor, until = self._known.get(token, _UNKNOWN)
        if actor is None or until < time.monotonic():
            self._known.pop(token, None)
            actor = await self._verify(token)
            self._known[token] = actor, time.monotonic() + FRESH_S
            if len(self._known) > KEPT:
                self._known.popitem(last=False)
        if actor.expired:
            self._known.pop(token, None)
            raise Unauthenticated(reason="expired")
        return actor

    async def _verify(self, token: str) -> Actor:
        if len(token) > LONGEST_TOKEN:
            raise Unauthenticated(reason="too long")
        try:
            issuer, key_id = _unverified(token)
        except ValueError:
            raise Unauthenticated(reason="malformed") from None
        keys = self._issuers.get(issuer)
        if keys is None and self._discovery and issuer == self._discovery.issuer:
            keys = await self._discovery.keys(key_id)
        if keys is None:
            raise Unauthenticated(reason="unknown issuer")
        if all(key.kid != key_id for key in keys.keys):
            raise Unauthenticated(reason="unknown key")
        try:
            claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
            jwt.JWTClaimsRegistry(
                leeway=LEEWAY_S,
                iss={"essential": True, "value": issuer},
                aud={"essential": True, "value": self._audience},
                sub={"essential": True},
                exp={"essential": True},
            ).validate(claims)
        except (JoseError, ValueError, TypeError, KeyError):
            raise Unauthenticated(reason="not accepted") from None
        return self._actor(claims)

    def _actor(self, claims: dict[str, Any]) -> Actor:
        sub, division = claims.get("sub"), claims.get("division", "")
        organisation = claims.get("organisation")
        named, domains = claims.get("roles", []), claims.get("domains", [])
        if (
            not isinstance(sub, str)
            or not isinstance(division, str)
            or not isinstance(organisation, str | None)
            or not isinstance(claims["exp"], int | float)
            or not _texts(named)
            or not _texts(domains)
        ):
            raise Unauthenticated(reason="claims of the wrong type")
        # A code of another city is none of ours: two digits stand for the whole of this one.
        if not sub.isprintable() or (division and not _ours(division)):
            raise Unauthenticated(reason="claims of the wrong form")
        # What `parties` holds are division codes too: a body is never one of them.
        if organisation is not None and not CREDIT_CODE.match(organisation):
            raise Unauthenticated(reason="claims of the wrong form")
        try:
            expires_at = datetime.fromtimestamp(claims["exp"], UTC)
        except (OverflowError, ValueError, OSError):
            raise Unauthenticated(reason="claims of the wrong form") from None
        roles = frozenset(Role(name) for name in named if name in ROLES)
        if roles & ADMINISTRATORS and len(roles) > 1:
            raise Unauthenticated(reason="an administrator's role stands alone")
        return Actor(
            sub=sub,
            name=str(claims.get("name") or sub),
            roles=roles,
            division=division,
            organisation=organisation,
            domains=frozenset(domains),
            expires_at=expires_at,
            permissions=permissions_of(roles, self._permissions),
        )


class _Discovery:
    """The keys of an OIDC issuer, by its discovery document; fetched at most once a minute."""

    def __init__(self, issuer: str) -> None:
        self.issuer = issuer
        self._keys: KeySet | None = None
        self._fetched = -float("inf")
        self._lock = asyncio.Lock()

    async def keys(self, key_id: str) -> KeySet:
        async with self._lock:
            known = self._keys and any(key.kid == key_id for key in self._keys.keys)
            if time.monotonic() - self._fetched > (FRESH_S if known else REFETCH_S):
                self._fetched = time.monotonic()
                try:
                    self._keys = await self._fetch()
                except (httpx2.HTTPError, JoseError, ValueError, KeyError, TypeError):
                    if self._keys is None:
                        # Asked again as soon as the callers are told to, not for each of them.
                        self._fetched += RETRY_S - REFETCH_S
                        raise Unavailable from None
            if self._keys is None:
                raise Unavailable
            return self._keys

    async def _fetch(self) -> KeySet:
        # The context knows SSL_CERT_FILE: an authority of the installation's own.
        trust = ssl.create_default_context()
        async with httpx2.AsyncClient(
            timeout=5, follow_redirects=False, trust_env=False, verify=trust
        ) as client:
            address = self.issuer.rstrip("/") + "/.well-known/openid-configuration"
            document = (await client.get(address)).raise_for_status().json()
            if document["issuer"] != self.issuer:
                raise ValueError("the discovery document names another issuer")
            keys = (await client.get(document["jwks_uri"])).raise_for_status().json()
        usable = [
            key
            for key in keys["keys"]
            if key.get("kty") in {"RSA", "EC", "OKP"} and key.get("use", "sig") == "sig"
        ]
        return KeySet.import_key_set({"keys": usable})


def make_development_key(path: Path) -> None:
    """Make the local issuer's private key, readable by its owner only; keeps an existing one."""
    if path.exists():
        return
    key = OKPKey.generate_key("Ed25519", {"kid": os.urandom(8).hex(), "use": "sig"}, private=True)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(key.as_dict(private=True), file)


def development_token(
    key_file: Path,
    *,
    roles: list[Role],
    division: str,
    sub: str | None = None,
    name: str | None = None,
    organisation: str | None = None,
    domains: list[str] | None = None,
    ttl_s: int = 12 * 3600,
    audience: str = "xiejian",
) -> str:
    """A token of the local issuer, good for `ttl_s` seconds of real time."""
    key = OKPKey.import_key(json.loads(key_file.read_text()))
    issued = int(time.time())
    sub = sub or f"{roles[0]}@{division}" + (f"/{organisation}" if organisation else "")
    claims = {
        "iss": DEVELOPMENT_ISSUER,
        "aud": audience,
        "sub": sub,
        "name": name or sub,
        "iat": issued,
        "exp": issued + ttl_s,
        "roles": [str(role) for role in roles],
        "division": division,
        "organisation": organisation,
        "domains": domains or [],
    }
    return jwt.encode(
        {"alg": "Ed25519", "kid": key.kid, "typ": "JWT"}, claims, key, algorithms=ALGORITHMS
    )


def _unverified(token: str) -> tuple[str, str]:
    """Issuer and key id that an unverified token names: only to find the key to verify it with."""
    head, body, _ = token.split(".")
    parts = []
    for part in (head, body):
        try:
            parsed = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        except RecursionError:
            raise ValueError("nested too deep") from None
        if not isinstance(parsed, dict):
            raise ValueError("not an object")
        parts.append(parsed)
    issuer, key_id = parts[1].get("iss"), parts[0].get("kid")
    if not isinstance(issuer, str) or not isinstance(key_id, str) or not key_id:
        raise ValueError("no issuer or no key id")
    return issuer, key_id


def _ours(division: str) -> bool:
    """Whether a code can be the city's own, a district's or a township's."""
    try:
        return level_of(division) is not Level.CITY or division == Scope().city
    except ValueError:
        return False


def _texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) for item in value)
