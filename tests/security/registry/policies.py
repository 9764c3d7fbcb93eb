"""The legal and policy texts, which belong to no division."""

from tests.security.declared import Declared
from tests.security.rows import Maker

_WHY = "the texts that everybody's work rests on"


async def _rows(make: Maker) -> None:
    """None: they are the same for all."""


DECLARED = Declared(
    rows=_rows,
    unscoped={
        "/registry/v1/policies": _WHY,
        "/registry/v1/policies/{id}": _WHY,
        "/registry/v1/policies/{id}/articles": _WHY,
        "/registry/v1/policies/{id}/articles/{number}": _WHY,
        "/registry/v1/policies/{id}/editions": _WHY,
        "/registry/v1/policies/{id}/publish": "the Bureau alone, for the whole city",
        "/registry/v1/policies/{id}/amend": "the Bureau alone, for the whole city",
        "/registry/v1/policies/{id}/repeal": "the Bureau alone, for the whole city",
    },
)
