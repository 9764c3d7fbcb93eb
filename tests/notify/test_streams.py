"""The stream of new messages: complete, in order, each once, and only the caller's."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import asyncpg
import httpx2
import pytest
from sqlalchemy import event, func, select

from deploy.embedded import Postgres
from services.notify.holders.rules import keys
from services.notify.holders.tables import Holder
from services.notify.streams import actions
from services.notify.streams.actions import Start, Streams
from shared.access.actor import Actor, Role
from shared.events.escalation.issues import IssueOverdue
from shared.events.oversight.inspections import InspectionAssigned
from shared.events.oversight.rectifications import RectificationOrdered
from shared.events.registry.subjects import SubjectSubmitted
from shared.facts.tables import EventLog
from shared.retries import Bell
from tests.notify.examples import ANOTHER_BODY, BODY, TOWNSHIP, example
from tests.servers import ServiceUnderTest, application, eventually, listening, settings_for

STREAM = "/notify/v1/stream"


class Told(NamedTuple):
    id: int
    data: dict[str, Any]


class Reader:
    """A browser-like reader of one stream."""

    def __init__(self, response: httpx2.Response) -> None:
        self.status = response.status_code
        self.headers = response.headers
        self.last_id: int | None = None
        self.ended_by: str | None = None
        self.comments = 0
        self._lines = response.aiter_lines()

    async def next(self) -> Told | None:
        """The next message; None at the end of the stream."""
        data = event = None
        async for line in self._lines:
            name, _, value = line.partition(": ")
            match name:
                case "id":
                    self.last_id = int(value)
                case "data":
                    data = value
                case "event":
                    event = value
                case "":
                    if line.startswith(":"):
                        self.comments += 1
                    elif event is not None:
                        self.ended_by = event
                        event = data = None
                    elif data is not None:
                        assert self.last_id is not None
                        return Told(self.last_id, json.loads(data))
        return None

    async def soon(self) -> Told:
        """The next message, which comes within seconds."""
        async with asyncio.timeout(10):
            told = await self.next()
        assert told is not None
        return told

    async def opened(self) -> None:
        """Until the first lines have come; they say from where it goes on."""
        async for line in self._lines:
            if line.startswith("id: "):
                self.last_id = int(line.removeprefix("id: "))
            if not line and self.last_id is not None:
                return

    async def nothing_for(self, seconds: float) -> None:
        """No message comes for so long."""
        try:
            async with asyncio.timeout(seconds):
                told = await self.next()
        except TimeoutError:
            return
        raise AssertionError(f"told {told}")


@asynccontextmanager
async def reading(
    url: str, token: str | None, *, last_id: int | None = None, **query: Any
) -> AsyncIterator[Reader]:
    headers = {"Accept": "text/event-stream"}
    if token is not None:
        headers["Authorization"] = f"Bearer {token}"
    if last_id is not None:
        headers["Last-Event-ID"] = str(last_id)
    async with (
        httpx2.AsyncClient(timeout=None, trust_env=False) as client,
        client.stream("GET", f"{url}{STREAM}", headers=headers, params=query) as response,
    ):
        yield Reader(response)


Replica = Callable[[], AbstractAsyncContextManager[str]]


@pytest.fixture
def replica(notify: ServiceUnderTest, postgres: Postgres, key_file: Path) -> Replica:
    """One more process of notify on the same database, behind a real server."""

    def start() -> AbstractAsyncContextManager[str]:
        settings = settings_for(postgres, "notify", key_file)
        return listening(application(settings, "notify"))

    return start


@pytest.fixture(autouse=True)
async def holders(notify: ServiceUnderTest) -> None:
    """Each office is somebody's: a vacancy would leave a fact of its own in the log."""
    offices = {
        "50": "bureau_supervisor",
        "500106": "district_supervisor",
        "500106001": "township_supervision_office",
    }
    moment = datetime.now(UTC)
    async with notify.session() as session:
        for division, role in offices.items():
            session.add(
                Holder(
                    sub=role,
                    name=role,
                    role=role,
                    division=division,
                    organisation="",
                    keys=list(keys(role, division, "", role)),
                    source="test",
                    seen_at=moment,
                )
            )
        await session.commit()


