"""A comparison that finds nothing shows something only if it finds what is there to be found.

Each mutant takes one safeguard out of the running code, by its source; the writers, the fault and
the comparison are those of the matrix.
"""

import inspect
import sys
import textwrap
from collections.abc import AsyncIterator, Callable
from typing import Any

import httpx2
import nats as nats_client
import pytest

from deploy.embedded import Postgres
from services.escalation.filing import actions as filing
from shared.facts import inbox
from shared.web import concurrency
from tests.conftest import Stack
from tests.faults.comparison import (
    Difference,
    Urls,
    compare,
    connected,
    converge,
    fetch,
    unsettled,
)
from tests.faults.matrix import publish_again
from tests.faults.writers import Write, Writers
from tests.servers import SERVICES

WRITES = 30
SETTLES_S = 20.0
"""A mutant may never settle; what it has done by then is compared."""
SIGNS = False
"""The services of this stack have no key of a ledger."""


def mutant(of: Callable[..., Any], without: str) -> Callable[..., Any]:
    """The function with a piece of its source left out."""
    source = textwrap.dedent(inspect.getsource(of))
    assert source.count(without) == 1, f"{of.__name__} does not say {without!r} any more"
    namespace = dict(vars(sys.modules[of.__module__]))
    exec(compile(source.replace(without, ""), f"<mutant {of.__name__}>", "exec"), namespace)
    made: Callable[..., Any] = namespace[of.__name__]
    return made


@pytest.fixture
def urls(stack: Stack, postgres: Postgres) -> Urls:
    return {service: postgres.url(f"xj_{service}") for service in SERVICES}


@pytest.fixture
async def without_the_constraint(urls: Urls) -> AsyncIterator[None]:
    """Take away the index that would refuse a second message where the inbox let one through."""
    sql = "SELECT pg_get_indexdef('uq_message_cause'::regclass)"
    ((definition,),) = await fetch(urls["notify"], sql)
    async with connected(urls["notify"]) as connection:
        await connection.execute("DROP INDEX uq_message_cause")
    yield
    async with connected(urls["notify"]) as connection:
        await connection.execute("DELETE FROM message_receipt; DELETE FROM message")
        await connection.execute(definition)


def writing(stack: Stack, prefix: str = "mutant", **options: Any) -> Writers:
    token = stack.escalation.token("bureau_supervisor")

    async def send(write: Write, path: str, headers: dict[str, str]) -> httpx2.Response:
        return await stack.escalation.post(path, as_=token, json=write.body, headers=headers)

    return Writers(send, prefix, kinds=("issue",), **options)


async def written(stack: Stack, urls: Urls, **options: Any) -> Difference:
    """What the comparison finds when nothing disturbed the writers."""
    async with writing(stack, **options) as writers:
        await writers.more(WRITES)
    await converge(unsettled, urls, SIGNS, seconds=SETTLES_S)
    return await compare(urls, "mutant", writers.acked)


async def written_and_delivered_three_times(stack: Stack, urls: Urls) -> Difference:
    async with writing(stack) as writers:
        await writers.more(WRITES)
    assert not await converge(unsettled, urls, SIGNS)
    client = await nats_client.connect(stack.nats.url("escalation"))
    try:
        await publish_again(client.jetstream(), urls["escalation"], facts=5)
    finally:
        await client.close()
    async with writing(stack, "mutant behind") as more:  # whatever is behind the copies
        await more.more(WRITES)
    await converge(unsettled, urls, SIGNS, seconds=SETTLES_S)
    return await compare(urls, "mutant", [*writers.acked, *more.acked])


@pytest.mark.usefixtures("without_the_constraint")
async def test_with_the_inbox_check_three_deliveries_have_one_effect(
    stack: Stack, urls: Urls
) -> None:
    difference = await written_and_delivered_three_times(stack, urls)
    assert not difference, difference


@pytest.mark.usefixtures("without_the_constraint")
async def test_without_the_inbox_check_it_finds_the_duplicates(
    stack: Stack, urls: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    careless = mutant(inbox.react_once, "        if index <= mark:\n            continue\n")
    monkeypatch.setattr(inbox, "react_once", careless)
    difference = await written_and_delivered_three_times(stack, urls)
    assert len(difference.duplicated) >= 5
    assert not difference.lost


async def test_without_the_outbox_row_it_finds_the_loss(
    stack: Stack, urls: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    silent = mutant(filing._statement, '("told", Outbox, told),')
    monkeypatch.setattr(filing, "_FILE", silent())
    difference = await written(stack, urls)
    assert len(difference.lost) >= WRITES
    assert not difference.duplicated


async def test_a_write_that_is_repeated_with_its_key_is_one_write(stack: Stack, urls: Urls) -> None:
    difference = await written(stack, urls, acknowledged_twice=True)
    assert not difference, difference


async def test_without_the_stored_answer_it_finds_the_second_write(
    stack: Stack, urls: Urls, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def forget(*_: Any) -> None:
        """Stores nothing."""

    monkeypatch.setattr(concurrency, "_store", forget)
    difference = await written(stack, urls, acknowledged_twice=True)
    assert len(difference.duplicated) >= WRITES
    assert not difference.lost
