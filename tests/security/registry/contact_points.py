"""A contact point with a visit."""

from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    place, word = make.case.place, make.rows.word
    if place.level == "city":
        return  # a contact point is at the grassroots
    point = await make.post(
        "contact-points",
        {
            "name": word(),
            "kind": "market",
            "division": place.division,
            "address": word(),
            "host": word(),
            "liaison": word(),
            "liaison_phone": "13900000001",
        },
        kind="contact_point",
    )
    path = f"contact-points/{point['id']}"
    await make.post(f"{path}/open", as_=make.colleague)
    visit = {"visitors": [word()], "topics": [word()], "heard": word()}
    await make.post(f"{path}/visits", visit)


DECLARED = Declared(
    rows=rows,
    resources={"/registry/v1/contact-points/{id}": "contact_point"},
    collections={"/registry/v1/contact-points": "contact_point"},
    unscoped={
        "/registry/v1/contact-points/coverage": "the townships are public, what is open in them is"
        " counted for those who see the district: see tests/registry/test_contact_points.py"
    },
)
