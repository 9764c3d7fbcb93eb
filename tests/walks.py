"""Random walks of a state machine over HTTP: `allowed_actions` is exactly what succeeds.

A service's tests say what is walked and what each action sends; see `tests/registry` for how.
"""

import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from shared.facts.tables import Outbox
from shared.law.lifecycle import Lifecycle
from tests.servers import ServiceUnderTest

Body = dict[str, Any] | Callable[[dict[str, Any]], dict[str, Any]] | None
"""What an action sends; made of the thing as it stands where it is a function."""


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
    facts: Mapping[str, int] = field(default_factory=dict)
    """How many facts an action leaves, where it is not one."""
    state: str = "state"
    seen: set[tuple[str, str]] = field(default_factory=set)
    """The transitions that were made, by state and action."""

    async def run(self, *, seed: int, steps: int = 80, alive: int = 3) -> None:
        """Walk; `alive` things at a time, a new one now and then."""
        chance = random.Random(seed)
        things: list[str] = []
        for _ in range(steps):
            if not things or chance.random() < 0.12:
                things = [(await self.create())["id"], *things[: alive - 1]]
            await self.step(chance, chance.choice(things))

    async def step(self, chance: random.Random, id: str) -> None:
        """Somebody tries one action on a thing."""
        name, action, mine = await self._choose(chance, id)
        token, (all_seer, all_seeing) = self.callers[name], next(iter(self.callers.items()))
        before = mine if name == all_seer else await self._read(id, all_seeing)
        facts = await self._count_facts()
        answer = await self._do(id, action, token, before)
        allowed = mine is not None and action in mine["allowed_actions"]
        assert before is not None
        told = f"{name}: {action} of one that is {before[self.state]}: {answer.text}"
        assert answer.is_success == allowed, told
        after = await self._read(id, all_seeing)
        assert after is not None
        added = await self._count_facts() - facts
        if not allowed:
            assert answer.status_code in {403, 404, 409, 422}, told
            assert (added, after) == (0, before), told
            return
        self.seen.add((before[self.state], action))
        assert added == self.facts.get(action, 1), f"{told}: {added} facts"
        assert after["version"] > before["version"], told
        assert after[self.state] == self.lifecycle.next(action, before[self.state]), told

    async def _choose(
        self, chance: random.Random, id: str
    ) -> tuple[str, str, dict[str, Any] | None]:
        """Anybody and anything; every other time somebody who may, and what they may.

        With the thing as they see it.
        """
        names = list(self.callers)
        chance.shuffle(names)
        views = {}
        lawful = chance.random() < 0.5
        for name in names if lawful else names[:1]:
            views[name] = seen = await self._read(id, self.callers[name])
            if lawful and seen is not None and seen["allowed_actions"]:
                return name, chance.choice(seen["allowed_actions"]), seen
        actions = sorted({t.action for t in self.lifecycle.transitions if t.permission})
        return names[0], chance.choice(actions), views[names[0]]

    async def _read(self, id: str, token: str) -> dict[str, Any] | None:
        answer = await self.service.get(f"{self.path}/{id}", as_=token)
        return answer.json() if answer.is_success else None

    async def _do(self, id: str, action: str, token: str, thing: Any) -> Any:
        body = self.bodies.get(action)
        sent = body(thing) if callable(body) else body
        if action == "change":
            headers = {"If-Match": "*"}
            return await self.service.patch(
                f"{self.path}/{id}", as_=token, headers=headers, json=sent
            )
        options: dict[str, Any] = {} if sent is None else {"json": sent}
        path = f"{self.path}/{id}/{action.replace('_', '-')}"
        return await self.service.post(path, as_=token, **options)

    async def _count_facts(self) -> int:
        async with self.service.session() as session:
            return await session.scalar(select(func.count()).select_from(Outbox)) or 0
