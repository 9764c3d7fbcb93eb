"""A township that moved: who sees it follows the dated parent, over REST, the feed and NATS."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from typing import Any

import nats
import pytest
from nats.aio.client import Client
from nats.js.api import ConsumerConfig

from deploy.embedded import Nats, Postgres
from shared.clock import SHANGHAI
from tests.conftest import Stack
from tests.registry.samples import credit_code
from tests.security.rows import identity_number, sequence
from tests.servers import ServiceUnderTest, application, eventually, settings_for, with_agency

# Of 渝北区 (500112) until 2025-11-06; its code stayed, its district is 两江新区 since.
MOVED, HEIR, FORMER = "500112002", "500157", "500112"
ELSEWHERE = "500112133"
"""Moved on the same day, to 北碚区."""
AGENCY = "agency_500157"


async def file_subject(
    registry: ServiceUnderTest, division: str, name: str = "某单位", **more: Any
) -> dict[str, Any]:
    """A draft of a body at a division, by the Bureau."""
    level = {2: "city", 6: "district", 9: "township"}[len(division)]
    answer = await registry.post(
        "/registry/v1/subjects",
        as_=registry.token("bureau_supervisor", sub="clerk"),
        json={
            "name": name,
            "uscc": credit_code(),
            "kind": "statutory",
            "level": level,
            "division": division,
            "domains": ["urban_management"],
            "legal_basis": ["《中华人民共和国行政处罚法》第二十四条"],
            **more,
        },
    )
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


async def test_the_heir_of_a_district_sees_its_townships_and_the_former_district_is_gone(
    registry: ServiceUnderTest,
) -> None:
    subject = await file_subject(registry, MOVED)
    await sequence(registry)
    path = f"/registry/v1/subjects/{subject['id']}"
    for division, status in ((HEIR, 200), (MOVED, 200), (FORMER, 404), ("500106", 404)):
        role = "district_supervisor" if len(division) == 6 else "township_enforcement"
        answer = await registry.get(path, as_=registry.token(role, division))
        assert answer.status_code == status, division
        listed = await registry.get(
            "/registry/v1/subjects?count=exact", as_=registry.token(role, division)
        )
        assert listed.json()["count"] == (status == 200)
        feed = await registry.get(
            "/registry/v1/events", as_=registry.token("integration", division)
        )
        facts = [fact["division"] for fact in feed.json()]
        assert facts == (["50.500157.500112002"] if status == 200 else [])


# ---------------------------------------------------------------- NATS


@pytest.fixture
async def broker(tmp_path: Path) -> AsyncIterator[Nats]:
    """A nats-server with an account for an agency of 两江新区."""
    server = Nats(
        tmp_path / "nats", config=with_agency(tmp_path), passwords={AGENCY: "p-of-the-agency"}
    )
    await asyncio.to_thread(server.start)
    yield server
    await asyncio.to_thread(server.stop)


@asynccontextmanager
async def connected(broker: Nats, user: str, errors: list[str]) -> AsyncIterator[Client]:
    async def note(error: Exception) -> None:
        errors.append(str(error).lower())

    client = await nats.connect(broker.url(user), error_cb=note, allow_reconnect=False)
    try:
        yield client
    finally:
        await client.close()


async def _fetched(client: Client) -> list[dict[str, Any]]:
    """All that the agency's consumer gives now, acknowledged."""
    inbox = client.new_inbox()
    subscription = await client.subscribe(inbox)
    asked = json.dumps({"batch": 200, "no_wait": True}).encode()
    await client.publish(f"$JS.API.CONSUMER.MSG.NEXT.XJ_REGISTRY.{AGENCY}", asked, reply=inbox)
    facts = []
    while True:
        message = await subscription.next_msg(timeout=5)
        if message.headers and "Status" in message.headers:
            break
        facts.append(json.loads(message.data))
        await client.publish(message.reply, b"+ACK")
    await subscription.unsubscribe()
    return facts


