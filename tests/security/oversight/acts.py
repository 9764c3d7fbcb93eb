"""A source of the place, and an act of the place's subject that it told of."""

import itertools
import json
from typing import Any

from tests.security.declared import Declared
from tests.security.people import OWN_CODE
from tests.security.rows import Maker

_numbers = itertools.count(1)


async def rows(make: Maker) -> None:
    """A source with a mapping, a batch with a record that is taken and one that is refused."""
    if not make.rows.ids["subject"]:
        return
    number = next(_numbers)
    code = f"source-{number}"
    account = f"system:{code}"
    source = await make.post(
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
    mapping = {"codes": {"kind": {"01": "penalty"}}, "note": make.rows.word()}
    await make.post(f"act-sources/{source['id']}/map", mapping)
    told = {
        "external_id": f"A-{number}",
        "reported_at": "2026-03-21T09:00:00+08:00",
        "kind": "01",
        "organisation": OWN_CODE,
        "title": make.rows.word(),
        "party": {"kind": "enterprise", "name": make.rows.word()},
        "stages": [{"stage": "filed", "at": "2026-03-02T09:00:00+08:00"}],
    }
    changed = {**told, "revision": 2, "title": make.rows.word(), "reason": make.rows.word()}
    wrong = {**told, "external_id": f"B-{number}", "kind": "x"}
    batch = await _sent(make, code, account, told, wrong)
    await _sent(make, code, account, changed)
    results = await make.service.get(f"/oversight/v1/act-batches/{batch}/results", as_=make.bureau)
    make.rows.ids["act"].append(results.json()["items"][0]["act_id"])
    reconciled = await make.service.post(
        "/oversight/v1/act-reconciliations",
        as_=make.service.token("integration", make.case.place.division, sub=account),
        json={
            "source": code,
            "day": "2026-03-02",
            "count": 1,
            "external_ids": [make.rows.word()],
        },
    )
    assert reconciled.is_success, reconciled.text
    make.rows.ids["act_reconciliation"].append(reconciled.json()["id"])
    await make.post(
        "sharing-entries",
        {
            "organisation": OWN_CODE,
            "organisation_name": make.rows.word(),
            "division": make.case.place.division,
            "direction": "supplies",
            "data": make.rows.word(),
            "items": [make.rows.word()],
            "basis": make.rows.word(),
            "every_days": 1,
            "source_id": source["id"],
        },
        kind="sharing_entry",
    )


async def _sent(make: Maker, source: str, account: str, *told: Any) -> str:
    """A batch that is worked off; its id."""
    answer = await make.service.post(
        "/oversight/v1/act-batches",
        as_=make.service.token("integration", make.case.place.division, sub=account),
        headers={"Content-Type": "application/x-ndjson"},
        params={"source": source},
        content="\n".join(json.dumps(one) for one in told).encode(),
    )
    assert answer.status_code == 202, answer.text
    await make.service.fire_timers()
    make.rows.ids["act_batch"].append(answer.json()["id"])
    return str(answer.json()["id"])


DECLARED = Declared(
    rows=rows,
    resources={
        "/oversight/v1/act-sources/{id}": "act_source",
        "/oversight/v1/act-batches/{id}": "act_batch",
        "/oversight/v1/acts/{id}": "act",
        "/oversight/v1/act-reconciliations/{id}": "act_reconciliation",
        "/oversight/v1/sharing-entries/{id}": "sharing_entry",
    },
    collections={
        "/oversight/v1/act-sources": "act_source",
        "/oversight/v1/act-batches": "act_batch",
        "/oversight/v1/acts": "act",
        "/oversight/v1/acts/export": "act",
        "/oversight/v1/act-reconciliations": "act_reconciliation",
        "/oversight/v1/sharing-entries": "sharing_entry",
    },
    unscoped={"/oversight/v1/act-batches/template": "the columns are the same for all"},
    names={"source_id": "act_source"},
    harmless=frozenset(
        {
            *("source", "format", "refused", "direction", "stage", "certificate_no"),
            *("result", "unresolved"),
        }
    ),
    free={"source": None, "certificate_no": "渝050106001", "result": "fine"},
)
