"""Staffing plans, of every level."""

from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    """An approved plan."""
    staffing = await make.post(
        "staffing",
        {
            "division": make.case.place.division,
            "body_kind": "supervision_authority",
            "year": 2099,
            "headcount": 6,
        },
        kind="staffing",
    )
    decision = {"approval_no": make.rows.word()}
    await make.post(f"staffing/{staffing['id']}/approve", decision, as_=make.colleague)


DECLARED = Declared(
    rows=rows,
    resources={"/registry/v1/staffing/{id}": "staffing"},
    collections={"/registry/v1/staffing": "staffing"},
    harmless=frozenset({"body_kind", "year", "short"}),
    free={"year": "2099"},
)
