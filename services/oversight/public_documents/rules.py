"""What the public is told of a document."""

from shared.vocabulary import Term


class PublicState(Term):
    VALID = "valid", "有效"
    AMENDED = "amended", "已变更"
    REVOKED = "revoked", "已撤销"
