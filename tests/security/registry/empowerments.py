"""Empowerments: of a township's published subject, by a body of its district."""

from tests.registry.samples import credit_code
from tests.security.declared import Declared
from tests.security.people import DOMAIN
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    place = make.case.place
    if place.township is None:
        return
    body = {
        "name": make.rows.word(),
        "uscc": credit_code(),
        "kind": "statutory",
        "level": "district",
        "division": place.district,
        "domains": [DOMAIN],
        "legal_basis": ["《中华人民共和国行政处罚法》第二十四条"],
    }
    grantor = await make.post("subjects", body)
    await make.post(f"subjects/{grantor['id']}/submit")
    for step in ("review", "publish"):
        await make.post(f"subjects/{grantor['id']}/{step}", as_=make.colleague)
    word = make.rows.word()
    power = {
        "subject_id": grantor["id"],
        "code": f"P{word[2:]}",
        "name": word,
        "kind": "penalty",
        "domains": [DOMAIN],
        "basis": [f"《{make.rows.word()}》第一条"],
        "township_allowed": True,
    }
    made = await make.post("powers", power)
    await make.post(f"powers/{made['id']}/activate", as_=make.colleague)
    proposal = {
        "power_id": made["id"],
        "subject_id": make.rows.ids["subject"][-1],
        "decision": {
            "decision_no": make.rows.word(),
            "decided_by": "重庆市人民政府",
            "decided_on": "2026-05-20",
            "published_on": "2026-06-01",
            "published_in": make.rows.word(),
        },
        "basis": [f"《{make.rows.word()}》第二条"],
        "effective_on": "2027-01-01",
    }
    await make.post("empowerments", proposal, kind="empowerment")


DECLARED = Declared(
    rows=rows,
    resources={"/registry/v1/empowerments/{id}": "empowerment"},
    collections={
        "/registry/v1/empowerments": "empowerment",
        "/registry/v1/authority": "power",
    },
    names={"grantor_id": "subject"},
    harmless=frozenset({"authority", "power_code"}),
    free={"power_code": "P0"},
)
