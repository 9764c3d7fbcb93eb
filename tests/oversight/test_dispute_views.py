"""While a dispute is pending a party that decides alone is warned of, whatever is told first."""

from datetime import datetime
from typing import Any

from services.oversight.warning_rules.actions import install
from shared.clock import SHANGHAI
from shared.events.escalation.disputes import (
    DisputeDecided,
    DisputeInterimOrdered,
    DisputeObjected,
    DisputeOpened,
    DisputeSafetyActionReported,
)
from tests.oversight.acts import Intake, record, stage
from tests.oversight.scene import SUBJECT_CODE, Scene, credit_code
from tests.oversight.year import dispute_of

OTHER = credit_code(901)
OPENED = datetime(2026, 3, 19, 9, tzinfo=SHANGHAI)


async def test_what_a_party_decides_alone_while_a_dispute_is_pending_is_warned_of(
    scene: Scene,
) -> None:
    oversight, intake = scene.oversight, Intake(scene)
    scene.stand_at(datetime(2026, 3, 21, 9, tzinfo=SHANGHAI))
    async with oversight.session() as session:
        await install(session)
        await session.commit()
    await intake.registered()

    async def told(kind: Any, **more: Any) -> None:
        event = kind(**{**dispute_of([OTHER, SUBJECT_CODE], "CG-001", OPENED), **more})
        await oversight.react(event)
        await oversight.fire_timers()

    async def warned() -> dict[str, str]:
        page = await scene.read("warnings?rule=decided-in-dispute", scene.supervisor)
        return {row["external_id"]: row["state"] for row in page["items"]}

    # Decided after it was opened, and known here before the dispute is.
    await intake.send(record(1, item_code="CG-001"), record(2, item_code="CG-002"))
    assert await warned() == {}
    await told(DisputeOpened)
    assert await warned() == {"CG-1": "raised"}
    # It leads: from now on it may; what it did before stays.
    oversight.advance(hours=1)
    await told(DisputeInterimOrdered, lead=SUBJECT_CODE)
    await told(DisputeInterimOrdered, lead=SUBJECT_CODE)
    later = {"item_code": "CG-001", "reported_at": "2026-03-21T11:00:00+08:00"}
    decided = [stage("decided", "2026-03-21T10:30:00+08:00")]
    await intake.send(record(3, stages=decided, **later))
    assert await warned() == {"CG-1": "raised"}
    # Decided, and pending again since another party objects: between the two nobody is bound.
    over = {"outcome": "opinion", "outcome_name": "意见", "competent": [OTHER]}
    await told(DisputeDecided, pending=False, decided_at=OPENED, **over)
    await intake.send(record(4, stages=decided, **later))
    oversight.advance(hours=1)
    await told(DisputeObjected, by=OTHER)
    oversight.advance(hours=1)
    decided = [{**stage("decided", "2026-03-21T11:30:00+08:00"), "document_no": "safe-5"}]
    await intake.send(record(5, stages=decided, **later))
    assert await warned() == {"CG-1": "raised", "CG-5": "raised"}
    # It was for somebody's safety.
    await told(
        DisputeSafetyActionReported, by=SUBJECT_CODE, acted_on="2026-03-21", act_number="safe-5"
    )
    assert await warned() == {"CG-1": "raised", "CG-5": "cleared"}
