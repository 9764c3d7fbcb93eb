"""Random walks: what `allowed_actions` says is exactly what succeeds, and nothing else changes."""

import random
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

import services.oversight
from services.oversight.findings.rules import LIFECYCLE as FINDING
from services.oversight.inspections.rules import LIFECYCLE as INSPECTION
from services.oversight.rectifications.rules import LIFECYCLE as RECTIFICATION
from shared.facts.tables import Outbox
from shared.law.lifecycle import Lifecycle
from tests.oversight.scene import BUREAU_CODE, DISTRICT, Scene

STEPS = 90
README = Path(services.oversight.__path__[0]) / "README.md"

REASON = {"reason": "r"}
BODIES: dict[str, Any] = {
    "comment": {"comment": "c"},
    "confirm": REASON,
    "withdraw": REASON,
    "cancel": REASON,
    "submit": {"report": "r"},
    "plan": {"measures": "m", "responsible": "r"},
    "report_progress": {"percent": 50, "note": "n"},
    "revoke": REASON,
    "reopen": REASON,
    "verify": {},
    "reject": REASON,
    "request_extension": {"days": 3, "reason": "r"},
    "extend": {},
    "refuse_extension": {"decision": "d"},
}


class Walk:
    """Steps of a random caller on random things, each held against what was allowed before."""

    def __init__(self, scene: Scene, seed: int) -> None:
        self.scene, self.random, self.seen = scene, random.Random(seed), set[tuple[str, str]]()
        token = scene.oversight.token
        self.callers = {
            "bureau": scene.bureau,
            "zhao": scene.supervisor,
            "qian": scene.colleague,
            "office": scene.office,
            "enforcement": scene.enforcement,
            "agency": scene.agency,
            "agency as supervisor": token("district_supervisor", DISTRICT, sub="agency"),
            **scene.foreigners,
        }

    async def request(self, what: str, row: dict[str, Any], action: str) -> tuple[str, Any]:
        """Path and body of an action."""
        if action == "record_finding":
            code = {"code": "single-officer", "description": "d"}
            return "findings", {"inspection_id": row["id"], **code}
        if action == "link":
            other = await self.scene.finding()
            return f"findings/{row['id']}/link", {"finding_id": other["id"], "kind": "same_cause"}
        if action == "unlink":
            links = await self.scene.read(f"findings/{row['id']}/links", self.scene.bureau)
            own = [link["finding_id"] for link in links["items"] if not link["incoming"]]
            return f"findings/{row['id']}/unlink", {"finding_id": [*own, row["id"]][0]}
        if action == "order_rectification":
            return "rectifications", {"finding_id": row["id"], "requirement": "r"}
        path = f"{what}/{row['id']}/{action.replace('_', '-')}"
        if action in {"request_recusal", "refuse_recusal"}:
            asked = [r["inspector"] for r in row["recusal_requests"] if r["granted"] is None]
            free = [one for one in row["inspectors"] if one not in asked]
            named = (asked if action == "refuse_recusal" else free) or row["inspectors"]
            return path, {"inspector": named[0]["sub"], "reason": "r"}
        if action == "recuse":
            new = f"i{self.random.random()}"
            return path, {
                "inspector": row["inspectors"][0]["sub"],
                "reason": "r",
                "replacement": {"sub": new, "name": "n", "organisation": BUREAU_CODE},
            }
        return path, BODIES.get(action)

    async def count_facts(self) -> int:
        async with self.scene.oversight.session() as session:
            return await session.scalar(select(func.count()).select_from(Outbox)) or 0

    async def choose(self, what: str, id: str, lifecycle: Lifecycle[Any]) -> tuple[str, str, str]:
        """Anybody and anything; every other time somebody who may, and what they may."""
        callers = list(self.callers.items())
        self.random.shuffle(callers)
        if self.random.random() < 0.5:
            for name, token in callers:
                read = await self.scene.oversight.get(f"/oversight/v1/{what}/{id}", as_=token)
                if read.status_code == 200 and (allowed := read.json()["allowed_actions"]):
                    # What ends it comes last, or there would be little to walk on.
                    lively = [action for action in allowed if action != "revoke"] or allowed
                    return name, token, self.random.choice(lively)
        actions = {t.action for t in lifecycle.transitions if t.permission}
        if what == "findings":
            actions.add("order_rectification")
        return *callers[0], self.random.choice(sorted(actions))

    async def step(self, what: str, id: str, lifecycle: Lifecycle[Any]) -> dict[str, Any] | None:
        """Try one action; returns what it created, if anything."""
        name, token, action = await self.choose(what, id, lifecycle)
        read = await self.scene.oversight.get(f"/oversight/v1/{what}/{id}", as_=token)
        whole = await self.scene.read(f"{what}/{id}", self.scene.bureau)
        path, body = await self.request(what, whole, action)
        facts = await self.count_facts()
        answer = await self.scene.call(path, token, body)
        allowed = read.status_code == 200 and action in read.json()["allowed_actions"]
        told = f"{name}: {action} of {whole['state']} {what}: {answer.text}"
        assert (answer.status_code < 300) == allowed, told
        added = await self.count_facts() - facts
        after = await self.scene.read(f"{what}/{id}", self.scene.bureau)
        if not allowed:
            assert answer.status_code in {403, 404, 409, 422}, told
            assert added == 0, told
            assert after == whole, told
            return None
        late = action == "submit" and answer.json()["submissions"][-1]["late"]
        assert added == (2 if late and whole["state"] != "overdue" else 1), told
        self.seen.add((whole["state"], action))
        if action in {"record_finding", "order_rectification"}:
            return dict(answer.json())
        if not late:
            assert after["state"] == lifecycle.next(action, whole["state"]), told
        assert after["version"] > whole["version"], told
        return None


@pytest.mark.parametrize("seed", range(4))
async def test_allowed_actions_is_exactly_what_succeeds(scene: Scene, seed: int) -> None:
    walk = Walk(scene, seed)
    mode = ["announced", "unannounced", "file_review", "double_random"][seed]
    kinds: dict[str, Lifecycle[Any]] = {
        "inspections": INSPECTION,
        "findings": FINDING,
        "rectifications": RECTIFICATION,
    }
    alive: dict[str, list[str]] = {kind: [] for kind in kinds}
    for _ in range(STEPS):
        what = walk.random.choice(list(kinds))
        if not alive[what] or walk.random.random() < 0.1:
            match what:
                case "inspections":
                    make = walk.random.choice([scene.assign, scene.on_site])
                    row = await make(
                        walk.random.choice([scene.supervisor, scene.bureau]), mode=mode
                    )
                case "findings":
                    row = await walk.random.choice([scene.finding, scene.confirmed])()
                case _:
                    row = await walk.random.choice([scene.ordered, scene.in_progress])()
            # The newest, so that ended ones are tried less and less.
            alive[what] = [row["id"], *alive[what][:2]]
        made = await walk.step(what, walk.random.choice(alive[what]), kinds[what])
        if made is not None:
            other = "rectifications" if what == "findings" else "findings"
            alive[other] = [made["id"], *alive[other][:2]]
        if walk.random.random() < 0.05:
            scene.oversight.advance(days=walk.random.choice([1, 5, 12]))
        if walk.random.random() < 0.5:
            await scene.oversight.fire_timers()
    assert len(walk.seen) >= 12, sorted(walk.seen)
