"""Four writers over REST who try each write until it is answered: what was acknowledged is exact.

An answer that never came leaves open whether the write happened, so it is tried again with the same
Idempotency-Key. When the writers have stopped, every write they began was acknowledged.
"""

import asyncio
import itertools
import time
from collections import Counter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self
from uuid import uuid4

import httpx2
from stdnum.cn import uscc

from shared.retries import Bell

Kind = Literal["issue", "subject"]
PATHS: Mapping[Kind, tuple[str, str]] = {
    "issue": ("escalation", "/escalation/v1/issues"),
    "subject": ("registry", "/registry/v1/subjects"),
}
WRITERS = 4
PATIENCE_S = 90.0
"""Far longer than anything may take: a wait that ends here is a failure."""
PLACES = ("500101001", "500101109", "500106001", "500106104")
_serial = itertools.count(1)


@dataclass
class Write:
    """One write: `name` is found again in the row, the fact and the effect."""

    kind: Kind
    name: str
    body: dict[str, Any]
    key: str = field(default_factory=lambda: uuid4().hex)
    attempts: int = 0
    acked_id: str | None = None


Send = Callable[[Write, str, dict[str, str]], Awaitable[httpx2.Response]]
"""Posts a write to the path with the headers; raises httpx2.TransportError without an answer."""


def credit_code(serial: int) -> str:
    """A credit code that is nobody's, another one for each serial."""
    body = f"11500106{serial:09d}"
    return body + str(uscc.calc_check_digit(body))


def an_issue(name: str, place: str) -> Write:
    body = {
        "title": name,
        "description": "赋权事项承接后,日常巡查与处罚由谁负责,镇与区主管部门各执一词。",
        "kind": "new_situation",
        "division": place,
        "major": False,
        "source": "manual",
    }
    return Write("issue", name, body)


def a_subject(name: str, place: str) -> Write:
    body = {
        "name": name,
        "uscc": credit_code(next(_serial)),
        "kind": "statutory",
        "level": "township",
        "division": place,
        "domains": ["comprehensive"],
    }
    return Write("subject", name, body)


class Writers:
    """`async with Writers(...) as writers`: they write until the block ends."""

    def __init__(
        self,
        send: Send,
        prefix: str,
        *,
        kinds: tuple[Kind, ...] = ("issue", "subject"),
        pause_s: float = 0.01,
        acknowledged_twice: bool = False,
    ) -> None:
        """With `acknowledged_twice` each first answer counts as one that never came."""
        self._send, self.prefix, self._kinds, self.pause_s = send, prefix, kinds, pause_s
        self._deaf = acknowledged_twice
        self.acked: list[Write] = []
        self.tried = 0
        """Attempts that ended: answered or not."""
        self.unanswered: Counter[str] = Counter()
        """Attempts without an answer, by what happened, and answers that said to try again."""
        self.unlawful: list[str] = []
        """Answers that no fault excuses."""
        self._bell = Bell()
        self._stopping = False
        self._tasks: list[asyncio.Task[None]] = []

    async def __aenter__(self) -> Self:
        self._tasks = [asyncio.create_task(self._go_on(number)) for number in range(WRITERS)]
        return self

    async def __aexit__(self, kind: object, *_: object) -> None:
        self._stopping = True
        done, late = await asyncio.wait(self._tasks, timeout=0 if kind else PATIENCE_S)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
        if kind is None:
            assert not late, f"{len(late)} writers got no answer: {dict(self.unanswered)}"
            for task in done:
                task.result()

    async def more(self, acked: int) -> None:
        """Until so many more writes were acknowledged."""
        wanted = len(self.acked) + acked
        await self._until(lambda: len(self.acked) >= wanted)

    async def more_attempts(self, tried: int) -> None:
        """Until so many more attempts have ended, with or without an answer."""
        wanted = self.tried + tried
        await self._until(lambda: self.tried >= wanted)

    async def _until(self, condition: Callable[[], bool]) -> None:
        deadline = time.monotonic() + PATIENCE_S
        while not condition():
            for task in self._tasks:
                if task.done():
                    task.result()
            rings = self._bell.rings
            assert time.monotonic() < deadline, (
                f"{len(self.acked)} acknowledged of {self.tried} attempts: {dict(self.unanswered)}"
            )
            await self._bell.after(rings, 1)

    async def _go_on(self, number: int) -> None:
        for count in itertools.count():
            if self._stopping:
                return
            kind = self._kinds[(number + count) % len(self._kinds)]
            make = an_issue if kind == "issue" else a_subject
            name = f"{self.prefix} {number}-{count}"
            await self.write(make(name, PLACES[count % len(PLACES)]))
            await asyncio.sleep(self.pause_s)

    async def write(self, write: Write) -> None:
        """Try a write until it is acknowledged, always with the same key."""
        path = PATHS[write.kind][1]
        while write.acked_id is None:
            write.attempts += 1
            retry_s = 0.05
            try:
                answer = await self._send(write, path, {"Idempotency-Key": write.key})
            except httpx2.TransportError as error:
                # Nothing may hang: the client's own limit is far above what a request may take.
                if isinstance(error, httpx2.ReadTimeout):
                    self.unlawful.append(f"no answer to {write.name} in time")
                self.unanswered[type(error).__name__] += 1
            else:
                if answer.status_code == 201:
                    if self._deaf and write.attempts == 1:
                        continue
                    write.acked_id = answer.json()["id"]
                    self.acked.append(write)
                elif answer.status_code == 503 or _is_in_flight(answer):
                    self.unanswered[str(answer.status_code)] += 1
                    if "Retry-After" not in answer.headers:
                        self.unlawful.append(f"{answer.status_code} without Retry-After")
                else:
                    self.unlawful.append(f"{answer.status_code} {answer.text[:300]}")
                    raise AssertionError(f"{write.name}: {self.unlawful[-1]}")
            self.tried += 1
            self._bell.ring()
            if write.acked_id is None:
                await asyncio.sleep(retry_s)


def _is_in_flight(answer: httpx2.Response) -> bool:
    # The attempt before this one has lost its connection and is still at work.
    return answer.status_code == 409 and answer.json()["code"] == "idempotency-key-in-flight"
