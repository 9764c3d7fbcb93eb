"""Evidence of the inspection of the case, sealed where the subject may know of it."""

from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    inspection = make.rows.ids["inspection"][0]
    division = "500106" if make.case.concealed else "50"
    role = "district_supervisor" if make.case.concealed else "bureau_supervisor"
    answer = await make.service.post(
        "/oversight/v1/evidence",
        as_=make.service.token(role, division, sub="keeper"),
        params={
            "inspection_id": inspection,
            "name": f"{make.rows.word()}.txt",
            "note": make.rows.word(),
        },
        content=make.rows.word().encode(),
        headers={"Content-Type": "text/plain"},
    )
    assert answer.status_code == 201, answer.text
    make.rows.ids["evidence"].append(answer.json()["id"])
    make.rows.words.append(answer.json()["sha256"])
    if make.case.concealed:
        return
    await make.post(
        "evidence-seals",
        {
            "inspection_id": inspection,
            "evidence_ids": make.rows.ids["evidence"],
            "reason": make.rows.word(),
        },
        kind="evidence_seal",
    )


DECLARED = Declared(
    rows=rows,
    resources={
        "/oversight/v1/evidence/{id}": "evidence",
        "/oversight/v1/evidence-seals/{id}": "evidence_seal",
    },
    collections={
        "/oversight/v1/evidence": "evidence",
        "/oversight/v1/evidence-seals": "evidence_seal",
    },
    names={
        "evidence_ids": "evidence",
        "evidence_id": "evidence",
        "replaces": "evidence",
        "case_file_id": "case_file",
        "measure_id": "measure",
    },
)
