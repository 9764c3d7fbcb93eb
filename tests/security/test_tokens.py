"""Bearer tokens: only those that one of the issuer's own keys signed for us, in their time."""

import asyncio
import base64
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx2
import pytest
from joserfc.jwk import ECKey, OKPKey
from pydantic import SecretStr, ValidationError

from shared.access import tokens
from shared.access.actor import Role
from shared.access.tokens import DEVELOPMENT_ISSUER, Tokens, development_token
from shared.settings import Environment, Settings
from tests.security.issuers import Issuer, encoded, rsa_key
from tests.servers import DATA_KEY, application

ME = "/registry/v1/me"
NOWHERE = SecretStr("postgresql://nobody:nothing@127.0.0.1:1/nowhere")


@pytest.fixture(scope="session")
async def issuer(anyio_backend: Any) -> AsyncIterator[Issuer]:
    """An issuer for all that does not change it."""
    async with Issuer().serving() as serving:
        yield serving


def development_key(key_file: Path) -> OKPKey:
    return OKPKey.import_key(json.loads(key_file.read_text()))


def settings(issuer: Issuer, key_file: Path | None = None) -> Settings:
    return Settings(
        environment=Environment.TEST,
        database_url=NOWHERE,
        data_key=SecretStr(DATA_KEY),
        oidc_issuer=issuer.address,
        development_key_file=key_file,
    )


@asynccontextmanager
async def asking(
    issuer: Issuer, key_file: Path | None = None
) -> AsyncIterator[Callable[[str], Any]]:
    """A service that trusts the issuer, and a way to show it a token."""
    app = application(settings(issuer, key_file), "registry")
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:

        async def ask(token: str) -> httpx2.Response:
            return await client.get(ME, headers={"Authorization": f"Bearer {token}"})

        yield ask
    await app.state.database.close()


async def test_a_token_of_the_issuer_is_accepted(issuer: Issuer) -> None:
    async with asking(issuer) as ask:
        answer = await ask(issuer.token())
        assert answer.status_code == 200, answer.text
        assert answer.json() | {"permissions": None, "expires_at": None} == {
            "sub": "zhang.min",
            "name": "张敏",
            "roles": ["district_supervisor"],
            "division": "500106",
            "organisation": None,
            "domains": [],
            "permissions": None,
            "expires_at": None,
        }
        several = issuer.claims(aud=["account", "xiejian"], roles=["district_supervisor", "other"])
        assert (await ask(issuer.token(several))).status_code == 200


def _public_pem(issuer: Issuer) -> bytes:
    return bytes(issuer.keys[0].as_pem(private=False))


def _own(issuer: Issuer, **head: Any) -> str:
    """Signed with a key of the attacker's, which the header offers."""
    key = rsa_key("first")
    return issuer.token(key=key, **head)


def _tampered(issuer: Issuer) -> str:
    head, _, signature = issuer.token().split(".")
    return (
        f"{head}.{encoded(issuer.claims(roles=['bureau_supervisor'], division='50'))}.{signature}"
    )


def _claims(**changed: Any) -> Callable[[Issuer], str]:
    return lambda issuer: issuer.token(issuer.claims(**changed))


def _nested(issuer: Issuer) -> str:
    return f"{encoded(b'[' * 3_000)}.{encoded(issuer.claims())}.AA"