async def overdue(notify: ServiceUnderTest, number: str, level: str = "district") -> None:
    await notify.react(example(IssueOverdue, level=level, number=number), at=TOWNSHIP)


async def logged(notify: ServiceUnderTest, count: int) -> None:
    """Until the log has so many facts."""

    async def enough() -> bool:
        async with notify.session() as session:
            found = await session.scalar(select(func.count()).select_from(EventLog))
            return (found or 0) >= count

    await eventually(enough)


async def test_a_new_message_comes_as_it_is_addressed(
    notify: ServiceUnderTest, replica: Replica
) -> None:
    token = notify.token("district_supervisor", "500106")
    await overdue(notify, "before")
    async with replica() as url:
        await logged(notify, 1)
        async with reading(url, token) as reader:
            await reader.opened()
            assert reader.status == 200
            assert reader.headers["content-type"].startswith("text/event-stream")
            assert reader.headers["cache-control"] == "no-cache"
            await overdue(notify, "渝司执问〔2022〕4号")
            told = await reader.soon()
            assert "渝司执问〔2022〕4号" in told.data["body"]
            listed = await notify.get(f"/notify/v1/messages/{told.data['id']}", as_=token)
            assert {name: listed.json()[name] for name in told.data} == told.data


async def test_nobody_elses_message_comes(notify: ServiceUnderTest, replica: Replica) -> None:
    strangers = [
        notify.token("district_supervisor", "500107"),
        notify.token("bureau_supervisor", "50"),
        notify.token("township_supervision_office", "500106001"),
        notify.token("agency_user", "500106", organisation=ANOTHER_BODY),
    ]
    own = {
        "district": notify.token("district_supervisor", "500106"),
        "body": notify.token("agency_user", "500106", organisation=BODY),
        "person": notify.token("lay_monitor", "500107", sub="wang"),
    }
    async with replica() as url:

        async def all_of(token: str, count: int) -> list[str]:
            async with reading(url, token, after=-1) as reader:
                titles = [(await reader.soon()).data["kind"] for _ in range(count)]
                await reader.nothing_for(1)
                return titles

        waiting = [asyncio.create_task(all_of(token, 0)) for token in strangers]
        addressed = [asyncio.create_task(all_of(token, 1)) for token in own.values()]
        await asyncio.sleep(0.2)
        await notify.react(example(SubjectSubmitted), at=TOWNSHIP)
        await notify.react(example(RectificationOrdered), at=TOWNSHIP)
        unannounced = example(InspectionAssigned, mode="unannounced", inspectors=["wang"])
        await notify.react(unannounced, at=TOWNSHIP)
        assert await asyncio.gather(*waiting) == [[]] * len(strangers)
        assert await asyncio.gather(*addressed) == [["subject"], ["rectification"], ["inspection"]]


async def test_a_reader_that_comes_back_misses_nothing_and_has_nothing_twice(
    notify: ServiceUnderTest, replica: Replica
) -> None:
    """Whether it comes back to the same process or to another."""
    token = notify.token("district_supervisor", "500106")
    seen: list[Told] = []
    async with replica() as first, replica() as second:
        async with reading(first, token) as reader:
            await reader.opened()
            for number in range(5):
                await overdue(notify, str(number))
                seen.append(await reader.soon())
            last_id = reader.last_id
        for number in range(5, 10):
            await overdue(notify, str(number))
            await overdue(notify, "another's", level="township")
        await logged(notify, 15)
        for url in (second, first):
            async with reading(url, token, last_id=last_id) as reader:
                again = [await reader.soon() for _ in range(5)]
                await reader.nothing_for(0.5)
            ids = [told.id for told in (*seen, *again)]
            assert ids == sorted(set(ids))
            assert len({told.data["id"] for told in (*seen, *again)}) == 10


