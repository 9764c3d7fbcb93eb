"""Webhooks: signed, tried again, kept from where they must not lead, one apart from the other."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from typing import Any

import pytest
from sqlalchemy import text
from standardwebhooks import Webhook as Verifier
from standardwebhooks import WebhookVerificationError

from services.notify.adapters import sending
from services.notify.adapters.outbound import Outbound
from services.notify.adapters.sending import AT_ONCE
from services.notify.webhook_deliveries.actions import Sender
from services.notify.webhooks import rules
from services.notify.webhooks.rules import WAITS_S, WebhookAddressInvalid, is_allowed, networks
from shared.events.oversight.campaigns import CampaignPrepared
from shared.events.oversight.findings import FindingConfirmed
from shared.events.registry.subjects import SubjectPublished, SubjectSuspended
from tests.notify.examples import CITY, DISTRICT, TOWNSHIP, example
from tests.notify.receivers import Receivers, receivers
from tests.servers import ServiceUnderTest, eventually

HOOKS, DELIVERIES = "/notify/v1/webhooks", "/notify/v1/webhook-deliveries"
LOOPBACK = networks("127.0.0.0/8")


class House:
    """A service that sends to receivers of the test, and who keeps its webhooks."""

    def __init__(self, notify: ServiceUnderTest, sender: Sender, there: Receivers) -> None:
        self.notify, self.sender, self.there = notify, sender, there
        self.bureau = notify.token("bureau_supervisor", "50", sub="bureau")
        self.district = notify.token("district_supervisor", "500106", sub="zhao")
        self.system = notify.token("integration", "500106", sub="system")

    async def register(self, path: str = "/ok", as_: str = "", **changed: Any) -> dict[str, Any]:
        body = {
            "division": "500106",
            "description": path,
            "url": self.there.url + path,
            **changed,
        }
        answer = await self.notify.post(HOOKS, as_=as_ or self.system, json=body)
        assert answer.status_code == 201, answer.text
        made: dict[str, Any] = answer.json()
        return made

    async def post(self, path: str, **options: Any) -> Any:
        answer = await self.notify.post(path, as_=self.district, **options)
        assert answer.is_success, answer.text
        return answer.json()

    async def get(self, path: str, **params: Any) -> Any:
        answer = await self.notify.get(path, as_=self.district, params=params)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def deliveries(self, hook: dict[str, Any], **params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = (
            await self.get(f"{HOOKS}/{hook['id']}/deliveries", **params)
        )["items"]
        return found

    async def happens(self, at: Any = TOWNSHIP) -> str:
        return str(await self.notify.react(example(SubjectPublished), at))


@asynccontextmanager
async def _house(notify: ServiceUnderTest) -> AsyncIterator[House]:
    async with receivers() as there, Outbound(LOOPBACK, timeout_s=0.5) as outbound:
        yield House(notify, Sender(notify.app.state.database, outbound), there)


@pytest.fixture
async def house(notify: ServiceUnderTest) -> AsyncIterator[House]:
    async with _house(notify) as made:
        yield made


def verifies(secret: str, headers: dict[str, str], body: bytes) -> bool:
    try:
        Verifier(secret).verify(body, headers)
    except WebhookVerificationError:
        return False
    return True


async def test_what_is_sent_verifies_by_a_foreign_library_also_while_a_secret_is_rotated(
    house: House,
) -> None:
    hook = await house.register()
    fact = await house.happens()
    await house.sender.finish()
    ((_, headers, body),) = house.there.got
    assert verifies(hook["secret"], headers, body)
    assert not verifies(hook["secret"], headers, body + b" ")
    assert headers["webhook-id"] == fact == json.loads(body)["id"]
    assert json.loads(body)["type"] == "xiejian.registry.subject.published.v1"
    assert headers["content-type"] == "application/cloudevents+json"
    (delivery,) = await house.deliveries(hook)
    assert (delivery["state"], delivery["attempts"]) == ("delivered", 1)
    seen = await house.get(f"{DELIVERIES}/{delivery['id']}")
    (tried,) = seen["tried"]
    assert (tried["status"], tried["error"]) == (204, None) and tried["duration_ms"] >= 0

    rotated = await house.post(f"{HOOKS}/{hook['id']}/rotate")
    assert rotated["secret"] != hook["secret"]
    await house.happens()
    await house.sender.finish()
    _, headers, body = house.there.got[-1]
    assert len(headers["webhook-signature"].split()) == 2
    assert verifies(hook["secret"], headers, body) and verifies(rotated["secret"], headers, body)
    house.notify.advance(hours=25)
    await house.happens()
    await house.sender.finish()
    _, headers, body = house.there.got[-1]
    assert verifies(rotated["secret"], headers, body)
    assert not verifies(hook["secret"], headers, body)
    shown = await house.get(f"{HOOKS}/{hook['id']}")
    assert "secret" not in shown
    async with house.notify.session() as session:
        connection = await session.connection()
        told = await connection.exec_driver_sql("SELECT row_to_json(webhook)::text FROM webhook")
        kept = told.all()
    assert hook["secret"][6:] not in str(kept)


async def test_a_fact_goes_out_to_those_who_may_see_it_and_asked_for_it(house: House) -> None:
    city = await house.register(as_=house.bureau, division="50")
    district = await house.register()
    elsewhere = await house.register(as_=house.bureau, division="500107")
    township = await house.register(as_=house.bureau, division="500106001")
    typed = await house.register(types=["registry.subject.suspended.v1"])
    grave = await house.register(severities=["grave"])
    told = [
        (example(SubjectPublished), CITY),
        (example(SubjectPublished), DISTRICT),
        (example(SubjectSuspended), TOWNSHIP),
        (example(FindingConfirmed, severity="grave"), TOWNSHIP),
        (example(FindingConfirmed, severity="minor"), TOWNSHIP),
        # An unannounced campaign is nobody's to see, whatever was subscribed to.
        (example(CampaignPrepared), DISTRICT),
    ]
    for event, at in told:
        await house.notify.react(event, at)

    async def count(hook: dict[str, Any]) -> int:
        token = house.bureau
        answer = await house.notify.get(
            f"{HOOKS}/{hook['id']}/deliveries", as_=token, params={"count": "exact"}
        )
        number: int = answer.json()["count"]
        return number

    hooks = (city, district, elsewhere, township, typed, grave)
    assert [await count(hook) for hook in hooks] == [5, 4, 0, 3, 1, 1]
    refused = await house.notify.post(
        HOOKS,
        as_=house.system,
        json={
            "division": "500106",
            "description": "密",
            "url": "https://a.example/",
            "types": ["oversight.campaign.prepared.v1"],
        },
    )
    assert (refused.status_code, refused.json()["code"]) == (422, "webhook-type-unknown")
    refused = await house.notify.post(
        HOOKS, as_=house.system, json={"division": "50", "description": "市", "url": "https://a.b/"}
    )
    assert refused.json()["code"] == "division-unknown"


async def test_history_is_not_sent(house: House) -> None:
    house.notify.advance(hours=-1)
    await house.register(description="of before")
    house.notify.advance(hours=1)
    new = await house.register()
    house.notify.advance(minutes=-30)
    await house.happens()  # was made before the second one
    house.notify.advance(minutes=30)
    await house.notify.react(example(SubjectPublished), TOWNSHIP, backfill=True)
    assert await house.deliveries(new) == []
    await house.sender.finish()
    assert len(house.there.got) == 1
    last = await house.happens()
    assert [one["fact_id"] for one in await house.deliveries(new)] == [last]


async def test_nothing_is_kept_for_ever_and_nothing_of_what_was_removed(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sending, "SWEPT", 1)  # a sweep goes on until all is gone
    kept, stopped, removed = [await house.register() for _ in range(3)]
    await house.post(f"{HOOKS}/{stopped['id']}/disable")
    for _ in range(2):
        await house.happens()
    await house.sender.finish()
    await house.post(f"{HOOKS}/{removed['id']}/remove")

    async def left() -> list[int]:
        await house.sender.forget()
        async with house.notify.session() as session:
            counted = await session.execute(
                text("SELECT webhook_id::text, count(*) FROM webhook_delivery GROUP BY 1")
            )
            found: dict[str, int] = {row[0]: row[1] for row in counted}
        return [found.get(hook["id"], 0) for hook in (kept, stopped, removed)]

    house.notify.advance(minutes=2)
    assert await left() == [2, 2, 0]
    house.notify.advance(days=181)
    assert await left() == [0, 0, 0]


async def test_a_receiver_that_hangs_delays_no_other_and_none_more_than_its_places(
    house: House,
) -> None:
    async with Outbound(LOOPBACK, timeout_s=30) as patient:
        sender = Sender(house.notify.app.state.database, patient)
        await house.register("/hang")
        good = await house.register()
        facts = [await house.happens() for _ in range(2 * AT_ONCE)]
        sending = asyncio.create_task(sender.finish())

        async def all_there() -> bool:
            return len(await house.deliveries(good, state="delivered")) == len(facts)

        try:
            await eventually(all_there)
            assert house.there.hanging == AT_ONCE, "it holds its own places and no more"
            assert sorted(house.there.arrived()) == sorted(facts)
            async with house.notify.session() as session:
                told = "SELECT count(*) FROM pg_stat_activity WHERE state = 'idle in transaction'"
                idle = await session.scalar(text(f"{told} AND pid <> pg_backend_pid()"))
            assert idle == 0, "no transaction is open while something is sent"
        finally:
            house.there.released.set()
            await sending


@pytest.mark.parametrize(
    ("path", "state", "status", "error"),
    [
        ("/fail", "pending", 500, None),
        ("/redirect", "pending", 302, None),
        ("/garbage", "pending", None, "RemoteProtocolError"),
        ("/hang", "pending", None, "timeout"),
        ("/trickle", "pending", None, "timeout"),
        ("/endless", "delivered", 200, None),
        ("/gone", "held", 410, None),
    ],
)
async def test_a_receiver_that_misbehaves_is_handled(
    house: House, path: str, state: str, status: int | None, error: str | None
) -> None:
    hook = await house.register(path)
    await house.happens()
    await house.sender.finish()
    (delivery,) = await house.deliveries(hook)
    (tried,) = (await house.get(f"{DELIVERIES}/{delivery['id']}"))["tried"]
    assert (delivery["state"], tried["status"], tried["error"]) == (state, status, error)
    assert house.there.arrived("/ok") == [], "no redirect is followed"
    shown = await house.get(f"{HOOKS}/{hook['id']}")
    assert shown["state"] == ("disabled" if path == "/gone" else "active")


async def test_a_receiver_that_is_dead_for_an_hour_loses_nothing(house: House) -> None:
    hook = await house.register()
    house.there.dead = True
    facts = []
    for minutes in (0, 1, 7, 12, 20, 20):
        house.notify.advance(minutes=minutes)
        facts += [await house.happens() for _ in range(5)]
        await house.sender.finish()
    assert house.there.arrived() == []
    house.there.dead = False
    for hours in (1, 2.5):
        house.notify.advance(hours=hours)
        await house.sender.finish()
    assert sorted(house.there.arrived()) == sorted(facts)
    assert await house.deliveries(hook, state="pending") == []
    assert (await house.get(f"{HOOKS}/{hook['id']}"))["failing_since"] is None


async def test_a_secret_that_cannot_be_opened_stops_nobody_else(house: House) -> None:
    broken, good = await house.register(), await house.register()
    async with house.notify.session() as session:
        await session.execute(
            text("UPDATE webhook SET secret = 'of another key' WHERE id = :id"),
            {"id": broken["id"]},
        )
        await session.commit()
    await house.happens()
    await house.sender.finish()
    assert [one["state"] for one in await house.deliveries(good)] == ["delivered"]
    assert [one["state"] for one in await house.deliveries(broken)] == ["pending"]


async def test_what_is_given_up_is_told_once_and_can_be_sent_again(house: House) -> None:
    hook = await house.register("/fail")
    for _ in range(2):
        await house.happens()
    for wait in WAITS_S:
        house.notify.advance(seconds=wait * 1.25)
        await house.sender.finish()
    failed = await house.deliveries(hook, state="failed")
    assert [one["attempts"] for one in failed] == [len(WAITS_S)] * 2
    assert len(await house.notify.facts("notify.webhook.gave_up.v1")) == 2
    inbox = (await house.get("/notify/v1/messages", kind="webhook"))["items"]
    assert [message["title"] for message in inbox] == ["推送失败:/fail"]
    changed = await house.notify.patch(
        f"{HOOKS}/{hook['id']}",
        as_=house.system,
        headers={"If-Match": "*"},
        json={"url": f"{house.there.url}/ok"},
    )
    assert changed.status_code == 200, changed.text
    await house.post(f"{DELIVERIES}/{failed[0]['id']}/resend")
    await house.sender.finish()
    assert house.there.arrived() == [failed[0]["fact_id"]]
    since = {"since": "2020-01-01T00:00:00+08:00"}
    assert await house.post(f"{HOOKS}/{hook['id']}/resend", json=since) == {"deliveries": 1}
    await house.sender.finish()
    assert set(house.there.arrived()) == {one["fact_id"] for one in failed}


async def test_five_days_without_success_stop_it_and_nothing_that_comes_then_is_lost(
    house: House,
) -> None:
    hook = await house.register()
    house.there.dead = True
    for _ in range(6):
        await house.happens()
        await house.sender.finish()
        house.notify.advance(hours=24.5)
    shown = await house.get(f"{HOOKS}/{hook['id']}")
    assert (shown["state"], shown["stopped"]) == ("disabled", "failing")
    (fact,) = await house.notify.facts("notify.webhook.disabled.v1")
    assert fact["data"]["why"] == "failing"
    titles = [m["title"] for m in (await house.get("/notify/v1/messages", kind="webhook"))["items"]]
    assert titles[0] == "推送已停用:/ok"
    last = await house.happens()
    house.there.dead = False
    await house.sender.finish()
    assert house.there.arrived() == []
    await house.post(f"{HOOKS}/{hook['id']}/enable")
    await house.sender.finish()
    assert last in house.there.arrived()
    assert await house.deliveries(hook, state="held") == []


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "0.0.0.0", "10.0.0.1", "169.254.169.254", "100.100.100.200", "192.0.0.8"),
        *("224.0.0.1", "255.255.255.255", "::1", "::", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
        *("64:ff9b::7f00:1", "64:ff9b:1::a00:1", "2002:7f00:1::", "2002:a9fe:a9fe::", "fec0::1"),
        *("fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "::7f00:1"),
        "2001:0:7f00:1:0:0:80ff:fffe",
    ],
)
def test_only_what_the_operator_allows_is_reached_however_it_is_written(address: str) -> None:
    # Even where the operator allowed all of IPv6, what is within an address counts.
    public = networks(
        "203.0.113.0/24, 64:ff9b::/32, 2001::/16, 2002::/16, ::7f00:0/112, ::ffff:0:0/96"
    )
    assert not is_allowed(ip_address(address), public)
    assert not is_allowed(ip_address("203.0.113.7"), networks(""))
    assert is_allowed(ip_address("203.0.113.7"), public)
    assert is_allowed(ip_address("::ffff:203.0.113.7"), public)


@pytest.mark.parametrize(
    "host", ["127.1", "2130706433", "0x7f000001", "0177.0.0.1", "localhost", "[::1]", "127.0.0.1"]
)
async def test_a_name_that_leads_inside_is_not_connected_to(host: str) -> None:
    async with receivers() as there, Outbound(networks("203.0.113.0/24")) as outbound:
        outcome = await outbound.post(f"http://{host}:{there.url.split(':')[-1]}/ok", {}, b"{}")
        assert outcome.error is not None and not outcome.arrived
        assert there.got == []


async def test_a_name_is_resolved_once_and_each_of_its_addresses_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[Any] = []
    answers = iter((["127.0.0.1", "10.0.0.9"], ["127.0.0.1"], ["10.0.0.9"]))

    async def resolve(host: Any, port: Any, **_: Any) -> list[Any]:
        asked.append(host)
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (one, port)) for one in next(answers)]

    async with receivers() as there, Outbound(LOOPBACK) as outbound:
        url = f"http://receiver.example:{there.url.split(':')[-1]}/ok"
        monkeypatch.setattr("services.notify.adapters.outbound.resolved", resolve)
        mixed = await outbound.post(url, {}, b"{}")
        assert mixed.error is not None and mixed.error.startswith("refused") and there.got == []
        good = await outbound.post(url, {}, b"{}")
        assert good.arrived and len(asked) == 2
        assert there.got[0][1]["host"].startswith("receiver.example:"), "the name stays the Host"


@pytest.mark.parametrize(
    "url",
    [
        *("http://a.example/", "ftp://a.example/", "file:///etc/passwd", "https:///x", "https://"),
        *("https://user:pass@a.example/", "https://a.example/#x", "https://a.example:0/"),
        *("https://[fe80::1%25eth0]/", "https://a.example:99999/", "https://①②⑦.0.0.1/"),
        "https://a.example/ x",
    ],
)
def test_an_address_that_cannot_be_meant_is_refused(url: str) -> None:
    with pytest.raises(WebhookAddressInvalid):
        rules.may_lead_to(url, plain=False)


def test_attempts_are_made_by_the_schedule_and_no_later_than_a_fifth_of_it() -> None:
    now = datetime(2026, 7, 1, tzinfo=UTC)
    for made, wait in enumerate(WAITS_S):
        for chance in (0.0, 1.0):
            at = rules.next_attempt(made, now, chance)
            assert at == now + timedelta(seconds=wait * (1 + 0.2 * chance))
    assert rules.next_attempt(len(WAITS_S), now, 0.5) is None
