"""The rules of law, which belong to no division, and what is proposed about them."""

from tests.security.declared import Declared
from tests.security.rows import Maker

_LAW = "the rules that everybody's work rests on"
_BUREAU = "the Bureau alone, for the whole city"


async def _rows(make: Maker) -> None:
    """None: they are the same for all."""


DECLARED = Declared(
    rows=_rows,
    unscoped={
        "/registry/v1/rule-sets": _LAW,
        "/registry/v1/rule-sets/{code}": _LAW,
        "/registry/v1/rule-sets/{code}/close": _BUREAU,
        "/registry/v1/rule-proposals": _BUREAU,
        "/registry/v1/rule-proposals/{id}": _BUREAU,
        "/registry/v1/rule-proposals/{id}/enact": _BUREAU,
        "/registry/v1/rule-proposals/{id}/withdraw": _BUREAU,
    },
    names={"policy_id": "policy"},
)
