"""Random walks of a state machine over HTTP: `allowed_actions` is exactly what succeeds.

A service's tests say what is walked and what each action sends; see `tests/registry` for how. A
step is one action that somebody tries. Most are allowed, and of these one that was not made yet
comes first; the others are not, and must change nothing. With `--long` a walk takes
thousands of steps, and in each state that it comes to, everybody tries everything once.
"""

import inspect
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from sqlalchemy import func, select

from shared.facts.tables import Outbox
from shared.law.lifecycle import Lifecycle
from tests.servers import ServiceUnderTest

Sent = dict[str, Any] | None
Body = Sent | Callable[[dict[str, Any]], Sent | Awaitable[Sent]]
"""What an action sends; made of the thing as it stands where it is a function."""

LONG = False
"""Whether `--long` was given; set by conftest."""
STEPS, LONG_STEPS = 36, 2_000


class Outcome(NamedTuple):
    """What an action came to where the machine goes on at once, or where nothing may be seen."""

    state: str
    changes: int
    """By how much the version grew."""
    facts: int


@dataclass
class Walk:
    """Steps of random callers on things of one kind, each held against what was allowed before."""

    service: ServiceUnderTest
    lifecycle: Lifecycle[Any]
    path: str
    """`/registry/v1/delegations`; a thing is below it by its id."""
    create: Callable[[], Awaitable[dict[str, Any]]]
    callers: Mapping[str, str]
    """Tokens by name; the first sees everything."""
    bodies: Mapping[str, Body] = field(default_factory=dict)
    facts: Mapping[str, int | Callable[[dict[str, Any]], int]] = field(default_factory=dict)
    """How many facts an action leaves, where it is not one; of the thing as it stood, or always."""
    outcomes: Mapping[str, Callable[[dict[str, Any]], Awaitable[Outcome]]] = field(
        default_factory=dict
    )
    """What an action must have come to, of the thing as it stood; else what the machine says."""
    state: str = "state"
    paths: Mapping[str, str] = field(default_factory=dict)
    """Where an action is sent that makes something else of the thing: `/oversight/v1/findings`;
    `{id}` in it is the thing."""
    days: Sequence[float] = ()
    """By how much the clock moves now and then."""
    seen: set[tuple[str, str]] = field(default_factory=set)
    """The transitions that were made, by state and action."""
    steps: int = 0

    async def run(self, *, seed: int, steps: int = STEPS, alive: int = 3) -> None:
        """Walk; `alive` things at a time, a new one as another has ended and now and then."""
        self._chance, self._views = random.Random(seed), dict[tuple[str, str], Any]()
        self._swept, self._able, self._facts = set[str](), set[str](), 0
        things: list[str] = []
        last = self.steps + (LONG_STEPS if LONG else steps)
        while self.steps < last:
            if len(things) < min(2, alive) or self._chance.random() < 0.05:
                things = [(await self.create())["id"], *things[: alive - 1]]
                await self._look_anew()
            if self.days and self._chance.random() < 0.05:
                await self._wait()
            id = self._chance.choice(things)
            if self._chance.random() < 0.4:
                await self.probe(id)
            elif not await self.move(id):
                things.remove(id)

    async def move(self, id: str) -> bool:
        """Somebody does what they may; False if nobody may anything.

        What was not done yet comes first, and what ends a life last, or there would be little to
        walk on.
        """
        found: list[tuple[float, str, str]] = []
        for name in self._eager_first():
            view = await self._view(id, name)
            for action in view["allowed_actions"] if view else []:
                self._able.add(name)
                known = (view[self.state], action) in self.seen
                found.append((known + 2 * self._ends(action, view[self.state]), name, action))
            if found and min(found)[0] == 0:
                break
            if found and self._chance.random() < 0.4:
                break
        if not found:
            return False
        best = min(rank for rank, *_ in found)
        if self._chance.random() < 0.3:
            best = self._chance.choice(found)[0]
        _, name, action = self._chance.choice([one for one in found if one[0] == best])
        await self._succeeds(id, name, action)
        if LONG and (state := (await self._whole(id))[self.state]) not in self._swept:
            self._swept.add(state)
            for name in self.callers:
                for action in await self._forbidden(id, name):
                    await self._is_refused(id, name, action)
        return True

    def _eager_first(self) -> list[str]:
        """The callers in any order, those first who could do something before."""
        names = list(self.callers)
        self._chance.shuffle(names)
        return sorted(names, key=lambda name: name not in self._able)

    def _ends(self, action: str, state: str) -> bool:
        if action in self.paths:
            return False
        return self.lifecycle.is_terminal(self.lifecycle.next(action, state))

    async def probe(self, id: str) -> None:
        """Somebody tries what they may not."""
        name = self._chance.choice(list(self.callers))
        forbidden = await self._forbidden(id, name)
        if forbidden:
            await self._is_refused(id, name, self._chance.choice(forbidden))

    async def _succeeds(self, id: str, name: str, action: str) -> None:
        before = await self._whole(id)
        answer, told = await self._try(id, name, action)
        assert answer.is_success, told
        self._views.clear()
        after = await self._whole(id)
        self.seen.add((before[self.state], action))
        added, self._facts = -self._facts, await self._count_facts()
        if action in self.outcomes:
            grown = after["version"] - before["version"]
            came_to = Outcome(after[self.state], grown, added + self._facts)
            assert came_to == await self.outcomes[action](before), told
            return
        told_of = self.facts.get(action, 1)
        expected = told_of(before) if callable(told_of) else told_of
        assert added + self._facts == expected, f"{told}: not so many facts"
        if action in self.paths:
            assert after[self.state] == before[self.state], told
            return
        assert after["version"] == before["version"] + 1, told
        assert after[self.state] == self.lifecycle.next(action, before[self.state]), told

    async def _is_refused(self, id: str, name: str, action: str) -> None:
        before = await self._whole(id)
        answer, told = await self._try(id, name, action)
        assert answer.status_code in {403, 404, 409, 422}, told
        assert await self._count_facts() == self._facts, told
        assert await self._read(id, self._all_seeing) == before, told

    async def _forbidden(self, id: str, name: str) -> list[str]:
        view = await self._view(id, name)
        allowed = view["allowed_actions"] if view else []
        actions = {t.action for t in self.lifecycle.transitions if t.permission} | set(self.paths)
        return sorted(actions - set(allowed))

    async def _wait(self) -> None:
        """Time passes, and what was due happens."""
        self.service.advance(days=self._chance.choice(self.days))
        await self.service.fire_timers()
        await self._look_anew()

    async def _look_anew(self) -> None:
        self._views.clear()
        self._facts = await self._count_facts()

    @property
    def _all_seeing(self) -> str:
        return next(iter(self.callers.values()))

    async def _whole(self, id: str) -> dict[str, Any]:
        found: dict[str, Any] | None = await self._view(id, next(iter(self.callers)))
        assert found is not None
        return found

    async def _view(self, id: str, name: str) -> Any:
        """The thing as somebody sees it; read once until something changes."""
        if (id, name) not in self._views:
            self._views[id, name] = await self._read(id, self.callers[name])
        return self._views[id, name]

    async def _read(self, id: str, token: str) -> dict[str, Any] | None:
        answer = await self.service.get(f"{self.path}/{id}", as_=token)
        return answer.json() if answer.is_success else None

    async def _try(self, id: str, name: str, action: str) -> tuple[Any, str]:
        """What comes of it, and who did what to what, for the reader of a failure."""
        self.steps += 1
        thing = await self._whole(id)
        answer = await self._do(id, action, self.callers[name], thing)
        return answer, f"{name}: {action} of one that is {thing[self.state]}: {answer.text}"

    async def _do(self, id: str, action: str, token: str, thing: Any) -> Any:
        body = self.bodies.get(action)
        sent = body(thing) if callable(body) else body
        if inspect.isawaitable(sent):
            sent = await sent
            self._facts = await self._count_facts()
        if action == "change":
            headers = {"If-Match": "*"}
            return await self.service.patch(
                f"{self.path}/{id}", as_=token, headers=headers, json=sent
            )
        own = f"{self.path}/{{id}}/{action.replace('_', '-')}"
        path = self.paths.get(action, own).format(id=id)
        options: dict[str, Any] = {} if sent is None else {"json": sent}
        return await self.service.post(path, as_=token, **options)

    async def _count_facts(self) -> int:
        async with self.service.session() as session:
            return await session.scalar(select(func.count()).select_from(Outbox)) or 0


