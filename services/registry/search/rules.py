"""What can be searched for."""

from shared.vocabulary import Term


class SearchKind(Term):
    SUBJECT = "subject", "行政执法主体"
    OFFICER = "officer", "行政执法人员"
    POWER = "power", "行政职权"
    DELEGATION = "delegation", "委托执法"
    CONTACT_POINT = "contact_point", "基层行政执法联系点"
    LAY_MONITOR = "lay_monitor", "行政执法监督员"
    SUPERVISION_OFFICER = "supervision_officer", "行政执法监督人员"