HOSTILE: dict[str, Callable[[Issuer], str]] = {
    "alg none": lambda i: i.raw({"alg": "none", "kid": "first"}, i.claims()),
    "alg nOnE": lambda i: i.raw({"alg": "nOnE", "kid": "first"}, i.claims()),
    "alg absent": lambda i: i.raw({"kid": "first"}, i.claims()),
    "alg of a wrong type": lambda i: i.raw({"alg": ["RS256"], "kid": "first"}, i.claims()),
    "HS256 with the public key": lambda i: i.forged_with(
        _public_pem(i), {"alg": "HS256", "kid": "first"}
    ),
    "HS256 with an empty key": lambda i: i.forged_with(b"", {"alg": "HS256", "kid": "first"}),
    "HS256 with the oct key of the set": lambda i: i.forged_with(
        b"\0", {"alg": "HS256", "kid": "oct"}
    ),
    "a foreign key of the same name": _own,
    "a foreign key in jwk": lambda i: _own(i, jwk=rsa_key("first").as_dict(private=False)),
    "jku": lambda i: _own(i, jku="https://attacker.example/keys"),
    "x5u": lambda i: _own(i, x5u="https://attacker.example/chain.pem"),
    "x5c": lambda i: _own(i, x5c=["AAAA"]),
    "kid absent": lambda i: i.token(kid=None),
    "kid empty": lambda i: i.token(kid=""),
    "kid a path": lambda i: i.token(kid="../../../../dev/null"),
    "kid SQL": lambda i: i.token(kid="first' UNION SELECT 'x' --"),
    "kid a number": lambda i: i.raw({"alg": "RS256", "kid": 1}, i.claims(), b"x"),
    "kid of another key": lambda i: i.token(kid="oct"),
    "audience of another": _claims(aud="account"),
    "audience absent": _claims(aud=None),
    "audience that contains ours": _claims(aud="xiejian.example"),
    "issuer of another": _claims(iss="https://attacker.example"),
    "issuer absent": _claims(iss=None),
    "issuer of a wrong type": _claims(iss=["x"]),
    "issuer with a slash more": lambda i: i.token(i.claims(iss=f"{i.address}/")),
    "the development issuer's name": _claims(iss=DEVELOPMENT_ISSUER),
    "exp a string": lambda i: i.token(i.claims(exp=str(int(time.time()) + 600))),
    "exp past": lambda i: i.token(i.claims(exp=int(time.time()) - 600)),
    "exp just past, within the leeway": lambda i: i.token(i.claims(exp=int(time.time()) - 5)),
    "exp absent": _claims(exp=None),
    "exp of no end": lambda i: i.token(i.claims(exp=1e400)),
    "exp not a number": lambda i: i.token(i.claims(exp=float("nan"))),
    "exp beyond the calendar": _claims(exp=10**18),
    "exp true": _claims(exp=True),
    "nbf future": lambda i: i.token(i.claims(nbf=int(time.time()) + 600)),
    "iat future": lambda i: i.token(i.claims(iat=int(time.time()) + 600)),
    "sub absent": _claims(sub=None),
    "sub empty": _claims(sub=""),
    "sub a number": _claims(sub=7),
    "sub with a line break": _claims(sub="zhang\nPOST /registry/v1/subjects"),
    "tampered": _tampered,
    "signature stripped": lambda i: i.token().rpartition(".")[0] + ".",
    "signature of another": lambda i: (
        i.token().rpartition(".")[0] + "." + i.token(i.claims(sub="x")).rpartition(".")[2]
    ),
    "two parts": lambda i: i.token().rpartition(".")[0],
    "five parts": lambda i: i.token() + ".AA.AA",
    "crit": lambda i: i.raw(
        {"alg": "RS256", "kid": "first", "crit": ["b64"], "b64": False}, i.claims(), b"x"
    ),
    "a megabyte": lambda i: i.token() + "A" * 1_000_000,
    "claims of a megabyte": lambda i: i.token(i.claims(name="A" * 1_000_000)),
    "nested without end": _nested,
    "claims that are a list": lambda i: i.raw({"alg": "RS256", "kid": "first"}, [1], b"x"),
    "claims that are not JSON": lambda i: i.raw({"alg": "RS256", "kid": "first"}, b"\xff\xfe"),
    "not base64": lambda i: "ä.ö.ü".encode("ascii", "replace").decode(),
    "roles a string": _claims(roles="bureau_supervisor"),
    "roles an object": _claims(roles={"bureau_supervisor": True}),
    "roles of numbers": _claims(roles=[1]),
    "an administrator's role with another": _claims(roles=["auditor", "bureau_supervisor"]),
    "domains a string": _claims(domains="water"),
    "division a number": _claims(division=50),
    "division of another city": _claims(division="51", roles=["bureau_supervisor"]),
    "division that is none": _claims(division="5001"),
    "organisation a number": _claims(organisation=1),
    "organisation that is a division": _claims(organisation="500112"),
}


