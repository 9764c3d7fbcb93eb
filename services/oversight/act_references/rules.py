"""How acts name what oversight may not know yet."""

from collections.abc import Iterable
from typing import Any

from shared.vocabulary import Term


class ReferenceKind(Term):
    """What an act refers to."""

    SUBJECT = "subject", "执法主体"
    CERTIFICATE = "certificate", "执法证件"
    ITEM = "item", "执法事项"
    DELEGATION = "delegation", "委托"


def references_of(act: dict[str, Any]) -> Iterable[str]:
    """All that an act refers to, each as `kind:code`."""
    yield f"subject:{act['organisation']}"
    if act["item_code"]:
        yield f"item:{act['item_code']}"
    for number in act["certificate_nos"]:
        yield f"certificate:{number}"
    if act["delegation_no"]:
        yield f"delegation:{act['delegation_no']}"
