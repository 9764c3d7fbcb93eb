"""Links between findings, beside the findings that every place has."""

from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    """The two findings of the place, linked."""
    if len(findings := make.rows.ids["finding"]) > 1:
        one, other = findings[:2]
        body = {"finding_id": other, "kind": "same_cause", "note": make.rows.word()}
        await make.post(f"findings/{one}/link", body)


DECLARED = Declared(
    rows=rows,
    harmless=frozenset({"act_number", "duplicate"}),
    free={"act_number": "沙城管罚〔2026〕1号"},
)
