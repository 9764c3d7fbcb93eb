"""Somebody invited to the inspection of the place."""

from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    word = make.rows.word
    inspection = make.rows.ids["inspection"][-1]
    body = {"kind": "expert", "name": word(), "affiliation": word(), "purpose": word()}
    made = await make.post(f"inspections/{inspection}/participants", body, kind="participant")
    clear = {"no_interest": True, "declaration": word()}
    await make.post(f"participants/{made['id']}/accept", clear)


DECLARED = Declared(
    rows=rows,
    resources={"/oversight/v1/participants/{id}": "participant"},
)
