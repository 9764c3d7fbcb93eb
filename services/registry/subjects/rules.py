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
    SPLIT = "split", "已分立"


ENDED = (SubjectState.REVOKED, SubjectState.MERGED, SubjectState.SPLIT)
_STANDING = (SubjectState.PUBLISHED, SubjectState.SUSPENDED)
_ANOTHER = "another person than who submitted"
_SUPPORT = "the body that it rests on published"

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
            needs=f"{_ANOTHER}, what rule subject.publication asks for, and {_SUPPORT}",
        ),
        Transition("change", _STANDING, None, "subject:change"),
        Transition(
            "suspend", SubjectState.PUBLISHED, SubjectState.SUSPENDED, "subject:suspend", "a reason"
        ),
        Transition(
            "resume", SubjectState.SUSPENDED, SubjectState.PUBLISHED, "subject:suspend", _SUPPORT
        ),
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
        Transition(
            "split",
            _STANDING,
            SubjectState.SPLIT,
            "subject:split",
            needs="two published successors or more",
        ),
        Transition(
            "follow",
            tuple(state for state in SubjectState if state not in ENDED),
            None,
            needs="the body that it rests on was merged, the successor takes its place",
        ),
    ],
    terminal=ENDED,
)

_NOT_BY_SUBMITTER = frozenset({"review", "publish"})
_NEEDS_SUPPORT = frozenset({"publish", "resume"})


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


class SuccessorRestsOnIt(Refused):
    """What rests on a body cannot take its place."""

    code = "subject-successor-rests-on-it"
    status = 422
    zh = "承接主体由该执法主体派出或者委托，不得承接。"
    en = "The successor rests on the body that ends, which dispatched it or entrusts it."


class SupportMismatch(Refused):
    """A parent is that of a dispatched body, a delegator that of an entrusted one."""

    code = "subject-support-mismatch"
    status = 422
    zh = "只有派出机构填写派出它的主体，只有受委托组织填写委托机关。"
    en = "Only a dispatched body has a parent, and only an entrusted one a delegator."


class SupportMissing(Refused):
    """A dispatched body has a parent, an entrusted one a delegator."""

    code = "subject-support-missing"
    status = 422
    zh = "公示前，派出机构须填写派出它的主体，受委托组织须填写委托机关。"
    en = "Before publication a dispatched body names its parent, an entrusted one its delegator."


class SupportNotPublished(Refused):
    """What rests on another body stands no longer than that one."""

    code = "subject-support-not-published"
    zh = "派出它的主体或者委托机关未公示。"
    en = "The body that dispatched or entrusted it is not published."


class SupportInCircle(Refused):
    """Nobody is dispatched by what they dispatched themselves."""

    code = "subject-support-in-circle"
    status = 422
    zh = "派出关系不得循环。"
    en = "The parent is this body itself, or one that it dispatched."


class EntrustedEntrusts(Refused):
    """An entrusted organisation does not entrust another."""

    code = "subject-entrusted-entrusts"
    status = 422
    zh = "受委托组织不得再委托其他组织实施行政处罚。"
    en = "An entrusted organisation cannot be the delegator of another."
    basis = "《中华人民共和国行政处罚法》第二十条"


class SubjectEnded(Refused):
    """The subject was revoked, merged or split."""

    code = "subject-ended"
    zh = "该执法主体已撤销、合并或分立。"
    en = "The enforcement subject was revoked, merged or split."


def allowed_actions(
    *,
    state: str,
    permissions: Collection[str],
    caller: str,
    submitted_by: str | None,
    supported: bool = True,
) -> list[str]:
    """What somebody in charge may do now; `supported` says what `is_supported` answers."""
    closed: set[str] = set()
    if caller == submitted_by:
        closed |= _NOT_BY_SUBMITTER
    if not supported:
        closed |= _NEEDS_SUPPORT
    actions = LIFECYCLE.allowed_actions(state, permissions)
    return [action for action in actions if action not in closed]


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


def may_name_support(*, kind: str, parent: bool, delegator: bool) -> None:
    """Which body a kind can rest on; it may still be left out in a draft."""
    if (parent and kind != SubjectKind.DISPATCHED) or (delegator and kind != SubjectKind.ENTRUSTED):
        raise SupportMismatch


def may_rest_on(*, kind: str, support_kind: str, support_state: str) -> None:
    """处罚法 art. 20: an entrusted organisation does not entrust; what has ended bears nothing."""
    if support_state in ENDED:
        raise SubjectEnded
    if kind == SubjectKind.ENTRUSTED and support_kind == SubjectKind.ENTRUSTED:
        raise EntrustedEntrusts


def may_be_entrusted(*, entrusts: bool) -> None:
    """The same, of a body that others are entrusted by already."""
    if entrusts:
        raise EntrustedEntrusts


def is_supported(*, kind: str, support_state: str | None) -> bool:
    """Whether a body stands by itself, or on one that is published."""
    if kind not in (SubjectKind.DISPATCHED, SubjectKind.ENTRUSTED):
        return True
    return support_state == SubjectState.PUBLISHED


def may_stand(*, kind: str, support_state: str | None) -> None:
    """A body that rests on another is published, or comes back, only while that one is."""
    if not is_supported(kind=kind, support_state=support_state):
        raise SupportMissing if support_state is None else SupportNotPublished


def may_have_officers(*, state: str | None) -> None:
    """Officers are filed under a body that exists."""
    if state in ENDED:
        raise SubjectEnded
