"""Warnings that acts of the place's subject raise; the rules are the same for all."""

import itertools
import json

from services.oversight.warning_rules.actions import install
from tests.oversight.scene import credit_code
from tests.security.declared import Declared
from tests.security.people import OWN_CODE
from tests.security.rows import Maker

CONTRACTOR = credit_code(801)
_numbers = itertools.count(1)


async def rows(make: Maker) -> None:
    """An act that people of a body did who may not, and the warning of it."""
    if not make.rows.ids["subject"]:
        return
    async with make.service.session() as session:
        await install(session)
        await session.commit()
    number = next(_numbers)
    code = f"warned-{number}"
    account = f"system:{code}"
    await make.post(
        "act-sources",
        {
            "code": code,
            "name": make.rows.word(),
            "organisation": OWN_CODE,
            "division": make.case.place.division,
            "organisations": [OWN_CODE],
            "accounts": [account],
            "channel": "rest",
            "contact": make.rows.word(),
            "basis": make.rows.word(),
        },
        kind="act_source",
    )
    told = {
        "external_id": f"W-{number}",
        "reported_at": "2026-03-21T09:00:00+08:00",
        "kind": "check",
        "organisation": OWN_CODE,
        "performed_by": [CONTRACTOR],
        "stages": [{"stage": "filed", "at": "2026-03-02T09:00:00+08:00"}],
    }
    answer = await make.service.post(
        "/oversight/v1/act-batches",
        as_=make.service.token("integration", make.case.place.division, sub=account),
        headers={"Content-Type": "application/x-ndjson"},
        params={"source": code},
        content=json.dumps(told).encode(),
    )
    assert answer.status_code == 202, answer.text
    make.rows.ids["act_batch"].append(answer.json()["id"])
    await make.service.fire_timers()
    found = await make.service.get("/oversight/v1/warnings?limit=200", as_=make.bureau)
    make.rows.ids["warning"] += [
        one["id"] for one in found.json()["items"] if one["external_id"] == told["external_id"]
    ]
    results = await make.service.get(
        f"/oversight/v1/act-batches/{answer.json()['id']}/results", as_=make.bureau
    )
    assert make.rows.ids["warning"], results.text


DECLARED = Declared(
    rows=rows,
    resources={"/oversight/v1/warnings/{id}": "warning"},
    collections={
        "/oversight/v1/warnings": "warning",
        "/oversight/v1/warnings/hit-rates": "warning",
    },
    unscoped={
        "/oversight/v1/warning-rules": "the rules are the same for all",
        "/oversight/v1/warning-rules/{id}": "the rules are the same for all",
        **{
            f"/oversight/v1/warning-rules/{{id}}/{step}": "the Bureau alone, for the whole city"
            for step in ("try", "trials", "activate", "discard", "retire")
        },
    },
    names={"act_id": "act"},
    harmless=frozenset({"warning_level", "open", "rule"}),
    free={"rule": "outsourcing-suspected"},
)
