"""Random walks of what a visit leads to: what `allowed_actions` says is exactly what succeeds."""

from itertools import cycle
from typing import Any

import pytest

from services.oversight.findings.rules import LIFECYCLE as FINDING
from services.oversight.inspections.rules import LIFECYCLE as INSPECTION
from services.oversight.rectifications.rules import LIFECYCLE as RECTIFICATION
from tests.oversight.scene import BUREAU_CODE, DISTRICT, Scene
from tests.walks import Body, Walk

REASON = {"reason": "r"}
PATH = "/oversight/v1"


def walk(scene: Scene, lifecycle: Any, what: str, create: Any, **more: Any) -> Walk:
    token = scene.oversight.token
    callers = {
        "bureau": scene.bureau,
        "zhao": scene.supervisor,
        "qian": scene.colleague,
        "office": scene.office,
        "enforcement": scene.enforcement,
        "agency": scene.agency,
        "agency as supervisor": token("district_supervisor", DISTRICT, sub="agency"),
        **scene.foreigners,
    }
    return Walk(scene.oversight, lifecycle, f"{PATH}/{what}", create, callers, **more)


@pytest.mark.parametrize("seed", range(2))
async def test_allowed_actions_of_an_inspection_are_exactly_what_succeeds(
    scene: Scene, seed: int
) -> None:
    modes = cycle(["announced", "unannounced", "file_review", "double_random"][2 * seed :])
    names = (f"i{number}" for number in range(10**6))

    def challenged(row: dict[str, Any], *, asked: bool) -> dict[str, Any]:
        open_ = [one["inspector"] for one in row["recusal_requests"] if one["granted"] is None]
        free = [one for one in row["inspectors"] if one not in open_]
        return {"inspector": ((open_ if asked else free) or row["inspectors"])[0]["sub"], **REASON}

    def recused(row: dict[str, Any]) -> dict[str, Any]:
        comes = {"sub": next(names), "name": "n", "organisation": BUREAU_CODE}
        return {"inspector": row["inspectors"][0]["sub"], **REASON, "replacement": comes}

    bodies: dict[str, Body] = {
        "cancel": REASON,
        "seal": REASON,
        "recuse": recused,
        "request_recusal": lambda row: challenged(row, asked=False),
        "refuse_recusal": lambda row: challenged(row, asked=True),
        "record_finding": lambda row: {
            "inspection_id": row["id"],
            "code": "single-officer",
            "description": "d",
        },
    }
    made = walk(
        scene,
        INSPECTION,
        "inspections",
        lambda: scene.assign(mode=next(modes)),
        bodies=bodies,
        paths={"record_finding": f"{PATH}/findings"},
        days=[1, 5],
    )
    await made.run(seed=seed)
    assert len(made.seen) >= 6, sorted(made.seen)


async def test_allowed_actions_of_a_finding_are_exactly_what_succeeds(scene: Scene) -> None:
    async def linked(row: dict[str, Any]) -> dict[str, Any]:
        other = await scene.finding()
        return {"finding_id": other["id"], "kind": "same_cause"}

    async def unlinked(row: dict[str, Any]) -> dict[str, Any]:
        links = await scene.read(f"findings/{row['id']}/links", scene.bureau)
        own = [link["finding_id"] for link in links["items"] if not link["incoming"]]
        return {"finding_id": [*own, row["id"]][0]}

    bodies: dict[str, Body] = {
        "comment": {"comment": "c"},
        "confirm": REASON,
        "withdraw": REASON,
        "reopen": REASON,
        "link": linked,
        "unlink": unlinked,
        "order_rectification": lambda row: {"finding_id": row["id"], "requirement": "r"},
    }
    made = walk(
        scene,
        FINDING,
        "findings",
        scene.finding,
        bodies=bodies,
        paths={"order_rectification": f"{PATH}/rectifications"},
        days=[1, 5],
    )
    await made.run(seed=3)
    assert len(made.seen) >= 6, sorted(made.seen)


@pytest.mark.parametrize("seed", range(2))
async def test_allowed_actions_of_a_rectification_are_exactly_what_succeeds(
    scene: Scene, seed: int
) -> None:
    proof: dict[str, str] = {}

    async def submitted(row: dict[str, Any]) -> dict[str, Any]:
        if row["id"] not in proof:
            file = await scene.attach("rectification", row["id"], scene.agency)
            proof[row["id"]] = file["id"]
        return {"report": "r", "evidence_ids": [proof[row["id"]]]}

    bodies: dict[str, Body] = {
        "submit": submitted,
        "plan": {"measures": "m", "responsible": "r"},
        "report_progress": {"percent": 50, "note": "n"},
        "revoke": REASON,
        "verify": {},
        "reject": REASON,
        "request_extension": {"days": 3, **REASON},
        "extend": {},
        "refuse_extension": {"decision": "d"},
    }
    made = walk(
        scene, RECTIFICATION, "rectifications", scene.ordered, bodies=bodies, days=[1, 5, 12]
    )
    await made.run(seed=seed)
    assert len(made.seen) >= 6, sorted(made.seen)
