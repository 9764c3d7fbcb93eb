"""A state machine as data: one table says the states, who may do what, and what comes of it."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Generic, TypeVar

from shared.refusals import Refused

S = TypeVar("S", bound=StrEnum)


class TransitionNotAllowed(Refused):
    """The state does not allow the action."""

    code = "transition-not-allowed"
    status = 409
    zh = "当前状态（{state}）不允许该操作（{action}）。"
    en = "The state {state} does not allow {action}."


@dataclass(frozen=True)
class Transition(Generic[S]):
    """`action` leads from any of `from_` to `to`."""

    action: str
    from_: S | Collection[S]
    to: S | None
    """None: the state stays what it is."""
    permission: str | None = None
    """None: only the system does it (a timer, a fact from elsewhere)."""
    needs: str = ""
    """What else must hold, for people: shown in the diagram, checked by the rule."""

    @property
    def sources(self) -> tuple[S, ...]:
        return (self.from_,) if isinstance(self.from_, StrEnum) else tuple(self.from_)


class Lifecycle(Generic[S]):
    """The states of a thing and how it moves between them.

    A mistake in the table (a state that nothing reaches, two outcomes of one action, a dead end
    that is not in `terminal`) is a ValueError when the module is imported.
    """

    def __init__(
        self,
        initial: S,
        transitions: Sequence[Transition[S]],
        *,
        terminal: Collection[S] = (),
        later: Collection[S] = (),
    ) -> None:
        """`terminal` names the states that end the life; all others must have a way out.

        `later` are the states that only a later edition has.
        """
        self.initial = initial
        self.states: tuple[S, ...] = tuple(s for s in type(initial) if s not in later)
        self.terminal = frozenset(terminal)
        self.transitions = tuple(transitions)
        self._next: dict[tuple[str, str], S] = {}
        self._from: dict[str, list[Transition[S]]] = {state: [] for state in self.states}
        for transition in self.transitions:
            for source in transition.sources:
                self._add(transition, source)
        self._check()

    def _add(self, transition: Transition[S], source: S) -> None:
        kind, action = type(self.initial), transition.action
        target = source if transition.to is None else transition.to
        for state in (source, target):
            if not isinstance(state, kind):
                raise ValueError(f"{action}: {state!r} is no state of {kind.__name__}")
        if (action, source) in self._next:
            raise ValueError(f"{action} from {source} is given twice")
        if source in self.terminal:
            raise ValueError(f"{action} leaves {source}, which is terminal")
        self._next[action, source] = target
        self._from[source].append(transition)

    def _check(self) -> None:
        reached, todo = {self.initial}, [self.initial]
        while todo:
            source = todo.pop()
            for transition in self._from[source]:
                target = self._next[transition.action, source]
                if target not in reached:
                    reached.add(target)
                    todo.append(target)
        if unreached := [state for state in self.states if state not in reached]:
            raise ValueError(f"nothing leads to {', '.join(unreached)}")
        ends = {s for s in self.states if all(t.to in (None, s) for t in self._from[s])}
        if stuck := sorted(ends - self.terminal):
            raise ValueError(f"no way out of {', '.join(stuck)}, which is not terminal")

    def may(self, action: str, state: str) -> None:
        """Refuse with `TransitionNotAllowed` if `state` does not allow `action`."""
        self.next(action, state)

    def next(self, action: str, state: str) -> S:
        """The state that `action` leads to; refuses with `TransitionNotAllowed`."""
        target = self._next.get((action, state))
        if target is None:
            if all(action != transition.action for transition in self.transitions):
                raise ValueError(f"there is no action {action}")
            allowed = self.by_people(state)
            raise TransitionNotAllowed(action=action, state=str(state), allowed=allowed)
        return target

    def by_people(self, state: str) -> list[str]:
        """What anybody at all may do now, in the table's order."""
        return [t.action for t in self._from[state] if t.permission]

    def allowed_actions(self, state: str, permissions: Collection[str]) -> list[str]:
        """What a holder of `permissions` may do now, in the table's order."""
        return [t.action for t in self._from[state] if t.permission in permissions]

    def is_terminal(self, state: str) -> bool:
        return state in self.terminal

    def mermaid(self) -> str:
        """The diagram for the documentation."""
        lines = ["stateDiagram-v2", f"    [*] --> {self.initial}", *self._arrows()]
        lines += [f"    {state} --> [*]" for state in self.states if state in self.terminal]
        return "\n".join(lines) + "\n"

    def _arrows(self) -> Iterable[str]:
        for transition in self.transitions:
            by = transition.permission or "system"
            needs = f" if {transition.needs}" if transition.needs else ""
            # Mermaid ends a label at a second colon and at a semicolon.
            label = f"{transition.action} ({by}){needs}".replace(":", " ").replace(";", ",")
            for source in transition.sources:
                target = self._next[transition.action, source]
                yield f"    {source} --> {target} : {label}"


class Editions(Generic[S]):
    """A lifecycle by its editions, from 1 on: what began under one goes on under it to its end."""

    def __init__(self, *editions: Lifecycle[S]) -> None:
        self._editions = editions
        self.current = len(editions)
        self.newest = editions[-1]

    def of(self, edition: int) -> Lifecycle[S]:
        """The lifecycle of something that began under `edition`."""
        return self._editions[edition - 1]

    def next(self, edition: int, action: str, state: str) -> S:
        """As `Lifecycle.next`; what a later edition brought is refused to what began before it."""
        lifecycle = self.of(edition)
        if all(action != transition.action for transition in lifecycle.transitions):
            raise TransitionNotAllowed(
                action=action, state=str(state), allowed=lifecycle.by_people(state)
            )
        return lifecycle.next(action, state)
