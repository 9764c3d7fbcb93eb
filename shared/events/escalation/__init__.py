"""Facts of escalation, one module a noun."""

from typing import Literal

Level = Literal["township", "district", "bureau"]
"""Who has to act."""
