"""Annual statistics of the place that are not published; those that are, are for everybody."""

import itertools

from tests.security.declared import Declared
from tests.security.rows import Maker

_years = itertools.cycle(range(1999, 2025))


async def rows(make: Maker) -> None:
    if make.case.concealed:
        return
    row = await make.post(
        "annual-statistics",
        {"division": make.case.place.division, "year": next(_years), "note": make.rows.word()},
        kind="annual_statistics",
    )
    make.rows.words.append(row["digest"])  # what the file's headers say
    reason = {"reason": make.rows.word()}
    await make.post(f"annual-statistics/{row['id']}/return", reason, as_=make.colleague)


_PUBLIC = "/oversight/v1/public/annual-statistics"
_NUMBERS = "of a year that must be named: tests/oversight/test_statistics.py"

DECLARED = Declared(
    rows=rows,
    resources={"/oversight/v1/annual-statistics/{id}": "annual_statistics"},
    collections={"/oversight/v1/annual-statistics": "annual_statistics"},
    unscoped={
        **dict.fromkeys((_PUBLIC, f"{_PUBLIC}/{{id}}/file"), "what is published, for everybody"),
        **{f"/oversight/v1/statistics{what}": _NUMBERS for what in ("", "/bodies", "/export")},
    },
    harmless=frozenset({"year"}),
    free={"year": "2024"},
)
