"""A complaint of the place that is looked into, one taken over from the hotline."""

from tests.security.declared import Declared
from tests.security.escalation.issues import office
from tests.security.people import OWN_CODE
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    place, word = make.case.place, make.rows.word
    clerk = office(make)
    complaint = await make.post(
        "complaints",
        {
            "channel": "visit",
            "kind": "procedure",
            "title": word(),
            "content": word(),
            "division": place.division,
            "complainant": {"name": word(), "contact": word()},
        },
        kind="complaint",
    )
    make.rows.words.append(complaint["number"])
    path = f"complaints/{complaint['id']}"
    await make.post(f"{path}/accept", as_=clerk)
    body = {"handler": OWN_CODE, "handler_name": word(), "instruction": word()}
    await make.post(f"{path}/assign", body, as_=clerk)
    await make.post(f"{path}/report", {"result": word()}, as_=make.agency)
    await make.post(f"{path}/reveal", {"reason": word()}, as_=clerk)
    answer = {"outcome": "partly", "reply": word(), "method": "phone"}
    await make.post(f"{path}/answer", answer, as_=clerk)
    record = {
        "external_id": word(),
        "received_at": "2026-11-02T09:00:00+08:00",
        "kind": "other",
        "title": word(),
        "content": word(),
        "division": place.division,
    }
    made = await make.post("complaint-imports", {"source": "12345", "records": [record]})
    make.rows.ids["complaint"].append(made["results"][0]["complaint_id"])


DECLARED = Declared(
    rows=rows,
    resources={"/escalation/v1/complaints/{id}": "complaint"},
    collections={
        "/escalation/v1/complaints": "complaint",
        "/escalation/v1/complaint-imports": "complaint",
    },
    harmless=frozenset({"channel", "outcome", "source", "external_id", "against"}),
    free={"source": "12345", "external_id": "12345-1", "against": OWN_CODE},
)
