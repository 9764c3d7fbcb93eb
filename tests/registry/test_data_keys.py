"""The data key changes: the newest seals, older ones are read until all is sealed anew."""

from base64 import urlsafe_b64encode
from typing import Any

import pytest
from pydantic import SecretStr
from sqlalchemy import LargeBinary, text

from shared.migrations import metadatas, service_of
from shared.operations import reseal_all
from shared.resealing import sealed_columns
from shared.sealing import Seal
from tests.registry.samples import (
    get,
    identity_number,
    officer,
    ok,
    patch,
    post,
    published,
    refused,
)
from tests.servers import DATA_KEY, ServiceUnderTest

NEW_KEY = urlsafe_b64encode(b"another key of thirty-two bytes.").decode()
RING = SecretStr(f"{NEW_KEY}\n{DATA_KEY}\n")


def test_the_newest_key_seals_and_each_opens_what_it_sealed() -> None:
    old, ring, new = Seal(SecretStr(DATA_KEY)), Seal(RING), Seal(SecretStr(NEW_KEY))
    before = old.seal("甲", "a.b")
    assert ring.open(before, "a.b") == "甲"
    after = ring.seal("甲", "a.b")
    assert new.open(after, "a.b") == "甲"
    for seal, sealed in ((old, after), (new, before)):
        with pytest.raises(ValueError, match="another key"):
            seal.open(sealed, "a.b")
    # Hashes stay what they were, or nobody would be found again.
    assert ring.blind_index("甲", "a.b") == old.blind_index("甲", "a.b")
    assert ring.digest(b"1") == old.digest(b"1") != new.digest(b"1")
    for wrong in ("", " ", "c2hvcnQ=", f"{NEW_KEY} x", "ä"):
        with pytest.raises(ValueError, match="32 bytes as base64url"):
            Seal(SecretStr(wrong))


@pytest.mark.parametrize("name", ["registry", "oversight", "escalation", "notify"])
def test_every_column_that_holds_sealed_values_says_so(name: str) -> None:
    """Whatever is bytes is sealed, a hash or a fact; a new one is looked at here."""
    service = service_of(name)
    sealed = {(table.name, column.name) for table, column, _ in sealed_columns(metadatas(service))}
    digests = {"identity_index", "digest", "party_digest", "party_key", "key", "body_hash", "hash"}
    digests |= {"target_digest", "address_hash", "code"}  # a code is kept as its hash
    plain = digests | {"leaf_hash", "event", "body", "root", "leaves", "hashes"}
    for metadata in metadatas(service):
        for table in metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, LargeBinary) and column.name not in plain:
                    assert (table.name, column.name) in sealed, f"{table.name}.{column.name}"


async def test_what_the_old_key_sealed_is_sealed_anew_also_of_the_past(
    registry: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("shared.resealing.CHUNK", 2)
    subject, number = await published(registry), identity_number()
    people = [await officer(registry, subject, identity_no=number)]
    people += [await officer(registry, subject) for _ in range(4)]
    registry.advance(days=2)
    path = f"/officers/{people[0]['id']}"
    shown = ok(await patch(registry, path, version=people[0]["version"], post="法制岗"))
    settings = registry.app.state.settings.model_copy(update={"data_key": RING})
    ring = Seal(RING)
    count = await reseal_all(service_of("registry"), settings)
    assert count == 6, capsys.readouterr()  # five officers, one of them also as it was before
    assert await reseal_all(service_of("registry"), settings) == 0
    async with registry.session() as session:
        for table in ("officer", "officer_past"):
            rows = await session.execute(text(f"SELECT identity_no FROM {table}"))
            assert {bytes(row[0])[:4] for row in rows} == {ring.key_id}
    # The service is started again with the ring.
    monkeypatch.setitem(registry.app.state.database._info, "seal", ring)
    again = ok(await get(registry, path))
    assert (again["identity_no"], again["version"]) == (shown["identity_no"], shown["version"])
    told = ok(await post(registry, f"{path}/reveal", reason="核对身份"))
    assert told["identity_no"] == number
    body: dict[str, Any] = {
        "subject_id": subject["id"],
        "name": "陈某",
        "post": "岗",
        "staffing": "staff",
    }
    twice = await post(registry, "/officers", identity_no=number, **body)
    refused(twice, 409, "officer-already-registered")


async def test_a_key_that_is_missing_from_the_ring_is_told_with_the_column(
    registry: ServiceUnderTest,
) -> None:
    await officer(registry, await published(registry))
    settings = registry.app.state.settings
    without = settings.model_copy(update={"data_key": SecretStr(NEW_KEY)})
    with pytest.raises(ValueError, match=r"officer\.identity_no: sealed with another key"):
        await reseal_all(service_of("registry"), without)
