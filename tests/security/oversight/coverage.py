"""What is not covered of the place's bodies, as the worker counts it."""

from uuid import UUID

from shared.events.registry.officers import OfficerRegistered
from tests.oversight.scene import officer_told
from tests.security.declared import Declared
from tests.security.people import OWN_CODE
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    """An officer of the place's subject without a certificate."""
    if not (subjects := make.rows.ids["subject"]):
        return
    officer = UUID(int=UUID(subjects[-1]).int ^ 1)
    make.rows.codes.append(str(officer))
    told = officer_told(
        OfficerRegistered,
        officer,
        UUID(subjects[-1]),
        organisation=OWN_CODE,
        name=make.rows.word(),
        staffing="staff",
    )
    await make.service.react(told, make.rows.scope)
    await make.service.fire_timers()
    path = f"/oversight/v1/coverage/gaps?kind=officers&organisation={OWN_CODE}&limit=200"
    found = await make.service.get(path, as_=make.bureau)
    own = [gap["id"] for gap in found.json()["items"] if gap["ref"] == str(officer)]
    assert own, found.text
    make.rows.ids["coverage_gap"] += own


DECLARED = Declared(
    rows=rows,
    collections={"/oversight/v1/coverage/gaps": "coverage_gap"},
    unscoped={"/oversight/v1/coverage": "numbers of what the caller sees"},
    harmless=frozenset({"reason"}),
    free={"domain": "urban_management"},
)