@dataclass
class Weather:
    """Random events around things that nobody moves by hand: each moves as its machine says only.

    After each event, everything is looked at: what changed has a higher version and a state that
    the machine leads to, and has told the facts of where it stands, in their order.
    """

    service: ServiceUnderTest
    lifecycle: Lifecycle[Any]
    path: str
    """`/oversight/v1/act-batches`."""
    sees: str
    """The token of somebody who sees all of it."""
    entity: str
    """The second word of the types of its facts."""
    events: Mapping[str, Callable[[], Awaitable[Any]]]
    told: Mapping[str, Sequence[str]]
    """By state, the facts that a thing has told by then, by the words of their types."""
    seen: set[tuple[str, str]] = field(default_factory=set)
    """The states that followed each other, as far as an event let them be seen."""

    async def run(self, *, seed: int, steps: int = STEPS) -> None:
        """So many events, each as likely as the others."""
        chance = random.Random(seed)
        before: dict[str, Any] = {}
        for _ in range(LONG_STEPS if LONG else steps):
            event = chance.choice(sorted(self.events))
            await self.events[event]()
            page = (await self.service.get(f"{self.path}?limit=50", as_=self.sees)).json()["items"]
            for thing in page:
                await self._went(before.get(thing["id"]), thing, event)
            before |= {thing["id"]: thing for thing in page}

    async def _went(self, before: Any, after: Any, event: str) -> None:
        if before == after:
            return
        state = before["state"] if before else str(self.lifecycle.initial)
        what = f"{event}: from {state} to {after['state']}"
        assert before is None or after["version"] > before["version"], what
        assert after["state"] in self._leads_to(state), what
        self.seen.add((state, after["state"]))
        facts = [
            fact["type"].split(".")[-2]
            for fact in await self.service.facts()
            if fact["subject"] == after["id"] and fact["type"].split(".")[-3] == self.entity
        ]
        assert facts == list(self.told[after["state"]]), f"{what}: {facts}"

    def _leads_to(self, state: str) -> set[str]:
        reached = {state}
        while (
            more := {
                str(transition.to)
                for transition in self.lifecycle.transitions
                if transition.to and reached & {str(source) for source in transition.sources}
            }
            - reached
        ):
            reached |= more
        return reached
