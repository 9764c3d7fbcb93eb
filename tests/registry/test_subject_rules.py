"""The life of a subject: the table, and random walks through HTTP that compare with it."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.registry.subjects import rules
from services.registry.subjects.rules import LIFECYCLE, SubjectState
from shared.law.divisions import Level
from shared.law.lifecycle import TransitionNotAllowed
from tests.registry.samples import DISTRICT, TOWNSHIP, drafted, get, ok, post, published
from tests.servers import ServiceUnderTest

ALL = frozenset(t.permission for t in LIFECYCLE.transitions if t.permission)

NEXT = {
    ("draft", "change"): "draft",
    ("draft", "submit"): "submitted",
    ("draft", "revoke"): "revoked",
    ("submitted", "review"): "under_review",
    ("submitted", "return"): "draft",
    ("under_review", "return"): "draft",
    ("under_review", "publish"): "published",
    ("published", "change"): "published",
    ("published", "suspend"): "suspended",
    ("published", "revoke"): "revoked",
    ("published", "merge"): "merged",
    ("published", "split"): "split",
    ("suspended", "change"): "suspended",
    ("suspended", "resume"): "published",
    ("suspended", "revoke"): "revoked",
    ("suspended", "merge"): "merged",
    ("suspended", "split"): "split",
}
ACTIONS = sorted({action for _, action in NEXT})


@pytest.mark.parametrize("state", list(SubjectState))
@pytest.mark.parametrize("action", ACTIONS)
def test_the_table_says_what_each_state_allows(state: str, action: str) -> None:
    expected = NEXT.get((state, action))
    if expected is None:
        with pytest.raises(TransitionNotAllowed):
            LIFECYCLE.next(action, state)
    else:
        assert LIFECYCLE.next(action, state) == expected
        assert rules.permission_of(action, state) in ALL


def test_who_submitted_is_not_offered_the_review() -> None:
    offered = rules.allowed_actions(
        state="submitted", permissions=ALL, caller="a", submitted_by="a"
    )
    assert offered == ["return"]
    offered = rules.allowed_actions(
        state="submitted", permissions=ALL, caller="b", submitted_by="a"
    )
    assert offered == ["review", "return"]


@pytest.mark.parametrize(
    ("level", "division", "fits"),
    [
        (Level.CITY, "50", True),
        (Level.DISTRICT, "500106", True),
        (Level.TOWNSHIP, "500106104", True),
        (Level.DISTRICT, "500106104", False),
        (Level.CITY, "500106", False),
    ],
)
def test_a_subject_has_the_level_of_its_division(level: Level, division: str, fits: bool) -> None:
    if fits:
        rules.may_register(level=level, division=division)
    else:
        with pytest.raises(rules.LevelMismatch):
            rules.may_register(level=level, division=division)


CALLERS = {
    "township": ("township_enforcement", TOWNSHIP),
    "district": ("district_supervisor", DISTRICT),
    "deputy": ("district_supervisor", DISTRICT),
    "bureau": ("bureau_supervisor", "50"),
    "foreign": ("district_supervisor", "500116"),
}


# One service and one subject a walk; hypothesis shortens a failing walk to its last steps.
@given(
    walk=st.lists(
        st.tuples(st.sampled_from(ACTIONS), st.sampled_from(sorted(CALLERS))), max_size=14
    )
)
@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
async def test_whatever_is_tried_only_what_was_offered_happens(
    registry: ServiceUnderTest, walk: list[tuple[str, str]]
) -> None:
    await registry.wipe()
    successor, another = await published(registry), await published(registry)
    subject = await drafted(registry)
    path = f"/subjects/{subject['id']}"
    bodies: dict[str, dict[str, Any]] = {
        "return": {"reason": "退回"},
        "suspend": {"reason": "整顿"},
        "revoke": {"reason": "撤销"},
        "merge": {"reason": "合并", "successor_id": successor["id"]},
        "split": {"reason": "分立", "successor_ids": [successor["id"], another["id"]]},
    }
    state, version, submitter = "draft", 1, None
    facts = len(await registry.facts())
    for turn, (action, caller) in enumerate(walk):
        role, division = CALLERS[caller]
        seen = await get_as(registry, path, role, division, caller)
        offered = [] if seen.status_code == 404 else ok(seen)["allowed_actions"]
        if action == "change":
            answer = await registry.patch(
                f"/registry/v1{path}",
                as_=registry.token(role, division, sub=caller),
                headers={"If-Match": "*"},
                json={"head": f"第{turn}任"},
            )
        else:
            answer = await post(
                registry, f"{path}/{action}", role, division, sub=caller, **bodies.get(action, {})
            )
        assert (answer.status_code == 200) == (action in offered), (action, caller, answer.text)
        if answer.status_code == 200:
            state, version, facts = NEXT[state, action], version + 1, facts + 1
            submitter = caller if action == "submit" else submitter
            assert not (action in {"review", "publish"} and caller == submitter)
        else:
            assert answer.status_code in {403, 404, 409}, answer.text
        now = ok(await get(registry, path, "bureau_supervisor", "50"))
        assert (now["state"], now["version"]) == (state, version)
        assert len(await registry.facts()) == facts


async def get_as(registry: ServiceUnderTest, path: str, role: str, division: str, sub: str) -> Any:
    token = registry.token(role, division, sub=sub)
    return await registry.get(f"/registry/v1{path}", as_=token)
