"""On whose authority a body enforces."""

from shared.vocabulary import Term


class AuthorityKind(Term):
    OWN = "own", "法定职权"
    EMPOWERMENT = "empowerment", "赋权"
    DELEGATION = "delegation", "委托"
