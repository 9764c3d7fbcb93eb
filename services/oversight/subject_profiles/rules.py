"""What a profile is made of."""

from datetime import datetime
from typing import NamedTuple


class Counted(NamedTuple):
    """Numbers by section and key, and when inspectors were last on site."""

    numbers: dict[str, dict[str, int]]
    last_inspected_at: datetime | None
