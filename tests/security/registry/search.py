"""Search shows what the lists of the same kinds show."""

from tests.security.declared import Declared
from tests.security.rows import Maker


async def nothing(make: Maker) -> None:
    """What is found is made by others."""


DECLARED = Declared(rows=nothing, collections={"/registry/v1/search": "subject"})
