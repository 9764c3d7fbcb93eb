"""What the tests of campaigns and draws begin with."""

from datetime import UTC, datetime
from typing import Any

from tests.oversight.scene import DISTRICT, Scene

BEGUN = datetime(2026, 3, 2, 1, 0, tzinfo=UTC)


def plan(**changed: Any) -> dict[str, Any]:
    """The plan of a campaign that has begun at `BEGUN`."""
    return {
        "kind": "special",
        "mode": "announced",
        "theme": "持证上岗专项监督",
        "domains": ["urban_management"],
        "divisions": [DISTRICT],
        "starts_on": "2026-03-01",
        "ends_on": "2027-12-31",
        "plan": "抽查镇街持证上岗情况。",
        "target": 2,
        "ground": "plan",
        **changed,
    }


async def planned(scene: Scene, as_: str | None = None, **changed: Any) -> dict[str, Any]:
    """A campaign that waits for approval."""
    return await scene.done(
        "campaigns", as_=as_ or scene.supervisor, json=plan(**changed), status=201
    )


async def running(scene: Scene, as_: str | None = None, **changed: Any) -> dict[str, Any]:
    """A campaign that inspections may be held under."""
    row = await planned(scene, as_, **changed)
    another = scene.oversight.token("bureau_supervisor", "50", sub="another")
    await scene.step("campaigns", row, "approve", another)
    return await scene.step("campaigns", row, "start", as_ or scene.supervisor)


async def inspected(scene: Scene, campaign: dict[str, Any], **changed: Any) -> dict[str, Any]:
    """An inspection under the campaign that is closed."""
    row = await scene.on_site(mode=campaign["mode"], campaign_id=campaign["id"], **changed)
    for step in ("seal", "sign", "close"):
        row = await scene.step("inspections", row, step, scene.supervisor)
    return row


RESULT = {"summary": "总体规范。", "problems": ["个别证件过期"], "recommendations": "统一换证。"}