async def test_an_agency_receives_its_district_over_nats_and_nothing_else(
    registry: ServiceUnderTest, postgres: Postgres, key_file: Path, broker: Nats
) -> None:
    settings = settings_for(postgres, "registry", key_file, broker.url("registry"))
    app = application(settings, "registry")
    running = ServiceUnderTest(app, "registry", key_file, postgres.url("xj_registry"))
    errors: list[str] = []
    async with app.router.lifespan_context(app), connected(broker, "registry", []) as ours:
        own = [(await file_subject(running, place))["id"] for place in (MOVED, HEIR)]
        for place in (ELSEWHERE, "500106001", "500109", "50"):
            await file_subject(running, place)
        stream = ours.jetstream()

        async def published() -> bool:
            return (await stream.stream_info("XJ_REGISTRY")).state.messages >= 6

        await eventually(_quietly(published))
        await stream.add_consumer(
            "XJ_REGISTRY",
            ConsumerConfig(durable_name=AGENCY, filter_subject="xj.*.*.*.50.500157.*"),
        )
        async with connected(broker, AGENCY, errors) as agency:
            facts = await _fetched(agency)
            assert [fact["subject"] for fact in facts] == own
            assert [fact["division"] for fact in facts] == ["50.500157.500112002", "50.500157._"]
            assert await _fetched(agency) == []
            later = await file_subject(running, MOVED)
            facts = await eventually(lambda: _fetched(agency))
            assert [fact["subject"] for fact in facts] == [later["id"]]
            # What it acknowledged stays acknowledged: the consumer is durable.
            await agency.flush()
            known = await stream.consumer_info("XJ_REGISTRY", AGENCY)
            assert (known.num_pending, known.num_ack_pending) == (0, 0)

            heard: list[Any] = []

            async def hear(message: Any) -> None:
                heard.append(message)

            for listened in ("xj.>", "xi.>", "xj.registry.subject.registered.50.500106.500106001"):
                await agency.subscribe(listened, cb=hear)
            for asked in (
                "$JS.API.STREAM.NAMES",
                "$JS.API.STREAM.MSG.GET.XJ_REGISTRY",
                "$JS.API.DIRECT.GET.XJ_REGISTRY",
                f"$JS.API.CONSUMER.CREATE.XJ_REGISTRY.{AGENCY}",
                "$JS.API.CONSUMER.MSG.NEXT.XJ_REGISTRY.oversight",
                "xj.registry.subject.registered.50.500157.500112002",
                "xj.heal.registry",
            ):
                await agency.publish(asked, b"{}", reply=agency.new_inbox())
            await file_subject(running, "500106001")
            await agency.flush()
            await asyncio.sleep(0.3)
            assert heard == []
            assert len([error for error in errors if "permissions violation" in error]) >= 7
    await running.http.aclose()


def _quietly(check: Any) -> Any:
    """A check that may ask for what is not there yet."""

    async def checked() -> bool:
        try:
            return bool(await check())
        except nats.errors.Error:
            return False

    return checked


# ---------------------------------------------------------------- a move while the system runs

TOWNSHIP, OLD, NEW = "500106001", "500106", "500109"


class Journey:
    """A body of a township with all that hangs on it, in four running services."""

    def __init__(self, stack: Stack) -> None:
        self.stack = stack
        self.rows: dict[str, str] = {}
        """Paths of rows, by what they are."""

    def token(self, role: str, division: str = "50", **more: Any) -> str:
        return self.stack.registry.token(role, division, **more)

    async def post(self, path: str, as_: str, body: Any = None) -> dict[str, Any]:
        service = self.stack.services[path.split("/")[1]]
        answer = await service.post(path, as_=as_, **({} if body is None else {"json": body}))
        assert answer.is_success, f"{path}: {answer.text}"
        return dict(answer.json())

    async def status(self, path: str, as_: str) -> int:
        answer = await self.stack.services[path.split("/")[1]].get(path, as_=as_)
        return int(answer.status_code)

    async def prepare(self) -> None:
        bureau, other = self.token("bureau_supervisor", sub="one"), self.token("bureau_supervisor")
        subject = await file_subject(self.stack.registry, TOWNSHIP)
        path = f"/registry/v1/subjects/{subject['id']}"
        await self.post(f"{path}/submit", self.token("bureau_supervisor", sub="clerk"))
        for step in ("review", "publish"):
            await self.post(f"{path}/{step}", other)
        officer = await self.post(
            "/registry/v1/officers",
            bureau,
            {
                "subject_id": subject["id"],
                "name": "张某",
                "identity_no": identity_number(),
                "post": "执法岗",
                "staffing": "staff",
            },
        )
        seen = f"/oversight/v1/subjects/{subject['id']}"

        async def known() -> bool:
            return await self.status(seen, bureau) == 200

        await eventually(known)
        inspection = await self.post(
            "/oversight/v1/inspections",
            bureau,
            {
                "subject_id": subject["id"],
                "kind": "special",
                "mode": "announced",
                "theme": "持证上岗",
                "planned_on": "2026-12-01",
                "inspectors": [
                    {"sub": "li", "name": "李娜", "organisation": credit_code()},
                    {"sub": "wang", "name": "王强", "organisation": credit_code()},
                ],
                "basis": "年度计划",
            },
        )
        issue = await self.post("/escalation/v1/issues", bureau, self.issue())
        self.rows = {
            "subject": path,
            "officer": f"/registry/v1/officers/{officer['id']}",
            "subject in oversight": seen,
            "inspection": f"/oversight/v1/inspections/{inspection['id']}",
            "issue": f"/escalation/v1/issues/{issue['id']}",
        }
        district = self.token("district_supervisor", OLD)

        async def told() -> Any:
            answer = await self.stack.notify.get("/notify/v1/messages", as_=district)
            return answer.json()["items"]

        message = (await eventually(told))[0]
        self.rows["message"] = f"/notify/v1/messages/{message['id']}"

    def issue(self) -> dict[str, Any]:
        return {
            "title": "占道经营执法职责不清",
            "description": "镇与区对日常巡查理解不一。",
            "kind": "prominent_problem",
            "division": TOWNSHIP,
        }

    async def seen_by(self, as_: str) -> dict[str, int]:
        return {name: await self.status(path, as_) for name, path in self.rows.items()}