async def test_while_messages_pour_in_every_reader_has_each_once_and_in_order(
    notify: ServiceUnderTest, replica: Replica
) -> None:
    """Readers that come and go, in two processes, against a writer that does not wait."""
    token = notify.token("district_supervisor", "500106")
    count = 120

    async def write() -> None:
        for number in range(count):
            await overdue(notify, str(number))

    async def read(urls: list[str], turns: int) -> list[Told]:
        told: list[Told] = []
        last_id = -1
        for turn in range(1_000):
            async with reading(urls[turn % 2], token, after=last_id) as reader:
                for _ in range(turns):
                    told.append(await reader.soon())
                    if len(told) == count:
                        return told
                last_id = told[-1].id
        raise AssertionError("never at an end")

    async with replica() as first, replica() as second:
        writing = asyncio.create_task(write())
        results = await asyncio.gather(
            read([first, second], 1_000), read([second, first], 7), read([first, second], 31)
        )
        await writing
    for told in results:
        assert [t.id for t in told] == sorted({t.id for t in told})
        assert len({t.data["id"] for t in told}) == count


async def test_a_place_that_the_log_does_not_have_is_its_end(
    notify: ServiceUnderTest, replica: Replica
) -> None:
    token = notify.token("district_supervisor", "500106")
    async with replica() as url, reading(url, token, last_id=10**12) as reader:
        await reader.opened()
        assert reader.last_id == -1
        await overdue(notify, "1")
        await reader.soon()


@pytest.mark.parametrize("last_id", ["x", "-1", "1" * 19, "1.5"])
async def test_an_id_that_is_none_is_refused(notify: ServiceUnderTest, last_id: str) -> None:
    token = notify.token("district_supervisor", "500106")
    answer = await notify.get(STREAM, as_=token, headers={"Last-Event-ID": last_id})
    assert (answer.status_code, answer.json()["code"]) == (422, "invalid")


async def test_a_ticket_opens_one_stream(notify: ServiceUnderTest, replica: Replica) -> None:
    token = notify.token("district_supervisor", "500106")
    given = await notify.post("/notify/v1/tickets", as_=token)
    ticket = given.json()["ticket"]
    async with replica() as url:
        async with reading(url, None, ticket=ticket) as reader:
            assert reader.status == 200
            await reader.opened()
            await overdue(notify, "1")
            await reader.soon()
        async with reading(url, None, ticket=ticket) as reader:
            assert reader.status == 401
        async with reading(url, None) as reader:
            assert reader.status == 401
        async with reading(url, notify.token("auditor", "50")) as reader:
            assert reader.status == 403


async def test_a_stream_ends_when_the_token_does(
    notify: ServiceUnderTest, replica: Replica
) -> None:
    async with replica() as url:
        token = notify.token("district_supervisor", "500106", ttl_s=3)
        async with asyncio.timeout(10), reading(url, token) as reader:
            await reader.opened()
            await overdue(notify, "1")
            await reader.soon()
            assert await reader.next() is None
            assert reader.ended_by == "expired"
        async with reading(url, token) as reader:
            assert reader.status == 401


def actor(**given: Any) -> Actor:
    values: dict[str, Any] = {
        "sub": "somebody",
        "name": "somebody",
        "roles": frozenset({Role.DISTRICT_SUPERVISOR}),
        "division": "500106",
        "organisation": None,
        "domains": frozenset(),
        "expires_at": datetime.now(UTC) + timedelta(hours=1),
        "permissions": frozenset(),
    }
    return Actor(**{**values, **given})


async def sequenced(notify: ServiceUnderTest, count: int, replica: Replica) -> None:
    """Facts of `count` messages in the log, put there by a process that has ended since."""
    for number in range(count):
        await overdue(notify, str(number))
    async with replica():
        await logged(notify, count)


