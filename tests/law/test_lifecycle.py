"""A state machine as data: what it allows, and which tables it refuses to be."""

from enum import StrEnum
from typing import cast

import pytest

from shared.law.lifecycle import Lifecycle, Transition, TransitionNotAllowed


class State(StrEnum):
    DRAFT = "draft"
    REVIEW = "under_review"
    PUBLISHED = "published"
    REVOKED = "revoked"


TABLE = [
    Transition("submit", State.DRAFT, State.REVIEW, "subject:submit"),
    Transition("publish", State.REVIEW, State.PUBLISHED, "subject:publish", needs="a legal basis"),
    Transition("amend", (State.DRAFT, State.PUBLISHED), None, "subject:amend"),
    Transition("revoke", (State.REVIEW, State.PUBLISHED), State.REVOKED, "subject:revoke"),
    Transition("lapse", State.PUBLISHED, State.REVOKED),
]
LIFE = Lifecycle(State.DRAFT, TABLE, terminal={State.REVOKED})


def test_an_action_leads_to_its_state() -> None:
    assert LIFE.next("submit", State.DRAFT) is State.REVIEW
    assert LIFE.next("submit", "draft") is State.REVIEW
    assert LIFE.next("amend", State.PUBLISHED) is State.PUBLISHED
    LIFE.may("revoke", State.PUBLISHED)


def test_every_other_action_is_refused_with_what_would_be_allowed() -> None:
    allowed = {(t.action, s) for t in TABLE for s in t.sources}
    for action in {t.action for t in TABLE}:
        for state in State:
            if (action, state) in allowed:
                LIFE.may(action, state)
                continue
            with pytest.raises(TransitionNotAllowed) as caught:
                LIFE.may(action, state)
            assert (caught.value.status, caught.value.code) == (409, "transition-not-allowed")
    with pytest.raises(TransitionNotAllowed) as caught:
        LIFE.may("submit", State.PUBLISHED)
    assert caught.value.details == {
        "action": "submit",
        "state": "published",
        "allowed": ["amend", "revoke"],  # what the system does by itself is not offered
    }


def test_an_unknown_action_is_our_mistake_and_not_the_callers() -> None:
    with pytest.raises(ValueError, match="no action erase"):
        LIFE.may("erase", State.DRAFT)


def test_allowed_actions_are_those_of_the_state_and_the_permissions() -> None:
    everything = {"subject:submit", "subject:publish", "subject:amend", "subject:revoke"}
    assert LIFE.allowed_actions(State.DRAFT, everything) == ["submit", "amend"]
    assert LIFE.allowed_actions("published", everything) == ["amend", "revoke"]
    assert LIFE.allowed_actions(State.PUBLISHED, {"subject:revoke"}) == ["revoke"]
    assert LIFE.allowed_actions(State.PUBLISHED, ()) == []
    assert LIFE.allowed_actions(State.REVOKED, everything) == []
    assert LIFE.is_terminal("revoked")


@pytest.mark.parametrize(
    ("table", "terminal", "says"),
    [
        (TABLE[:1] + TABLE[2:3], {State.REVOKED, State.PUBLISHED}, "leaves published"),
        (TABLE[:1], {State.REVIEW}, "nothing leads to published, revoked"),
        (TABLE, set(), "no way out of revoked"),
        ([*TABLE, TABLE[0]], {State.REVOKED}, "submit from draft is given twice"),
        (
            [*TABLE, Transition("revive", State.REVOKED, State.DRAFT, "x")],
            {State.REVOKED},
            "revive leaves revoked",
        ),
        (
            [*TABLE, Transition("reopen", State.DRAFT, cast(State, "reopened"), "x")],
            {State.REVOKED},
            "'reopened' is no state",
        ),
    ],
)
def test_a_table_with_a_mistake_is_refused(
    table: list[Transition[State]], terminal: set[State], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        Lifecycle(State.DRAFT, table, terminal=terminal)


def test_the_diagram() -> None:
    assert LIFE.mermaid() == (
        "stateDiagram-v2\n"
        "    [*] --> draft\n"
        "    draft --> under_review : submit (subject submit)\n"
        "    under_review --> published : publish (subject publish) if a legal basis\n"
        "    draft --> draft : amend (subject amend)\n"
        "    published --> published : amend (subject amend)\n"
        "    under_review --> revoked : revoke (subject revoke)\n"
        "    published --> revoked : revoke (subject revoke)\n"
        "    published --> revoked : lapse (system)\n"
        "    revoked --> [*]\n"
    )
