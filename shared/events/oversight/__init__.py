"""Facts of oversight, one file a group of capabilities."""

from typing import Literal

Level = Literal["township", "district", "bureau"]
