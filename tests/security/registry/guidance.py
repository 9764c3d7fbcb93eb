"""Guidance: a department assigned to a township, a session of one of a district or the city."""

from tests.security.declared import Declared
from tests.security.people import DOMAIN
from tests.security.rows import Maker

# Of the place, and yet none of those who must not see it there.
GUIDED = {"district": "500106105", "city": "500103001"}


async def rows(make: Maker) -> None:
    place, own = make.case.place, make.rows
    if place.level == "township":
        link = {"division": place.division, "domain": DOMAIN, "department": own.word()}
        await make.post("guidance-links", link, kind="guidance_link")
        return
    session = {
        "division": place.division,
        "townships": [GUIDED[place.level]],
        "kind": "case",
        "topic": own.word(),
        "domains": [DOMAIN],
        "department": own.word(),
        "planned_on": "2026-12-10",
    }
    await make.post("guidances", session, kind="guidance")


DECLARED = Declared(
    rows=rows,
    resources={
        "/registry/v1/guidance-links/{id}": "guidance_link",
        "/registry/v1/guidances/{id}": "guidance",
    },
    collections={
        "/registry/v1/guidance-links": "guidance_link",
        "/registry/v1/guidances": "guidance",
    },
    names={"department_id": "subject", "item_id": "item"},
    harmless=frozenset({"township", "item_code"}),
    free={"item_code": "330217001000"},
)
