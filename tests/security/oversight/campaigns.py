"""Campaigns of the place's own supervisors; in the concealed case, secret ones."""

from typing import Any

from tests.oversight.campaigns import plan
from tests.security.declared import Declared
from tests.security.people import BUREAU_CODE, DOMAIN
from tests.security.rows import Maker


def supervisor(make: Maker, sub: str = "planner") -> str:
    """A supervisor of the place's own body; of the district where it is to be a secret."""
    place = make.case.place
    role, division = {
        "city": ("bureau_supervisor", "50"),
        "district": ("district_supervisor", str(place.district)),
        "township": ("township_supervision_office", place.division),
    }["district" if make.case.concealed else place.level]
    return make.service.token(role, division, sub=sub)


def divisions(make: Maker) -> list[str]:
    """What it inspects in; one of the whole city would be known to its districts, as it should."""
    return ["500119" if make.case.place.level == "city" else make.case.place.division]


async def campaign(make: Maker, **more: Any) -> dict[str, Any]:
    """A running campaign that inspects in the place."""
    word = make.rows.word
    body = plan(
        theme=word(),
        plan=word(),
        ground_reference=word(),
        divisions=divisions(make),
        domains=[DOMAIN],
        starts_on="2026-01-01",
        mode="unannounced" if make.case.concealed else "announced",
        **more,
    )
    made = await make.post("campaigns", body, as_=supervisor(make), kind="campaign")
    path = f"campaigns/{made['id']}"
    await make.post(f"{path}/approve", as_=supervisor(make, "approver"))
    return await make.post(f"{path}/start", as_=supervisor(make))


async def rows(make: Maker) -> None:
    """One that runs, and one that was sent back."""
    await campaign(make)
    made = await make.post(
        "campaigns",
        plan(
            theme=make.rows.word(),
            divisions=divisions(make),
            mode="unannounced" if make.case.concealed else "file_review",
        ),
        as_=supervisor(make),
        kind="campaign",
    )
    reason = {"reason": make.rows.word()}
    await make.post(f"campaigns/{made['id']}/return", reason, as_=supervisor(make, "approver"))
    # A secret one is known once it is reported; one of the city inspects elsewhere.
    if make.rows.ids["subject"] and make.case.place.level != "city":
        await reported(make)


async def reported(make: Maker) -> None:
    """One with an inspection that is over and a result that is reported."""
    made = await campaign(make)
    holder = supervisor(make)
    inspection = await make.post(
        "inspections",
        {
            "subject_id": make.rows.ids["subject"][0],
            "campaign_id": made["id"],
            "kind": "special",
            "mode": "announced",
            "theme": make.rows.word(),
            "planned_on": "2026-12-01",
            "inspectors": [
                {"sub": "li", "name": make.rows.word(), "organisation": BUREAU_CODE},
                {"sub": "wang", "name": "王强", "organisation": BUREAU_CODE},
            ],
            "basis": make.rows.word(),
        },
        as_=holder,
        kind="inspection",
    )
    for step in ("accept", "notify", "start", "seal", "sign", "close"):
        body = {"reason": make.rows.word()} if step == "seal" else None
        await make.post(f"inspections/{inspection['id']}/{step}", body, as_=holder)
    await make.post(f"campaigns/{made['id']}/report", {"summary": make.rows.word()}, as_=holder)
    make.rows.ids["campaign_report"].append(made["id"])
    path = f"/oversight/v1/campaigns/{made['id']}/report"
    report = (await make.service.get(path, as_=holder)).json()
    make.rows.words.append(report["digest"])  # what the file's headers say


DECLARED = Declared(
    rows=rows,
    resources={
        "/oversight/v1/campaigns/{id}": "campaign",
        "/oversight/v1/campaigns/{id}/report": "campaign_report",
    },
    collections={"/oversight/v1/campaigns": "campaign"},
    names={"campaign_id": "campaign"},
    harmless=frozenset({"ground", "mandatory"}),
)
