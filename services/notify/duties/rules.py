"""Which facts open a duty, move its date and close it: decisions over a table that is data.

A duty opens with a rule of messages (`messages/data/rules.toml`): whoever is told has the duty, by
its words and its link. It ends when the thing leaves the states in which there is something to
do, or with a fact that says so; never by being read or acknowledged.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from services.notify.messages.rules import (
    PLACE,
    BrokenRules,
    Draft,
    Piece,
    Reach,
    Rule,
    Rules,
    condition,
    holds,
    published,
    template,
)
from shared.access.actor import Role
from shared.clock import SHANGHAI
from shared.db import Scope
from shared.events import Event

PERSON = "person"
"""In `whose`: those who are named in person."""


# As it is written.


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WrittenOpening(_Written):
    rule: str
    on: str
    """Another fact than the rule's own, which has the fields that its words name."""


class WrittenClosing(_Written):
    on: str
    when: dict[str, Any] = {}
    of: str | None = None
    """Field that holds the credit code of the body for which alone it ends."""


class WrittenDuty(_Written):
    name: str = Field(pattern=r"^[a-z][a-z0-9_]{2,60}$")
    thing: str
    opens: list[str | WrittenOpening] = Field(min_length=1)
    whose: list[Role | Literal["person"]] = []
    title: str = ""
    due: str = "due_at"
    during: list[str] = []
    closes: list[str | WrittenClosing] = []
    when: dict[str, Any] = {}
    unless: dict[str, Any] = {}


class WrittenDuties(_Written):
    duty: list[WrittenDuty] = Field(min_length=1)


# As it is used.


class Closing(NamedTuple):
    when: Mapping[str, tuple[Any, ...]]
    of: str | None


@dataclass(frozen=True)
class Duty:
    """What is to be done with a thing, checked against the published language."""

    name: str
    thing: str
    """Field of its facts that says which thing it is about."""
    openings: Mapping[type[Event], tuple[Rule, ...]]
    whose: frozenset[str]
    """Roles, or `person`; empty: all that the rule tells."""
    title: tuple[Piece, ...]
    """Empty: that of the message."""
    due: str
    during: frozenset[str]
    """The states in which there is something to do; empty: until a fact closes it."""
    closings: Mapping[type[Event], Closing]
    when: Mapping[type[Event], Mapping[str, tuple[Any, ...]]]
    unless: Mapping[type[Event], Mapping[str, tuple[Any, ...]]]


class Open(NamedTuple):
    """It is to be done by those of the drafts, and by nobody else any more."""

    drafts: list[Draft]
    due_at: datetime | None
    dated: bool
    """Whether the fact says until when; else what was said before stands."""


class Move(NamedTuple):
    """It stays, to be done by another time."""

    due_at: datetime | None


class Close(NamedTuple):
    """It is done, or there is nothing to do any more."""

    organisation: str | None = None
    """Only for this body."""


Step = Open | Move | Close | None


@dataclass(frozen=True)
class Duties:
    """The whole table, by the type of the facts that move a duty."""

    messages: Rules
    by_event: Mapping[type[Event], tuple[Duty, ...]]

    def step(self, duty: Duty, event: Event, scope: Scope, place: str) -> Step:
        """What a fact does to a duty of the thing that it is about."""
        kind = type(event)
        closing = duty.closings.get(kind)
        if closing is not None and holds(closing.when, event):
            return Close(getattr(event, closing.of) if closing.of else None)
        if duty.during and getattr(event, "state", None) not in duty.during:
            return Close()
        rules = [rule for rule in self._opening(duty, event) if rule.applies(event)]
        if rules:
            drafts: dict[str, Draft] = {}
            for rule in rules:
                for draft in self.messages.drafts(rule, event, scope, place):
                    if not duty.whose or (draft.to.role or PERSON) in duty.whose:
                        drafts.setdefault(draft.to.key, self._titled(duty, draft, event, place))
            return Open(list(drafts.values()), due_of(duty, event), duty.due in kind.model_fields)
        return Move(due_of(duty, event)) if duty.due in kind.model_fields else None

    def opens(self, duty: Duty, event: Event) -> bool:
        """Whether a fact may open it: only then does its place matter."""
        return any(rule.applies(event) for rule in self._opening(duty, event))

    def _opening(self, duty: Duty, event: Event) -> tuple[Rule, ...]:
        kind = type(event)
        rules = duty.openings.get(kind, ())
        if not rules or not holds(duty.when[kind], event):
            return ()
        unless = duty.unless[kind]
        return () if unless and holds(unless, event) else rules

    def _titled(self, duty: Duty, draft: Draft, event: Event, place: str) -> Draft:
        if not duty.title:
            return draft
        return replace(draft, title=self.messages.title(duty.title, event, place))


