"""The indicators: numbers of what the caller sees, by codes that are the same for all."""

from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    """They have none of their own."""


DECLARED = Declared(
    rows=rows,
    unscoped={
        f"/oversight/v1/indicators{what}": "numbers of what the caller sees"
        for what in ("", "/{code}")
    },
)
