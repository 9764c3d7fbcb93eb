"""The public register: what it shows is no secret, so that nobody is a stranger to it."""

from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    """It has none of its own."""


DECLARED = Declared(
    rows=rows,
    unscoped={
        f"/registry/v1/public/{what}": "what the law publishes, for everybody"
        for what in ("subjects", "subjects/{id}", "officers")
    },
)
