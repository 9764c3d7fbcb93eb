"""Decisions about enforcement subjects: values in, `Refused` out."""

from collections.abc import Collection, Mapping, Sequence

from shared.law.divisions import Level, level_of
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class SubjectKind(Term):
    """On what footing a body enforces."""

    STATUTORY = "statutory", "法定"
    AUTHORISED_BY_LAW = "authorised_by_law", "授权"
    ENTRUSTED = "entrusted", "受委托"
    DISPATCHED = "dispatched", "派出"


class Domain(Term):
    """Domains of enforcement: the seven of 大综合一体化行政执法条例, and those beside them."""

    URBAN_MANAGEMENT = "urban_management", "城市管理"
    MARKET_REGULATION = "market_regulation", "市场监管"
    ECOLOGY_ENVIRONMENT = "ecology_environment", "生态环境"
    CULTURE_TOURISM = "culture_tourism", "文化旅游"
    TRANSPORT = "transport", "交通运输"
    EMERGENCY_MANAGEMENT = "emergency_management", "应急管理"
    AGRICULTURE = "agriculture", "农业"
    COMPREHENSIVE = "comprehensive", "综合"
    """A township's one team enforces in several domains."""
    NATURAL_RESOURCES = "natural_resources", "规划自然资源"
    HOUSING_CONSTRUCTION = "housing_construction", "住房城乡建设"
    WATER_RESOURCES = "water_resources", "水利"
    FORESTRY = "forestry", "林业"
    HEALTH = "health", "卫生健康"
    LABOUR = "labour", "人力社保"
    PUBLIC_SECURITY = "public_security", "公安"
    OTHER = "other", "其他"


class SubjectState(Term):
    DRAFT = "draft", "草稿"
    SUBMITTED = "submitted", "已提交"
    UNDER_REVIEW = "under_review", "审核中"
    PUBLISHED = "published", "已公示"
    SUSPENDED = "suspended", "暂停"
    REVOKED = "revoked", "已撤销"
    MERGED = "merged", "已合并"


ENDED = (SubjectState.REVOKED, SubjectState.MERGED)
_STANDING = (SubjectState.PUBLISHED, SubjectState.SUSPENDED)
_ANOTHER = "another person than who submitted"

LIFECYCLE = Lifecycle(
    SubjectState.DRAFT,
    [
        Transition("change", SubjectState.DRAFT, None, "subject:draft"),
        Transition("submit", SubjectState.DRAFT, SubjectState.SUBMITTED, "subject:submit"),
        Transition(
            "review",
            SubjectState.SUBMITTED,
            SubjectState.UNDER_REVIEW,
            "subject:review",
            needs=_ANOTHER,
        ),
        Transition(
            "return",
            (SubjectState.SUBMITTED, SubjectState.UNDER_REVIEW),
            SubjectState.DRAFT,
            "subject:review",
            needs="a reason",
        ),
        Transition(
            "publish",
            SubjectState.UNDER_REVIEW,
            SubjectState.PUBLISHED,
            "subject:publish",
            needs=f"{_ANOTHER}, and what rule subject.publication asks for",
        ),
        Transition("change", _STANDING, None, "subject:change"),
        Transition(
            "suspend", SubjectState.PUBLISHED, SubjectState.SUSPENDED, "subject:suspend", "a reason"
        ),
        Transition("resume", SubjectState.SUSPENDED, SubjectState.PUBLISHED, "subject:suspend"),
        Transition(
            "revoke",
            (SubjectState.DRAFT, *_STANDING),
            SubjectState.REVOKED,
            "subject:revoke",
            needs="a reason",
        ),
        Transition(
            "merge", _STANDING, SubjectState.MERGED, "subject:merge", needs="a published successor"
        ),
    ],
    terminal=ENDED,
)

_NOT_BY_SUBMITTER = frozenset({"review", "publish"})


class LevelMismatch(Refused):
    """The level is not that of the division."""

    code = "subject-level-mismatch"
    status = 422
    zh = "主体层级（{level}）与区划 {division} 的层级（{expected}）不一致。"
    en = "The level {level} is not that of the division {division}, which is {expected}."


class CreditCodeTaken(Refused):
    """A subject that has not ended has this code."""

    code = "subject-credit-code-taken"
    zh = "该统一社会信用代码已登记有效的执法主体。"
    en = "An enforcement subject in force is registered under this credit code."


class NotInCharge(Refused):
    """The caller may read this, and may not act on it."""

    code = "not-in-charge"
    status = 403
    zh = "您可以查看，但无权办理：须由本单位或有管辖权的司法行政部门办理。"
    en = "You may read this, but only the body itself or the legal office in charge may act on it."


class SelfApproval(Refused):
    """Who submitted does not review."""

    code = "self-approval"
    zh = "提交人不得审核或公示自己提交的事项。"
    en = "Who submitted it can neither review nor publish it."


class PublicationIncomplete(Refused):
    """Something is missing that must be filed before publication."""

    code = "subject-publication-incomplete"
    status = 422
    zh = "公示前须补齐：{missing}。"
    en = "To be filed before publication: {missing}."


class SuccessorNotPublished(Refused):
    """Only a published subject, and another one, can take over."""

    code = "subject-successor-not-published"
    status = 422
    zh = "承接主体须为另一个已公示的执法主体。"
    en = "The successor must be another subject, and a published one."


class SubjectEnded(Refused):
    """The subject was revoked or merged."""

    code = "subject-ended"
    zh = "该执法主体已撤销或合并。"
    en = "The enforcement subject was revoked or merged."


def allowed_actions(
    *, state: str, permissions: Collection[str], caller: str, submitted_by: str | None
) -> list[str]:
    """What somebody in charge may do now."""
    actions = LIFECYCLE.allowed_actions(state, permissions)
    if caller == submitted_by:
        return [action for action in actions if action not in _NOT_BY_SUBMITTER]
    return actions


def permission_of(action: str, state: str) -> str:
    """The permission that `action` takes from `state`: to change a draft takes less than later."""
    return next(
        transition.permission or ""
        for transition in LIFECYCLE.transitions
        if transition.action == action and state in transition.sources
    )


def may_register(*, level: Level, division: str) -> None:
    """A body enforces at the level of the division that it belongs to."""
    expected = level_of(division)
    if level is not expected:
        raise LevelMismatch(level=str(level), division=division, expected=str(expected))


def may_approve(*, approver: str, submitted_by: str | None) -> None:
    """Review and publication are the decision of somebody else than who submitted."""
    if approver == submitted_by:
        raise SelfApproval


def may_publish(*, requires: Sequence[str], filed: Mapping[str, object]) -> None:
    """`requires` names fields, by the rule `subject.publication` in force."""
    if missing := [name for name in requires if not filed.get(name)]:
        raise PublicationIncomplete(missing=missing)


def may_succeed(*, state: str, same: bool) -> None:
    """A merged subject's successor carries its powers on, so it must be able to."""
    if same or state != SubjectState.PUBLISHED:
        raise SuccessorNotPublished


def may_have_officers(*, state: str | None) -> None:
    """Officers are filed under a body that exists."""
    if state in ENDED:
        raise SubjectEnded
