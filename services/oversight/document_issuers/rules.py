"""Whose documents (发文机关): a supervising body, its name and its word in the number."""

from shared.refusals import Refused


class IssuerLevel(Refused):
    """Townships assist; supervision documents are the district's and the Bureau's."""

    code = "document-issuer-level"
    status = 403
    zh = "监督文书由区县以上司法行政部门制发，乡镇（街道）不制发。"
    en = "Supervision documents are issued by districts and the Bureau, not by townships."
    basis = "《行政执法监督条例》第六条"


class IssuerElsewhere(Refused):
    code = "document-issuer-elsewhere"
    status = 403
    zh = "只能登记本地区的发文机关。"
    en = "A body registers itself, or the Bureau does."


class IssuerExists(Refused):
    code = "document-issuer-exists"
    status = 409
    zh = "该地区的发文机关已登记。"
    en = "The division has an issuing body already."


class PrefixTaken(Refused):
    """Two bodies of one prefix would number one run twice."""

    code = "document-prefix-taken"
    status = 409
    zh = "该机关代字已由其他机关使用。"
    en = "Another body uses the prefix."


class IssuerMissing(Refused):
    code = "document-issuer-missing"
    status = 409
    zh = "{division} 尚未登记发文机关和机关代字。"
    en = "No issuing body is registered for {division}."


def may_keep(*, division: str, caller: str) -> None:
    """A district registers itself, the Bureau itself and any district."""
    if len(division) not in (2, 6):
        raise IssuerLevel
    if caller != division and len(caller) != 2:
        raise IssuerElsewhere
