"""Budget lines, of every level."""

from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    """A line of which something was spent."""
    budget = await make.post(
        "budgets",
        {
            "division": make.case.place.division,
            "year": 2026,
            "purpose": "supervision",
            "in_budget": True,
            "amount": "120000.00",
        },
        kind="budget",
    )
    path = f"budgets/{budget['id']}"
    await make.post(f"{path}/submit")
    decision = {"appropriated": "110000.00", "document_no": make.rows.word()}
    await make.post(f"{path}/approve", decision, as_=make.colleague)
    await make.post(f"{path}/spend", {"amount": "5600.50", "item": make.rows.word()})


DECLARED = Declared(
    rows=rows,
    resources={"/registry/v1/budgets/{id}": "budget"},
    collections={"/registry/v1/budgets": "budget"},
    names={"entry_id": "entry"},  # of this, and of whatever else can be reversed
    harmless=frozenset({"year", "purpose", "in_budget"}),
    free={"year": "2026"},
)
