"""What oversight keeps of delegations decides whose acts a trustee takes part in lawfully."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

from services.oversight.act_references.tables import DelegationView
from services.oversight.adapters.act_surroundings import known_of
from services.oversight.warning_rules.rules import Content
from shared.db import Scope
from shared.events.registry.delegations import DelegationActivated, DelegationTransferred
from tests.oversight.scene import DISTRICT, SUBJECT_CODE, Scene, credit_code

SUCCESSOR, TRUSTEE = credit_code(701), credit_code(702)
AT = Scope(district=DISTRICT)


async def test_a_transferred_delegation_is_its_former_delegators_until_that_day(
    scene: Scene,
) -> None:
    id, heir, oversight = uuid4(), uuid4(), scene.oversight
    today = oversight.today()
    told: dict[str, Any] = {
        "delegation_id": id,
        "delegator_id": scene.subject_id,
        "organisation": SUBJECT_CODE,
        "level": "township",
        "trustee_kind": "public_affairs",
        "trustee_id": None,
        "trustee_code": TRUSTEE,
        "trustee_name": "市政设施管理中心",
        "power_ids": [uuid4()],
        "power_codes": ["CG-001"],
        "domains": ["urban_management"],
        "division": DISTRICT,
        "valid_from": today - timedelta(days=30),
        "valid_to": today + timedelta(days=300),
        "deed_no": "沙委〔2026〕1号",
        "state": "active",
    }
    await oversight.react(DelegationActivated(**told), AT)
    moved = DelegationTransferred(
        **{**told, "delegator_id": heir, "organisation": SUCCESSOR, "power_codes": ["B-1"]},
        former_delegator_id=scene.subject_id,
        reason="机构改革",
    )
    await oversight.react(moved, AT)
    content = Content.model_validate(
        {
            "name": "外包执法",
            "description": "试算用。",
            "legal_basis": ["区内规定"],
            "provisional": True,
            "effective_from": today,
            "kinds": ["penalty"],
            "check": {"kind": "outsourced"},
        }
    )
    async with oversight.session() as session:
        known = await known_of(session, [{"performed_by": [TRUSTEE]}], [content])
        view = await session.get_one(DelegationView, id)
    assert (view.organisation, view.power_codes) == (SUCCESSOR, ["B-1"])
    (before,) = known.entrusted[SUBJECT_CODE, TRUSTEE]
    (now,) = known.entrusted[SUCCESSOR, TRUSTEE]
    assert before.held_on(today - timedelta(days=1)) and not before.held_on(today)
    assert now.held_on(today)