async def test_a_reader_slower_than_the_messages_gets_them_from_the_database(
    notify: ServiceUnderTest, replica: Replica, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What waits for it is bounded; nothing is lost for that."""
    monkeypatch.setattr(actions, "WAITING", 3)
    monkeypatch.setattr(actions, "PAGE", 5)
    news = Bell()
    streams = Streams(notify.app.state.database, news)
    start = await streams.start(None)
    lines = streams.lines(actor(), start)
    text = await anext(lines)
    await sequenced(notify, 23, replica)
    news.ring()
    await asyncio.sleep(0.5)  # the follower hands out all of it while nobody reads
    async with asyncio.timeout(10):
        while text.count(b"data: ") < 23:
            text += await anext(lines)
    ids = [int(line[4:]) for line in text.split(b"\n") if line.startswith(b"id: ")]
    assert ids == list(range(-1, 23))
    await lines.aclose()  # type: ignore[attr-defined]


async def test_a_line_that_comes_as_the_waiting_ends_is_not_taken_for_nothing() -> None:
    stream = actions._Stream(frozenset({"somebody"}))
    waiting = asyncio.create_task(stream.wait(0))
    await asyncio.sleep(0)
    await asyncio.sleep(0)  # its time is up, and it does not know it yet
    stream.give(actions.Line(7, "somebody", b"id: 7"))
    assert await waiting


async def test_a_quiet_stream_says_where_it_stands(
    notify: ServiceUnderTest, replica: Replica
) -> None:
    """So that whoever comes back need not search what was others'."""
    streams = Streams(notify.app.state.database, Bell())
    start = await streams.start(None)
    lines = streams.lines(actor(division="500107"), start, heartbeat_s=0.2)
    assert await anext(lines) == b"retry: 2000\nid: -1\n\n"
    assert await anext(lines) == b": nothing new\nid: -1\n\n"
    await sequenced(notify, 4, replica)
    await lines.aclose()  # type: ignore[attr-defined]
    lines = streams.lines(actor(division="500107"), Start(-1, 3), heartbeat_s=0.2)
    await anext(lines)
    assert await anext(lines) == b": nothing new\nid: 3\n\n"
    await lines.aclose()  # type: ignore[attr-defined]


async def test_a_thousand_streams_cost_the_database_no_more_than_one(
    notify: ServiceUnderTest, replica: Replica
) -> None:
    database, news = notify.app.state.database, Bell()
    streams = Streams(database, news)
    start = await streams.start(None)
    people = [actor(sub=f"p{number}", division="500106") for number in range(1_000)]
    opened = [streams.lines(person, start) for person in people]
    for lines in opened:
        await anext(lines)
    await sequenced(notify, 3, replica)
    statements: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        statements.append(statement)

    event.listen(database.engine.sync_engine, "before_cursor_execute", note)
    try:
        news.ring()

        async def three(lines: AsyncIterator[bytes]) -> int:
            count = 0
            while count < 3:
                count += (await anext(lines)).count(b"data: ")
            return count

        async with asyncio.timeout(20):
            assert await asyncio.gather(*map(three, opened)) == [3] * 1_000
    finally:
        event.remove(database.engine.sync_engine, "before_cursor_execute", note)
    assert len(statements) <= 6
    for lines in opened:
        await lines.aclose()  # type: ignore[attr-defined]
    assert not streams._following and not streams._by_key


async def test_the_follower_runs_only_while_there_are_streams(notify: ServiceUnderTest) -> None:
    streams = Streams(notify.app.state.database, Bell())
    first = streams.lines(actor(), await streams.start(None))
    second = streams.lines(actor(sub="another"), await streams.start(5))
    await anext(first)
    await anext(second)
    assert streams._following
    await first.aclose()  # type: ignore[attr-defined]
    assert streams._following
    await second.aclose()  # type: ignore[attr-defined]
    assert not streams._following


async def test_streams_go_on_after_the_database_was_away(
    notify: ServiceUnderTest, replica: Replica, postgres: Postgres
) -> None:
    """Every connection is cut; the follower gets a new one, and nothing is lost."""
    token = notify.token("district_supervisor", "500106")
    async with replica() as url, reading(url, token) as reader:
        await reader.opened()
        connection = await asyncpg.connect(postgres.url("postgres"))
        try:
            await connection.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = 'xj_notify' AND pid <> pg_backend_pid()"
            )
        finally:
            await connection.close()
        await notify.app.state.database.engine.dispose()
        await overdue(notify, "1")
        assert (await reader.soon()).data["kind"] == "issue"