def due_of(duty: Duty, event: Event) -> datetime | None:
    """When it has to be done; a day ends with its last moment in Asia/Shanghai."""
    value = getattr(event, duty.due, None)
    if isinstance(value, datetime) or value is None:
        return value
    assert isinstance(value, date)
    return datetime.combine(value + timedelta(days=1), time(), SHANGHAI)


# From the one to the other.


def parse(text: str, messages: Rules, *, source: str = "duties.toml") -> Duties:
    """The table of a TOML text; `BrokenRules` says what is wrong with the first broken duty."""
    try:
        written = WrittenDuties.model_validate(tomllib.loads(text))
    except (tomllib.TOMLDecodeError, ValidationError) as error:
        raise BrokenRules(f"{source} cannot be read: {error}") from None
    known = published()
    rules = {rule.name: rule for found in messages.by_event.values() for rule in found}
    by_event: dict[type[Event], tuple[Duty, ...]] = {}
    names: set[str] = set()
    for one in written.duty:
        try:
            if one.name in names:
                raise ValueError("there are two duties of this name")
            names.add(one.name)
            duty, followed = _checked(one, rules, known)
        except ValueError as error:
            raise BrokenRules(f"{source}: duty {one.name}: {error}") from None
        for event in followed:
            by_event[event] = (*by_event.get(event, ()), duty)
    return Duties(messages, by_event)


def _checked(
    one: WrittenDuty, rules: Mapping[str, Rule], known: Mapping[str, type[Event]]
) -> tuple[Duty, list[type[Event]]]:
    openings: dict[type[Event], tuple[Rule, ...]] = {}
    for rule, event in _openings(one, rules, known):
        if one.thing not in event.model_fields:
            raise ValueError(f"{event.type} has no field {one.thing}")
        _has_words(rule, event)
        openings[event] = (*openings.get(event, ()), rule)
    closings = {}
    for closing in one.closes:
        told = WrittenClosing(on=closing) if isinstance(closing, str) else closing
        event = _event(told.on, known)
        if one.thing not in event.model_fields:
            raise ValueError(f"{event.type} has no field {one.thing}")
        if told.of is not None and told.of not in event.model_fields:
            raise ValueError(f"{event.type} has no field {told.of}")
        closings[event] = Closing(condition(told.when, event), told.of)
    services = {event.type.split(".")[0] for event in openings}
    followed = [
        event
        for event in known.values()
        if event in openings
        or event in closings
        or (
            event.type.split(".")[0] in services
            and event.subject_field == one.thing
            and ((one.during and "state" in event.model_fields) or one.due in event.model_fields)
        )
    ]
    if one.during and any("state" not in event.model_fields for event in openings):
        raise ValueError("`during` needs facts that say the state")
    _can_end(one, followed, closings)
    return Duty(
        name=one.name,
        thing=one.thing,
        openings=openings,
        whose=frozenset(str(role) for role in one.whose),
        title=template(one.title, next(iter(openings))) if one.title else (),
        due=one.due,
        during=frozenset(one.during),
        closings=closings,
        when={event: condition(one.when, event) for event in openings},
        unless={event: condition(one.unless, event) for event in openings},
    ), followed


def _openings(
    one: WrittenDuty, rules: Mapping[str, Rule], known: Mapping[str, type[Event]]
) -> Iterator[tuple[Rule, type[Event]]]:
    for opening in one.opens:
        name = opening if isinstance(opening, str) else opening.rule
        rule = rules.get(name)
        if rule is None:
            raise ValueError(f"there is no rule {name} of messages")
        yield rule, rule.event if isinstance(opening, str) else _event(opening.on, known)


def _event(type: str, known: Mapping[str, type[Event]]) -> type[Event]:
    event = known.get(type)
    if event is None:
        raise ValueError(f"there is no fact {type}")
    return event


def _fields(rule: Rule) -> frozenset[str]:
    """Every field of a fact that a rule of messages reads."""
    words = {
        piece.field
        for pieces in (rule.title, rule.body, rule.link)
        for piece in pieces
        if piece.field and piece.field != PLACE
    }
    whom = {
        field
        for one in rule.to
        for field in (one.person, one.organisation if one.at == "organisation" else None)
        if field
    }
    levels = {one.at for one in rule.to if one.at != PERSON and one.at not in set(Reach)}
    return frozenset(words | whom | levels | rule.when.keys() | rule.unless.keys())


def _has_words(rule: Rule, event: type[Event]) -> None:
    for field in _fields(rule):
        if field not in event.model_fields:
            raise ValueError(f"{event.type} has no field {field}, which rule {rule.name} names")


def _can_end(
    one: WrittenDuty,
    followed: list[type[Event]],
    closings: Mapping[type[Event], Closing],
) -> None:
    """Whether some fact closes it: one that says so, or one that can say another state."""
    if closings:
        return
    for event in followed:
        field = event.model_fields.get("state")
        if not one.during or field is None:
            continue
        annotation = field.annotation
        if get_origin(annotation) is not Literal or set(get_args(annotation)) - set(one.during):
            return
    raise ValueError("no fact closes it")
