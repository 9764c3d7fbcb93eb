"""Packages: what was handed over is signed, and its receiver alone says that it arrived."""

import json
from datetime import UTC, date, datetime
from typing import Any
from uuid import uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from services.escalation.packages.rules import Link
from services.escalation.receipts.actions import take_messages
from services.escalation.recounting.reactions import recount
from shared.facts.intake import Sent
from shared.facts.ledger import signing
from shared.facts.ledger.notes import LOG, NoteRejected, Proof, SigningKey
from shared.facts.relay import Relay
from shared.law.tables import FIRST_COUNTED, AnnouncedDay, import_days
from shared.lease import own_engine
from shared.manifests import digest_of, verified
from shared.web.rate_limit import RateLimits
from tests.escalation.handoffs import PDF, POLICE, STRANGER, V1, Handoffs
from tests.escalation.people import moment
from tests.servers import ServiceUnderTest

KEY = SigningKey("xiejian/escalation", LOG, bytes(range(32)))
OTHER_KEY = SigningKey("xiejian/escalation", LOG, bytes(32))


async def link_to(handoffs: Handoffs, package: Any) -> str:
    made = await handoffs.call(f"packages/{package['id']}/link", handoffs.clerk)
    path: str = made["url"].partition("/escalation/v1/")[2]
    return path


async def test_a_receiver_outside_the_system_confirms_exactly_its_own_package_by_a_link(
    handoffs: Handoffs, escalation: ServiceUnderTest
) -> None:
    row, other = await handoffs.sent(receiver=None), await handoffs.sent(receiver=None)
    package = await handoffs.package_of(row, "transfer")
    refusal = await handoffs.call(f"packages/{package['id']}/link", handoffs.district, expect=403)
    assert refusal["code"] == "package-not-yours"
    first = await link_to(handoffs, package)
    path = await link_to(handoffs, package)
    foreign = await link_to(handoffs, await handoffs.package_of(other, "transfer"))
    seen = await handoffs.read(path, None)
    assert (seen["number"], seen["state"], seen["proof"]) == (row["number"], "sent", None)
    assert (await handoffs.read(foreign, None))["number"] == other["number"]
    file = await escalation.get(f"{V1}/{path}/documents/3")
    assert (file.content, file.headers["content-security-policy"]) == (
        PDF,
        "sandbox; default-src 'none'",
    )
    # One that was replaced, two put together, one changed in a character, none at all.
    *home, mine = path.split("/")
    mixed = foreign.rpartition("/")[2][:22] + mine[22:]
    wrong = [f"{'/'.join(home)}/{told}" for told in (mixed, mine[:-2] + "AA", "x")]
    answers = [await escalation.get(f"{V1}/{told}") for told in (first, *wrong)]
    answers.append(await escalation.get(f"{V1}/{path}/documents/4"))
    receipt = {"received_by": "赵某", "remarks": "材料齐全"}
    answers += [await escalation.post(f"{V1}/{told}/confirm", json=receipt) for told in wrong]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {
        (404, "not-found")
    }
    differs = {**receipt, "digest": "0" * 64}
    assert (await handoffs.call(f"{path}/confirm", None, differs, expect=422))["code"] == (
        "package-differs"
    )
    done = await handoffs.call(f"{path}/confirm", None, {**receipt, "digest": seen["digest"]})
    assert done["state"] == "confirmed"
    assert (await handoffs.call(f"{path}/confirm", None, receipt, expect=409))["code"] == (
        "transition-not-allowed"
    )
    moved = await handoffs.read(f"transfers/{row['id']}", handoffs.clerk)
    assert (moved["state"], moved["due_step"]) == ("received", "answer")
    assert (await handoffs.read(f"transfers/{other['id']}", handoffs.clerk))["state"] == "sent"
    linked = await escalation.facts("escalation.package.linked.v1")
    assert mine not in str(await escalation.facts()) and len(linked) == 3
    escalation.advance(days=17)
    await handoffs.read(path, None, expect=404)
    await handoffs.call(f"{foreign}/confirm", None, receipt, expect=404)


