"""Delegations: of a power of the published subject, a draft and one in force."""

from tests.registry.samples import credit_code
from tests.security.declared import Declared
from tests.security.registry.powers import power
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    for begins in (False, True):
        code = credit_code()
        make.rows.codes.append(code)
        body = {
            "delegator_id": make.rows.ids["subject"][-1],
            "trustee": {
                "kind": "public_affairs",
                "name": make.rows.word(),
                "credit_code": code,
            },
            "power_ids": [await power(make)],
            "division": make.case.place.division,
            "authority": make.rows.word(),
            "basis": [f"《{make.rows.word()}》第一条"],
            "valid_from": "2026-11-01",
            "valid_to": "2028-10-31",
        }
        made = await make.post("delegations", body, kind="delegation")
        if not begins:
            continue
        path = f"delegations/{made['id']}"
        opinion = {
            "administers_public_affairs": True,
            "qualified_staff": 2,
            "equipped": True,
            "opinion": make.rows.word(),
        }
        await make.post(f"{path}/evaluate", opinion, as_=make.colleague)
        third = make.service.token("bureau_supervisor", sub="third")
        await make.post(f"{path}/approve", as_=third)
        await make.post(f"{path}/sign", {"deed_no": make.rows.word(), "sha256": "0" * 64})
        await make.post(f"{path}/file")
        await make.post(f"{path}/publish", {"published_in": make.rows.word()})
        await make.service.fire_timers()


DECLARED = Declared(
    rows=rows,
    resources={"/registry/v1/delegations/{id}": "delegation"},
    collections={"/registry/v1/delegations": "delegation"},
    names={
        "delegation_id": "delegation",
        "delegator_id": "subject",
        "trustee_id": "subject",
        "power_id": "power",
        "power_ids": "power",
    },
    harmless=frozenset({"ends_before"}),
    free={"ends_before": "2035-01-01"},
)
