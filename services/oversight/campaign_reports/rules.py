"""What a result report compares, and when there is none."""

from shared.refusals import Refused
from shared.vocabulary import Term

KIND = "行政执法监督结果报告"
WORD = "报"
"""The word of its number."""


class CampaignNotReported(Refused):
    """A file of what has not been reported would be of figures that still move."""

    code = "campaign-not-reported"
    status = 409
    zh = "尚未报告结果，没有结果报告。"
    en = "The result is not reported; there is no report."


class Compared(Term):
    """What is set beside the campaign before."""

    INSPECTIONS = "inspections", "办结检查（次）"
    SUBJECTS = "subjects", "受检单位（家）"
    FINDINGS = "findings", "发现问题（个）"
    CONFIRMED = "confirmed", "认定问题（个）"
    RECTIFICATIONS = "rectifications", "责令整改（件）"
    MEASURES = "measures", "监督处理（件）"
    DOCUMENTS = "documents", "制发文书（件）"
