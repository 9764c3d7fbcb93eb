"""Provisions, of every level."""

from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    """An entry that is approved."""
    provision = await make.post(
        "provisions",
        {
            "kind": "equipment",
            "division": make.case.place.division,
            "year": 2026,
            "name": make.rows.word(),
            "quantity": 20,
            "unit": "台",
            "amount": "36000.00",
        },
        kind="provision",
    )
    decision = {"document_no": make.rows.word()}
    await make.post(f"provisions/{provision['id']}/approve", decision, as_=make.colleague)


DECLARED = Declared(
    rows=rows,
    resources={"/registry/v1/provisions/{id}": "provision"},
    collections={
        "/registry/v1/provisions": "provision",
        "/registry/v1/provisions/summary": "provision",
    },
    harmless=frozenset({"year"}),
    free={"year": "2026"},
)