@pytest.mark.parametrize("hostile", HOSTILE.values(), ids=HOSTILE.keys())
async def test_a_hostile_token_is_refused(
    issuer: Issuer, hostile: Callable[[Issuer], str], key_file: Path, tallies: dict[str, Any]
) -> None:
    async with asking(issuer, key_file) as ask:
        answer = await ask(hostile(issuer))
        assert answer.status_code == 401, answer.text
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.json()["code"] == "unauthenticated"
        assert (await ask(issuer.token())).status_code == 200
    tallies["hostile tokens"] = {"refused": len(HOSTILE)}


@pytest.mark.parametrize(
    "head", [{"crit": ["unknown"], "unknown": 1}, {"crit": ["b64"], "b64": False}, {"b64": False}]
)
async def test_a_header_that_changes_what_was_signed_is_refused_though_well_signed(
    issuer: Issuer, head: dict[str, Any]
) -> None:
    async with asking(issuer) as ask:
        signed = issuer.signed({"alg": "RS256", "kid": "first"}, issuer.claims())
        assert (await ask(signed)).status_code == 200
        header = {"alg": "RS256", "kid": "first", **head}
        assert (await ask(issuer.signed(header, issuer.claims()))).status_code == 401


@pytest.mark.parametrize(
    "key",
    [
        ECKey.generate_key("P-256", {"kid": "ec", "use": "sig"}, private=True),
        OKPKey.generate_key("Ed25519", {"kid": "okp", "use": "sig"}, private=True),
    ],
    ids=["ES256", "Ed25519"],
)
async def test_keys_of_other_kinds_are_accepted(key: Any) -> None:
    async with Issuer().serving() as issuer, asking(issuer) as ask:
        issuer.keys.append(key)
        assert (await ask(issuer.token(key=key))).status_code == 200


async def test_a_new_key_is_fetched_at_most_once_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Issuer().serving() as issuer, asking(issuer) as ask:
        assert (await ask(issuer.token())).status_code == 200
        assert issuer.asked == 1
        second = rsa_key("second")
        issuer.keys.append(second)
        rotated = issuer.token(key=second)
        for _ in range(10):
            assert (await ask(rotated)).status_code == 401
        assert issuer.asked == 1
        monkeypatch.setattr(tokens, "REFETCH_S", 0)  # the minute is over
        assert (await ask(rotated)).status_code == 200
        assert issuer.asked == 2
        monkeypatch.setattr(tokens, "REFETCH_S", 60)
        for n in range(10):
            assert (await ask(issuer.token(key=rsa_key(f"invented {n}")))).status_code == 401
        assert issuer.asked == 2


async def test_a_key_that_the_issuer_withdrew_counts_no_longer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Issuer().serving() as issuer, asking(issuer) as ask:
        issuer.keys.append(rsa_key("second"))
        stolen = issuer.token()
        assert (await ask(stolen)).status_code == 200
        del issuer.keys[0]
        assert (await ask(stolen)).status_code == 200
        monkeypatch.setattr(tokens, "FRESH_S", -1)  # the time is over: of the keys first
        assert (await ask(issuer.token(issuer.claims(sub="another")))).status_code == 200
        forged = issuer.token(issuer.claims(sub="another"), key=rsa_key("first"))
        assert (await ask(forged)).status_code == 401


async def test_known_keys_work_while_the_issuer_is_down(monkeypatch: pytest.MonkeyPatch) -> None:
    async with Issuer().serving() as issuer, asking(issuer) as ask:
        assert (await ask(issuer.token())).status_code == 200
        issuer.down = True
        monkeypatch.setattr(tokens, "REFETCH_S", 0)
        assert (await ask(issuer.token(key=rsa_key("unknown")))).status_code == 401
        assert (await ask(issuer.token(issuer.claims(sub="another")))).status_code == 200