async def test_a_township_moves_with_its_rows_in_all_services_while_they_run(stack: Stack) -> None:
    journey = Journey(stack)
    await journey.prepare()
    former = journey.token("district_supervisor", OLD)
    heir = journey.token("district_supervisor", NEW)
    assert set((await journey.seen_by(former)).values()) == {200}
    assert set((await journey.seen_by(heir)).values()) == {404}

    today = stack.registry.app.state.clock.now().astimezone(SHANGHAI).date()
    assert isinstance(today, date)
    moved = await journey.post(
        f"/registry/v1/divisions/{TOWNSHIP}/move",
        journey.token("bureau_supervisor"),
        {"parent": NEW, "on": today.isoformat()},
    )
    assert (moved["parent"], moved["valid_from"]) == (NEW, today.isoformat())

    async def followed() -> bool:
        return set((await journey.seen_by(heir)).values()) == {200}

    await eventually(followed)
    # The former district keeps reading what it handled, and handles it no more.
    assert set((await journey.seen_by(former)).values()) == {200}
    for path, body in (
        (f"{journey.rows['subject']}/suspend", {"reason": "x"}),
        (f"{journey.rows['officer']}/retire", {"reason": "x"}),
        (f"{journey.rows['issue']}/triage", {}),
        (f"{journey.rows['inspection']}/accept", {}),
    ):
        service = stack.services[path.split("/")[1]]
        answer = await service.post(path, as_=former, json=body)
        assert answer.status_code in (403, 404, 409), f"{path}: {answer.text}"

    # What comes after belongs to the new district alone, and so do its facts.
    subject = await file_subject(stack.registry, TOWNSHIP)
    issue = await journey.post(
        "/escalation/v1/issues", journey.token("bureau_supervisor"), journey.issue()
    )
    for path in (f"/registry/v1/subjects/{subject['id']}", f"/escalation/v1/issues/{issue['id']}"):
        assert await journey.status(path, former) == 404
        assert await journey.status(path, heir) == 200
    for service, subject_id in ((stack.registry, subject["id"]), (stack.escalation, issue["id"])):
        facts = [fact for fact in await service.facts() if fact["subject"] == subject_id]
        assert facts
        assert {fact["division"] for fact in facts} == {f"50.{NEW}.{TOWNSHIP}"}
        for holder, known in ((former, False), (heir, True)):

            async def in_feed(service: Any = service, holder: str = holder) -> set[str]:
                path = f"/{service.name}/v1/events?limit=500"
                answer = await service.get(path, as_=holder)
                return {fact["subject"] for fact in answer.json()}

            if known:
                await eventually(_holds(in_feed, subject_id))
            else:
                assert subject_id not in await in_feed()


def _holds(feed: Any, subject_id: str) -> Any:
    async def holds() -> bool:
        return subject_id in await feed()

    return holds
