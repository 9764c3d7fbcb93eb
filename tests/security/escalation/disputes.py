"""A dispute between two bodies of the place that the level coordinates."""

from tests.oversight.scene import credit_code
from tests.security.declared import Declared
from tests.security.people import OWN_CODE
from tests.security.rows import Maker

OTHER_PARTY = credit_code(911)


def coordinators(make: Maker) -> tuple[str, str]:
    """Two persons of the level that coordinates at the place."""
    place = make.case.place
    role = "district_supervisor" if place.district else "bureau_supervisor"
    division = place.district or place.division
    first, second = (make.service.token(role, division, sub=sub) for sub in ("co", "ordinator"))
    return first, second


async def rows(make: Maker) -> None:
    word, division = make.rows.word, make.case.place.division
    clerk, director = coordinators(make)
    other = make.service.token("agency_user", division, organisation=OTHER_PARTY, sub="other")
    dispute = await make.post(
        "disputes",
        {
            "kind": "jurisdiction",
            "title": word(),
            "facts": word(),
            "division": division,
            "applicant": {"organisation": OWN_CODE, "name": word(), "division": division},
            "others": [{"organisation": OTHER_PARTY, "name": word(), "division": division}],
        },
        as_=make.agency,
        kind="dispute",
    )
    make.rows.words.append(dispute["number"])
    path = f"disputes/{dispute['id']}"
    await make.post(f"{path}/propose-terms", {"terms": word()}, as_=make.agency)
    asks = {"application": word(), "negotiation": word(), "documents": [{"title": word()}]}
    await make.post(f"{path}/apply", asks, as_=make.agency)
    await make.post(f"{path}/accept", as_=clerk)
    await make.post(f"{path}/order-interim", {"measures": [word()]}, as_=clerk)
    await make.post(f"{path}/forward", as_=clerk)
    await make.post(f"{path}/reply", {"reply": word()}, as_=other)
    await make.post(f"{path}/coordinate", as_=clerk)
    opinion = {"opinion": word(), "competent": []}
    await make.post(f"{path}/propose-opinion", opinion, as_=clerk)
    await make.post(f"{path}/issue-opinion", as_=director)
    await make.post(f"{path}/object", {"reason": word()}, as_=other)


DECLARED = Declared(
    rows=rows,
    resources={"/escalation/v1/disputes/{id}": "dispute"},
    collections={"/escalation/v1/disputes": "dispute"},
    harmless=frozenset({"outcome", "pending", "organisation"}),
    free={"organisation": OWN_CODE},
)
