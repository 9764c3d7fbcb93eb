"""Sources of acts: who may supply, for whom, and how their codes are read."""

from collections.abc import Collection, Mapping

from services.oversight.acts.rules import (
    ActKind,
    ActOutcome,
    ActProcedure,
    ActStage,
    PartyKind,
    PenaltyKind,
)
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class SourceState(Term):
    ACTIVE = "active", "启用"
    SUSPENDED = "suspended", "暂停"
    CLOSED = "closed", "已停用"


class Channel(Term):
    """How a source sends as a rule; the other ways stay open to it."""

    REST = "rest", "接口报送"
    NATS = "nats", "消息报送"
    FILE = "file", "文件报送"


class MappedField(Term):
    """Fields whose codes a source may have its own words for."""

    KIND = "kind", "执法行为种类"
    STAGE = "stage", "环节"
    ORGANISATION = "organisation", "执法主体"
    ITEM_CODE = "item_code", "执法事项"
    PROCEDURE = "procedure", "程序"
    PENALTY = "penalty", "处罚种类"
    OUTCOME = "outcome", "结果"
    PARTY_KIND = "party_kind", "相对人类型"


REGISTER = "act_source:register"
_IN_USE = (SourceState.ACTIVE, SourceState.SUSPENDED)

LIFECYCLE = Lifecycle(
    SourceState.ACTIVE,
    [
        Transition("change", _IN_USE, None, REGISTER),
        Transition("map", _IN_USE, None, REGISTER),
        Transition("suspend", SourceState.ACTIVE, SourceState.SUSPENDED, REGISTER),
        Transition("resume", SourceState.SUSPENDED, SourceState.ACTIVE, REGISTER),
        Transition("close", _IN_USE, SourceState.CLOSED, REGISTER),
    ],
    terminal=[SourceState.CLOSED],
)

_OURS: Mapping[MappedField, type[Term]] = {
    MappedField.KIND: ActKind,
    MappedField.STAGE: ActStage,
    MappedField.PROCEDURE: ActProcedure,
    MappedField.PENALTY: PenaltyKind,
    MappedField.OUTCOME: ActOutcome,
    MappedField.PARTY_KIND: PartyKind,
}


class SourceCodeTaken(Refused):
    code = "act-source-code-taken"
    status = 409
    zh = "数据源编码已被使用。"
    en = "Another source has this code."


class SourceNotActive(Refused):
    """Suspended or closed: nothing is taken from it."""

    code = "act-source-not-active"
    status = 409
    zh = "数据源已{label},暂不接收报送。"
    en = "The source is {state}: nothing is taken from it."


class SourceUnknown(Refused):
    """No such source, or not one that the caller may send for: the two look the same."""

    code = "act-source-unknown"
    status = 422
    zh = "没有可由您报送的数据源 {source}。"
    en = "There is no source {source} that you may send for."


class ReachMissing(Refused):
    code = "act-source-without-reach"
    status = 422
    zh = "须指明数据源可为哪些执法主体或者区划报送。"
    en = "A source reports for bodies or divisions that are named."


class OrganisationOutside(Refused):
    """A body that is known, and that lies elsewhere than the source and its divisions."""

    code = "act-source-organisation-outside"
    status = 422
    zh = "执法主体 {organisation} 不在数据源所在区划及其报送区划之内。"
    en = "The body {organisation} lies outside the divisions of the source."


class MappedToUnknown(Refused):
    """Their codes are mapped to ours, and ours are known."""

    code = "act-mapping-unknown-code"
    status = 422
    zh = "映射目标 {target} 不是字段 {field} 的有效取值。"
    en = "The mapping leads to {target}, which {field} does not have."


def may_map(codes: Mapping[MappedField, Mapping[str, str]]) -> None:
    """Each target is one of ours; bodies and items have too many to list, and are looked up."""
    for field, pairs in codes.items():
        if (ours := _OURS.get(field)) is not None:
            known = {term.value for term in ours}
            for target in pairs.values():
                if target not in known:
                    raise MappedToUnknown(field=field, target=target)


def may_report(*, organisations: Collection[str], divisions: Collection[str]) -> None:
    """A source without bodies or divisions could report nothing."""
    if not organisations and not divisions:
        raise ReachMissing


def lies_within(places: Collection[str | None], divisions: Collection[str]) -> bool:
    """Whether what lies at `places` (district, township, whole division) lies in a division."""
    return any(division == "50" or division in places for division in divisions)


def may_report_of(
    organisation: str,
    places: Collection[str | None],
    former: Collection[str],
    *,
    division: str,
    organisations: Collection[str],
    divisions: Collection[str],
) -> bool:
    """Whether a source of `division` may report for a body that is known to lie at `places`.

    By name it reports for bodies only that lie in its own division, or once did (`former`
    districts), for a township that moved has its acts of before: a body may be named before it is
    known where it lies.
    """
    return lies_within(places, divisions) or (
        organisation in organisations and lies_within((*places, *former), (division,))
    )


def is_active(state: str) -> None:
    """Refuse what comes from a source that is suspended or closed."""
    if state != SourceState.ACTIVE:
        raise SourceNotActive(state=state, label=SourceState(state).label)
