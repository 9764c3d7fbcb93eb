"""What can be searched for."""

from shared.vocabulary import Term


class SearchKind(Term):
    SUBJECT = "subject", "行政执法主体"
    OFFICER = "officer", "行政执法人员"
    POWER = "power", "行政职权"
    SUPERVISION_OFFICER = "supervision_officer", "行政执法监督人员"