async def test_without_any_key_the_service_says_so_and_comes_back_by_itself(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async with Issuer().serving() as issuer, asking(issuer) as ask:
        issuer.down = True
        answer = await ask(issuer.token())
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "2")
        issuer.down = False
        monkeypatch.setattr(tokens, "REFETCH_S", 0)
        assert (await ask(issuer.token())).status_code == 200


async def test_an_issuer_that_is_down_is_not_asked_for_every_request() -> None:
    async with Issuer().serving() as issuer, asking(issuer) as ask:
        issuer.down = True
        for _ in range(5):
            assert (await ask(issuer.token())).status_code == 503
        assert issuer.asked == 1


@pytest.mark.parametrize("named", ["https://attacker.example", "", "http://127.0.0.1:1"])
async def test_a_discovery_document_of_another_issuer_is_refused(named: str) -> None:
    async with Issuer().serving() as issuer, asking(issuer) as ask:
        issuer.named = named
        assert (await ask(issuer.token())).status_code == 503


async def test_a_token_ends_when_it_says_though_it_was_accepted_before(issuer: Issuer) -> None:
    async with asking(issuer) as ask:
        token = issuer.token(issuer.claims(exp=int(time.time()) + 2))
        assert (await ask(token)).status_code == 200
        await asyncio.sleep(2.1)
        assert (await ask(token)).status_code == 401


async def test_the_development_issuer_and_the_other_do_not_speak_for_each_other(
    issuer: Issuer, key_file: Path
) -> None:
    async with asking(issuer, key_file) as ask:
        own = development_token(key_file, roles=[Role.AUDITOR], division="50")
        assert (await ask(own)).status_code == 200
        key = development_key(key_file)
        assert (await ask(issuer.token(key=key))).status_code == 401
        stolen = issuer.claims(iss=DEVELOPMENT_ISSUER)
        assert (await ask(issuer.token(stolen))).status_code == 401
    async with asking(issuer) as ask:
        assert (await ask(own)).status_code == 401


@pytest.mark.parametrize(
    "scheme", ["", "Basic YTpi", "Bearer", "Bearer ", "Token x", "bearer\tx", "Bearer a b c"]
)
async def test_another_scheme_is_refused(issuer: Issuer, scheme: str) -> None:
    app = application(settings(issuer), "registry")
    transport = httpx2.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx2.AsyncClient(transport=transport, base_url="http://test") as client:
        answer = await client.get(ME, headers={"Authorization": scheme})
        assert answer.status_code == 401
    await app.state.database.close()


def test_production_refuses_the_development_key(issuer: Issuer, key_file: Path) -> None:
    told: dict[str, Any] = {
        "environment": Environment.PRODUCTION,
        "database_url": NOWHERE,
        "data_key": SecretStr(DATA_KEY),
    }
    with pytest.raises(ValidationError, match="development issuer is refused"):
        Settings(**told, oidc_issuer="https://id.example", development_key_file=key_file)
    with pytest.raises(ValidationError, match="must name the identity provider"):
        Settings(**told)
    with pytest.raises(ValidationError, match="must be an https address"):
        Settings(**told, oidc_issuer="http://id.example")
    # Even settings that were put together past their own check.
    lawful = Settings(**told, oidc_issuer="https://id.example")
    forced = lawful.model_copy(update={"development_key_file": key_file})
    with pytest.raises(ValueError, match="refused in production"):
        Tokens(forced, {})


def test_the_development_key_is_for_its_owner_alone(key_file: Path) -> None:
    assert key_file.stat().st_mode & 0o077 == 0
    assert "d" in json.loads(key_file.read_text())


async def test_a_refusal_repeats_nothing_of_the_token(issuer: Issuer) -> None:
    async with asking(issuer) as ask:
        token = issuer.token(issuer.claims(aud="account", sub="canary-of-a-token"))
        answer = await ask(token)
        said = f"{answer.headers}{answer.text}"
        assert "canary" not in said
        assert all(part not in said for part in token.split("."))
        assert base64.b64encode(b"canary").decode()[:6] not in said
