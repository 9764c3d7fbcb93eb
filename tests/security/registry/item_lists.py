"""Township item lists: one in force that was evaluated, with an item and its procedure."""

from tests.security.declared import Declared
from tests.security.people import DOMAIN
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    place, own = make.case.place, make.rows
    if place.level != "township":
        return
    made = await make.post("item-lists", {"division": place.division}, kind="item_list")
    path = f"item-lists/{made['id']}"
    word = own.word()
    item = {
        "kind": "statutory",
        "code": f"P{word[2:]}",
        "name": word,
        "power_kind": "penalty",
        "domains": [DOMAIN],
        "basis": [f"《{own.word()}》第一条"],
    }
    listed = await make.post(f"{path}/items", item, kind="item")
    laid_down = await make.service.put(
        f"/registry/v1/power-items/{listed['id']}/procedure",
        as_=make.bureau,
        json={"lead": {"name": own.word()}},
    )
    assert laid_down.is_success, laid_down.text
    await make.post(f"{path}/submit")
    await make.post(f"{path}/review", as_=make.colleague)
    await make.post(f"{path}/decide", {"decision_no": own.word(), "decided_on": "2026-02-01"})
    await make.post(f"{path}/publish")
    await make.post(f"{path}/evaluate", {"result": "keep", "note": own.word()})


DECLARED = Declared(
    rows=rows,
    resources={
        "/registry/v1/item-lists/{id}": "item_list",
        "/registry/v1/power-items/{id}": "item",
    },
    collections={"/registry/v1/item-lists": "item_list"},
    names={"based_on": "item_list", "against": "item_list"},
    harmless=frozenset({"township", "overdue", "power_ended"}),
    free={"township": "500106001"},
)
