"""How acts name what oversight may not know yet."""

from shared.vocabulary import Term


class ReferenceKind(Term):
    """What an act refers to."""

    SUBJECT = "subject", "执法主体"
    CERTIFICATE = "certificate", "执法证件"
    ITEM = "item", "执法事项"
    DELEGATION = "delegation", "委托"
