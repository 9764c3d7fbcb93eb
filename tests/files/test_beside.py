"""Work in a process of its own: its answers, its failures, and its end."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator

import pytest

from shared import beside
from shared.beside import Beside, WorkFailed


def number_of(secret: str) -> int:
    """A computation that may refuse what it is given."""
    print("printed on the way")
    if secret == "die":
        os.kill(os.getpid(), signal.SIGKILL)
    return int(secret)


@pytest.fixture
async def worker() -> AsyncIterator[Beside]:
    made = Beside()
    yield made
    await made.close()


async def test_calls_are_answered_in_their_order(worker: Beside) -> None:
    answers = await asyncio.gather(*(worker.call(number_of, str(n)) for n in range(20)))
    assert answers == list(range(20))


async def test_a_failure_says_where_and_never_what(worker: Beside) -> None:
    with pytest.raises(WorkFailed, match=r"ValueError in .*test_beside") as failed:
        await worker.call(number_of, "500106199001010017x")
    assert "500106" not in str(failed.value)
    assert await worker.call(number_of, "7") == 7


async def test_after_a_death_another_process_takes_over(worker: Beside) -> None:
    with pytest.raises(WorkFailed):
        await worker.call(number_of, "die")
    assert await worker.call(number_of, "7") == 7


async def test_a_call_that_is_given_up_leaves_no_answer_for_the_next(worker: Beside) -> None:
    await worker.call(number_of, "1")
    given_up = asyncio.create_task(worker.call(number_of, "2"))
    await asyncio.sleep(0)
    given_up.cancel()
    assert await worker.call(number_of, "3") == 3


async def test_it_ends_when_it_has_nothing_to_do(
    worker: Beside, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "IDLE_S", 0.05)
    process = await worker.start()
    assert await asyncio.wait_for(process.wait(), 10) == 0
    assert await worker.call(number_of, "3") == 3
