"""Decisions about the scheme of an appraisal (评议考核方案): values in, `Refused` out."""

from collections.abc import Collection, Sequence
from decimal import Decimal

from shared.law.divisions import Level, level_of
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

RESPONSIBILITY_15 = "《重庆市行政执法责任制条例》第十五条"


class SchemeState(Term):
    DRAFTED = "drafted", "草案"
    ADOPTED = "adopted", "已印发"
    SUPERSEDED = "superseded", "已被新版取代"
    DISCARDED = "discarded", "已废弃"


class Appraised(Term):
    """Who is appraised by a scheme; of one kind, so that a ranking compares like with like."""

    SUBJECTS = "subjects", "执法主体"
    DISTRICTS = "districts", "区县政府"
    TOWNSHIPS = "townships", "乡镇政府（街道办事处）"


LEVELS = {Appraised.DISTRICTS: Level.DISTRICT, Appraised.TOWNSHIPS: Level.TOWNSHIP}
"""The level of the governments that a scheme appraises."""


class IndicatorSource(Term):
    SELF = "self", "自评并复核"
    AUTOMATIC = "automatic", "系统取数"


class AppraisalMeasure(Term):
    """What is taken from oversight's own data, for a subject and the scheme's year."""

    FINDINGS_CONFIRMED = "findings_confirmed", "认定的问题数"
    FINDINGS_GRAVE = "findings_grave", "认定的严重问题数"
    RECTIFICATIONS_OVERDUE = "rectifications_overdue", "逾期未改的整改数"
    RECTIFICATIONS_VERIFIED = "rectifications_verified", "按期验收合格的整改占比(%)"
    INSPECTIONS_CLEAN = "inspections_clean", "未认定问题的监督检查占比(%)"
    OFFICERS_CERTIFIED = "officers_certified", "在岗在编人员持证率(%)"
    CASE_FILES = "case_files", "案卷评查平均分"


SHARES = frozenset(
    {
        AppraisalMeasure.RECTIFICATIONS_VERIFIED,
        AppraisalMeasure.INSPECTIONS_CLEAN,
        AppraisalMeasure.OFFICERS_CERTIFIED,
        AppraisalMeasure.CASE_FILES,
    }
)
"""Measures of which more is better; the others count what went wrong."""
OF_FINDINGS = frozenset({AppraisalMeasure.FINDINGS_CONFIRMED, AppraisalMeasure.FINDINGS_GRAVE})
"""Measures that can be narrowed to some codes of the code book."""

LIFECYCLE = Lifecycle(
    SchemeState.DRAFTED,
    [
        Transition("change", SchemeState.DRAFTED, None, "appraisal_scheme:draft"),
        Transition(
            "adopt",
            SchemeState.DRAFTED,
            SchemeState.ADOPTED,
            "appraisal_scheme:adopt",
            needs="another person than who drafted it, and weights that make up the total",
        ),
        Transition(
            "discard",
            SchemeState.DRAFTED,
            SchemeState.DISCARDED,
            "appraisal_scheme:draft",
            needs="a reason",
        ),
        Transition(
            "supersede",
            SchemeState.ADOPTED,
            SchemeState.SUPERSEDED,
            needs="a later edition is adopted",
        ),
    ],
    terminal=(SchemeState.SUPERSEDED, SchemeState.DISCARDED),
)


class SchemeDraftExists(Refused):
    """One edition is drafted at a time."""

    code = "appraisal-scheme-draft-exists"
    zh = "该区划该年度已有评议考核方案草案。"
    en = "An edition of the scheme of that division and year is being drafted already."


class SchemeAdoptedMeanwhile(Refused):
    """One edition is in force."""

    code = "appraisal-scheme-adopted-meanwhile"
    zh = "该区划该年度的另一版评议考核方案刚刚印发。"
    en = "Another edition of the scheme of that division and year was adopted meanwhile."


class SchemeOfTownship(Refused):
    """Appraisals are held by counties and above, of the bodies in their townships too."""

    code = "appraisal-scheme-of-a-township"
    status = 422
    zh = "评议考核由区县以上组织，方案不得以乡镇（街道）为单位（{division}）。"
    en = "A scheme belongs to a district or the city, not to the township {division}."


class SchemeNotFromAbove(Refused):
    """A government is appraised by one above it, never by its equal or by itself."""

    code = "appraisal-scheme-not-from-above"
    status = 422
    zh = "{division} 不是{appraised}的上级，不得制定以其为对象的考核方案。"
    en = "{division} is not above the {kind}, and cannot appraise them."


class SchemeWeightsOff(Refused):
    """The weights do not make up the total that the rule asks for."""

    code = "appraisal-scheme-weights-off"
    status = 422
    zh = "各指标分值合计 {sum}，应为 {total}。"
    en = "The weights add up to {sum}; they must make up {total}."


class SchemeFindingCodeUnknown(Refused):
    """An indicator or veto names a finding's code that the code book does not have."""

    code = "appraisal-scheme-finding-code-unknown"
    status = 422
    zh = "问题代码 {finding_code} 不在问题代码表中。"
    en = "The code book has no code {finding_code}."


class SchemeSelfAdopted(Refused):
    """Two pairs of eyes."""

    code = "appraisal-scheme-self-adopted"
    status = 403
    zh = "起草人不得印发自己起草的评议考核方案。"
    en = "Who drafted a scheme does not adopt it."


def may_lie_in(division: str, appraised: Appraised) -> None:
    """A district's or the city's, and above the governments that it appraises."""
    if level_of(division) is Level.TOWNSHIP:
        raise SchemeOfTownship(division=division)
    if appraised is Appraised.DISTRICTS and level_of(division) is not Level.CITY:
        raise SchemeNotFromAbove(division=division, appraised=appraised.label, kind=str(appraised))


def may_count(named: Collection[str], *, known: Collection[str]) -> None:
    """Findings are counted by codes that there are."""
    for code in sorted(set(named) - set(known)):
        raise SchemeFindingCodeUnknown(finding_code=code)


def may_adopt(
    *, caller: str, authors: Collection[str], weights: Sequence[Decimal], total: Decimal
) -> None:
    """By another than the authors, with weights that make up `total`."""
    if caller in authors:
        raise SchemeSelfAdopted
    if sum(weights) != total:
        raise SchemeWeightsOff(sum=f"{sum(weights):.2f}", total=f"{total:.2f}")


def allowed_actions(
    *,
    state: str,
    permissions: Collection[str],
    caller: str,
    authors: Collection[str],
    weights: Sequence[Decimal],
    total: Decimal,
) -> list[str]:
    """What somebody who is in charge of the scheme may do now."""
    actions = LIFECYCLE.allowed_actions(state, permissions)
    if caller in authors or sum(weights) != total:
        actions = [action for action in actions if action != "adopt"]
    return actions