async def test_who_guesses_links_waits(
    handoffs: Handoffs, escalation: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = escalation.app.state.settings.model_copy(update={"public_rate_limit": "2/minute"})
    monkeypatch.setitem(escalation.app.state._state, "rate_limits", RateLimits(told))
    codes = [(await escalation.get(f"{V1}/public/packages/{n}")).status_code for n in range(3)]
    assert codes == [404, 404, 429]


async def test_what_was_sent_is_signed_and_the_ledger_proves_it(
    handoffs: Handoffs, escalation: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(escalation.app.state.database._info, "signer", KEY)
    monkeypatch.setattr(signing, "INTERVAL_S", 0.0)
    row = await handoffs.sent()
    package = await handoffs.package_of(row, "transfer")
    path = f"packages/{package['id']}/evidence"
    early = await handoffs.read(path, handoffs.police)
    told = verified(early["manifest"], KEY.public)
    assert [one["sha256"] for one in told["documents"]] == [
        one["sha256"] for one in package["documents"]
    ]
    assert (told["number"], told["receiver"]["code"]) == (row["number"], POLICE)
    manifest = early["manifest"].rpartition("\n\n")[0] + "\n"
    assert digest_of(manifest) == early["digest"] == package["digest"]
    forged = early["manifest"].replace(POLICE, STRANGER)
    for note, key in ((forged, KEY), (early["manifest"], OTHER_KEY), (manifest, KEY)):
        with pytest.raises(NoteRejected):
            verified(note, key.public)
    assert (early["fact"], early["proof"]) == (None, None)
    bus = escalation.app.state.spine.relay._bus
    relay = Relay(escalation.app.state.database, bus, "escalation", key=KEY)
    engine = own_engine(escalation.app.state.database, name="test")
    try:
        while await relay._sequence(engine):
            pass
        await relay._sign(engine)
    finally:
        await engine.dispose()
    found = await handoffs.read(path, handoffs.police)
    Proof.parse(found["proof"]).verify(found["fact"].encode(), [KEY.public])
    assert json.loads(found["fact"])["data"]["digest"] == package["digest"]
    for change in ("manifest = 'x'", "documents = '[]'", "receiver = NULL"):
        async with escalation.session() as session:
            with pytest.raises(IntegrityError):
                await session.execute(text(f"UPDATE package SET {change}"))
    async with escalation.session() as session:
        with pytest.raises(IntegrityError):
            await session.execute(text("UPDATE attachment SET sha256 = 'x'"))


async def test_the_receivers_system_confirms_over_nats_once_and_only_what_it_got(
    handoffs: Handoffs, escalation: ServiceUnderTest
) -> None:
    row = await handoffs.sent()
    package = await handoffs.package_of(row, "transfer")
    told = {"package_id": package["id"], "digest": package["digest"], "received_by": "赵某"}

    def message(sender: str = POLICE, what: str = "receipts", **more: Any) -> Sent:
        return Sent(what, sender, json.dumps({**told, **more}).encode())

    sent = [
        message(STRANGER),
        message(package_id=str(uuid4())),
        message(digest="0" * 64),
        message(digest=None),
        message(what="acts"),
        message(),
        message(),
    ]
    async with escalation.session() as session:
        refused = await take_messages(session, sent)
        await session.commit()
    assert {place: error.code for place, error in refused.items()} == {
        0: "not-found",
        1: "not-found",
        2: "package-differs",
        3: "invalid",
        4: "not-found",
    }
    assert (await handoffs.read(f"transfers/{row['id']}", handoffs.clerk))["state"] == "received"
    (fact,) = await escalation.facts("escalation.package.confirmed.v1")
    assert fact["data"]["way"] == "event"
    assert (await handoffs.verbs("transfer")).count("received") == 1


async def test_only_files_of_the_matter_go_along_and_only_the_receiver_confirms(
    handoffs: Handoffs,
) -> None:
    other = await handoffs.found()
    file = await handoffs.attach("transfer", other, handoffs.clerk)
    row = await handoffs.found()
    await handoffs.call(f"transfers/{row['id']}/approve", handoffs.head)
    for body, code in (
        ({"documents": [file["id"]]}, "package-document-unknown"),
        ({"documents": []}, "package-empty"),
    ):
        refusal = await handoffs.call(
            f"transfers/{row['id']}/send", handoffs.clerk, body, expect=422
        )
        assert refusal["code"] == code
    sent = await handoffs.sent()
    package = await handoffs.package_of(sent, "transfer")
    path = f"packages/{package['id']}/link"
    assert package["id"] and "link" not in package["allowed_actions"]
    refusal = await handoffs.call(path, handoffs.clerk, expect=409)
    assert refusal["code"] == "package-receiver-inside"
    # What was not sent stays with the sender; what the receiver adds, the receiver sees.
    kept = await handoffs.attach("transfer", sent, handoffs.clerk)
    own = await handoffs.attach("transfer", sent, handoffs.police)
    listed = f"attachments?transfer_id={sent['id']}"
    shown = {
        token: {one["id"] for one in (await handoffs.read(listed, token))["items"]}
        for token in (handoffs.clerk, handoffs.police, handoffs.district)
    }
    assert shown[handoffs.clerk] - shown[handoffs.police] == {kept["id"]}
    assert own["id"] in shown[handoffs.police] and shown[handoffs.district] == shown[handoffs.clerk]
    await handoffs.read(f"attachments/{kept['id']}/content", handoffs.police, expect=404)
    receipt = {"received_by": "赵某", "receipt_no": "1"}
    for token, status, code in (
        (handoffs.clerk, 422, "package-receipt-missing"),
        (handoffs.district, 403, "package-not-yours"),
        (handoffs.stranger, 404, "not-found"),
    ):
        path = f"packages/{package['id']}/confirm"
        assert (await handoffs.call(path, token, receipt, expect=status))["code"] == code


async def test_a_receipt_moves_with_the_official_calendar(
    handoffs: Handoffs, escalation: ServiceUnderTest
) -> None:
    handoffs.people.today_is(2026, 3, 2)
    row = await handoffs.sent()
    before = await handoffs.package_of(row, "transfer")
    async with escalation.session() as session:
        day = AnnouncedDay(date(2026, 3, 3), workday=False, name="临时放假")
        await import_days(session, [day], source="国办发明电〔2026〕1号")
        await session.commit()
        await recount(session, FIRST_COUNTED, datetime.now(UTC))
        await session.commit()
    after = await handoffs.package_of(row, "transfer")
    days = moment(after["due_at"]) - moment(before["due_at"])
    assert days.days == 1
    async with escalation.session() as session:
        await import_days(session, [day._replace(workday=True)], source="更正")
        await session.commit()


@given(st.uuids(), st.integers(0, 2**31), st.datetimes(datetime(2000, 1, 1), datetime(9999, 1, 1)))
def test_a_link_says_what_was_signed(id: Any, number: int, ends: datetime) -> None:
    link = Link(id, number, ends.replace(microsecond=0, tzinfo=UTC))
    made = link.signed(lambda told: told[:1].ljust(32, b"\0"))
    assert Link.read(made) == link


@given(st.text("AB-_xyz09", max_size=100))
def test_no_text_breaks_the_reading_of_a_link(text: str) -> None:
    Link.read(text)
