"""The five full coverages count the rows that others made."""

from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    """None of its own."""


DECLARED = Declared(
    rows=rows,
    collections={
        "/registry/v1/coverage": "subject",
        "/registry/v1/coverage/domains": "subject",
    },
    harmless=frozenset({"by", "covered", "in_force", "published", "certified"}),
    free={"by": None},
)
