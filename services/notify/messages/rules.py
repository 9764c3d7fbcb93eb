"""Which fact tells whom what: decisions over rules that are data. No session, clock or I/O.

A rule names a fact of the published language, whom it concerns and the words. Everything it names
is checked when the service starts, so that no message is lost to a misspelt field later.
"""

import string
import tomllib
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple, get_args, get_origin

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from shared import events
from shared.access.actor import Role
from shared.events import Event
from shared.law.divisions import Scope
from shared.refusals import Misconfigured
from shared.vocabulary import Term, in_words

LONGEST_TITLE = 200
PLACE = "place"
"""What a template may say besides the fact's own fields: the names of district and township."""


class Kind(Term):
    """What a message is about."""

    SUBJECT = "subject", "执法主体"
    CERTIFICATE = "certificate", "执法证件"
    SUPERVISION_OFFICER = "supervision_officer", "监督人员"
    POWER = "power", "行政职权"
    DELEGATION = "delegation", "委托执法"
    EMPOWERMENT = "empowerment", "赋权"
    STAFFING = "staffing", "编制配备"
    TRAINING = "training", "培训"
    BUDGET = "budget", "经费预算"
    ITEM_LIST = "item_list", "镇街事项清单"
    GUIDANCE = "guidance", "业务指导"
    CAMPAIGN = "campaign", "专项监督"
    INSPECTION = "inspection", "监督检查"
    FINDING = "finding", "检查发现"
    RECTIFICATION = "rectification", "责令整改"
    DOCUMENT = "document", "监督文书"
    RE_EXAMINATION = "re_examination", "复查"
    APPRAISAL = "appraisal", "评议考核"
    MEASURE = "measure", "监督处理"
    FILE_REQUEST = "file_request", "调卷"
    CASE_REVIEW = "case_review", "案卷评查"
    COMMENDATION = "commendation", "表彰"
    EXPERIENCE = "experience", "经验推广"
    EVALUATION = "evaluation", "试点评估"
    RISK = "risk", "执法风险"
    WARNING = "warning", "执法预警"
    CONDUCT = "conduct", "执法风纪检查"
    ACT = "act", "执法行为报送"
    STATISTICS = "statistics", "行政执法统计"
    ISSUE = "issue", "上报问题"
    ASSIGNMENT = "assignment", "交办事项"
    COMPLAINT = "complaint", "投诉举报"
    FIELD_REPORT = "field_report", "联系点报告、监督员线索"
    DISPUTE = "dispute", "执法争议"
    ACCOUNTABILITY = "accountability", "查处问责"
    CONFERENCE = "conference", "联席会议、交流会议"
    PACKAGE = "package", "移交包"
    TRANSFER = "transfer", "两法衔接"
    COOPERATION = "cooperation", "移送衔接、执法协作、常态联络"
    REPORT = "report", "总结报告"
    RECOMMENDATION = "recommendation", "意见建议"
    CONTACT_POINT = "contact_point", "联系点"
    PROGRAMME = "programme", "试点工作"
    RULE_SET = "rule_set", "规则"
    LAY_MONITOR = "lay_monitor", "监督员"
    TEAM = "team", "执法队伍"
    LEADING_GROUP = "leading_group", "领导小组"
    RESPONSIBILITY = "responsibility", "执法责任制"
    CIRCULAR = "circular", "通报"
    WEBHOOK = "webhook", "系统推送"
    OPERATION = "operation", "系统运行"


class Urgency(Term):
    NORMAL = "normal", "一般"
    IMPORTANT = "important", "重要"
    URGENT = "urgent", "紧急"


class Reach(Term):
    """Who of those with the role is meant."""

    CITY = "city", "市级"
    DISTRICT = "district", "区县"
    TOWNSHIP = "township", "乡镇(街道)"
    ORGANISATION = "organisation", "本单位"
    PERSON = "person", "本人"


class State(Term):
    """What the caller has done with a message."""

    UNREAD = "unread", "未读"
    READ = "read", "已读"
    ACKNOWLEDGED = "acknowledged", "已签收"


LEVELS: Mapping[str, Reach] = {
    "township": Reach.TOWNSHIP,
    "district": Reach.DISTRICT,
    "bureau": Reach.CITY,
}
"""The levels of an issue as places."""


class BrokenRules(Misconfigured):
    """The rules cannot be meant; says in one sentence which, and why."""


class Addressee(NamedTuple):
    """A role in a place, in a body, or one person; whoever it fits sees the message."""

    reach: Reach
    role: Role | None
    scope: Scope
    organisation: str | None = None
    person: str | None = None

    @property
    def key(self) -> str:
        """The same for the same addressee; `keys_of` has it for whom it fits."""
        match self.reach:
            case Reach.CITY:
                return f"{self.role}@"
            case Reach.ORGANISATION:
                return f"{self.role}#{self.organisation}"
            case Reach.PERSON:
                return f"={self.person}"
            case _:
                return f"{self.role}@{self.division}"

    @property
    def division(self) -> str:
        """Whole code of the place where it is addressed."""
        here = self.told_at
        return here.township or here.district or here.city

    @property
    def told_at(self) -> Scope:
        """How far down the fact of the addressing is seen: no lower than the addressees."""
        match self.reach:
            case Reach.CITY:
                return Scope(self.scope.city)
            case Reach.TOWNSHIP:
                return self.scope
            case _:
                return Scope(self.scope.city, self.scope.district)


def keys_of(
    *, roles: Collection[str], division: str, organisation: str | None, sub: str
) -> frozenset[str]:
    """The keys of every addressee that a person is."""
    keys = {f"={sub}"}
    if division:  # a caller without one is nobody's addressee, least of all the city's
        place = "" if len(division) == 2 else division
        keys |= {f"{role}@{place}" for role in roles}
    if organisation:
        keys |= {f"{role}#{organisation}" for role in roles}
    return frozenset(keys)


def state_of(*, read: bool, acknowledged: bool) -> State:
    if acknowledged:
        return State.ACKNOWLEDGED
    return State.READ if read else State.UNREAD


def allowed_actions(state: State, *, archived: bool) -> list[str]:
    """What is left to do with a message."""
    left = {State.UNREAD: ["read", "acknowledge"], State.READ: ["acknowledge"]}.get(state, [])
    return [*left, "unarchive" if archived else "archive"]


def version_of(state: State, moves: int = 0) -> int:
    """How often it changed for this person, from 1; `moves` are into the archive and out of it."""
    return 1 + list(State).index(state) + moves


# The rules as they are written.


class _Written(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class WrittenAddressee(_Written):
    at: str
    """A reach, or a field of the fact that holds the level of an issue."""
    role: Role | None = None
    organisation: str = "organisation"
    """Field that holds the credit code or several, for `at = "organisation"`."""
    person: str | None = None
    """Field that holds one `sub` or several, for `at = "person"`."""


class WrittenRule(_Written):
    name: str = Field(pattern=r"^[a-z][a-z0-9_]{2,60}$")
    event: str
    to: list[WrittenAddressee] = Field(min_length=1)
    kind: Kind
    urgency: Urgency = Urgency.NORMAL
    title: str = Field(min_length=1)
    body: str = Field(min_length=1)
    link: str = Field(pattern=r"^/(registry|oversight|escalation|notify)/v1/")
    when: dict[str, Any] = {}
    """The fields that must have a value, or one of several."""
    unless: dict[str, Any] = {}
    """The same for what must not be."""


class WrittenRules(_Written):
    level_roles: dict[Literal["township", "district", "bureau"], Role]
    """Who answers for an issue at its level."""
    labels: dict[str, dict[str, str]] = {}
    """Chinese words for the values of fields."""
    rule: list[WrittenRule] = Field(min_length=1)


# The rules as they are used.


class Piece(NamedTuple):
    """Text, then a field of the fact."""

    text: str
    field: str | None


def holds(condition: Mapping[str, tuple[Any, ...]], event: Event) -> bool:
    """Whether each field has one of its values."""
    return all(getattr(event, name) in values for name, values in condition.items())


@dataclass(frozen=True)
class Rule:
    """One rule, checked."""

    name: str
    event: type[Event]
    to: tuple[WrittenAddressee, ...]
    kind: Kind
    urgency: Urgency
    title: tuple[Piece, ...]
    body: tuple[Piece, ...]
    link: tuple[Piece, ...]
    when: Mapping[str, tuple[Any, ...]]
    unless: Mapping[str, tuple[Any, ...]]

    def applies(self, event: Event) -> bool:
        return holds(self.when, event) and not (
            any(getattr(event, name) in values for name, values in self.unless.items())
        )


@dataclass(frozen=True)
class Draft:
    """A message to be: to whom, and the words."""

    rule: str
    kind: Kind
    urgency: Urgency
    to: Addressee
    title: str
    body: str
    link: str


@dataclass(frozen=True)
class Rules:
    """All rules, by the type of the fact that they are about."""

    by_event: Mapping[type[Event], tuple[Rule, ...]]
    level_roles: Mapping[str, Role]
    labels: Mapping[str, Mapping[str, str]]

    def messages(self, event: Event, scope: Scope, place: str) -> list[Draft]:
        """What `event`, which belongs to `scope`, has to tell; each addressee once a rule.

        `place` is what the division is called. An addressee that the place does not have (the
        township of a district's own matter) is left out.
        """
        return [
            draft
            for rule in self.by_event.get(type(event), ())
            if rule.applies(event)
            for draft in self.drafts(rule, event, scope, place)
        ]

    def drafts(self, rule: Rule, event: Event, scope: Scope, place: str) -> Iterator[Draft]:
        """What one rule has to tell of a fact that has the fields which the rule names."""
        for addressee in self._addressees(rule, event, scope):
            yield Draft(
                rule=rule.name,
                kind=rule.kind,
                urgency=rule.urgency,
                to=addressee,
                title=self.title(rule.title, event, place),
                body=self._render(rule.body, event, place),
                link=self._render(rule.link, event, place),
            )

    def _addressees(self, rule: Rule, event: Event, scope: Scope) -> list[Addressee]:
        found: dict[str, Addressee] = {}
        for written in rule.to:
            for addressee in self._meant(written, event, scope):
                found.setdefault(addressee.key, addressee)
        return list(found.values())

    def _meant(self, written: WrittenAddressee, event: Event, scope: Scope) -> Iterator[Addressee]:
        match written.at:
            case "organisation":
                bodies = getattr(event, written.organisation)
                for body in bodies if isinstance(bodies, list) else [bodies]:
                    if body:
                        yield Addressee(Reach.ORGANISATION, written.role, scope, body)
                return
            case "person":
                assert written.person is not None
                people = getattr(event, written.person)
                for person in people if isinstance(people, list) else [people]:
                    if person:
                        yield Addressee(Reach.PERSON, None, scope, person=person)
                return
            case "city" | "district" | "township":
                reach, role = Reach(written.at), written.role
            case level_field:
                level = getattr(event, level_field)
                reach, role = LEVELS[level], written.role or self.level_roles[level]
        missing = {Reach.DISTRICT: scope.district, Reach.TOWNSHIP: scope.township}
        if missing.get(reach, "") is not None:
            yield Addressee(reach, role, scope)

    def title(self, pieces: tuple[Piece, ...], event: Event, place: str) -> str:
        """One line, cut where it is too long."""
        title = " ".join(self._render(pieces, event, place).split())
        return title if len(title) <= LONGEST_TITLE else f"{title[: LONGEST_TITLE - 1]}…"

    def _render(self, pieces: tuple[Piece, ...], event: Event, place: str) -> str:
        return "".join(
            piece.text + (self._word(piece.field, event, place) if piece.field else "")
            for piece in pieces
        )

    def _word(self, field: str, event: Event, place: str) -> str:
        if field == PLACE:
            return place
        return in_words(getattr(event, field), self.labels.get(field, {}))


def published() -> dict[str, type[Event]]:
    """Every fact that another service publishes, by its type."""
    others = ("registry", "oversight", "escalation")
    return {type: kind for service in others for type, kind in events.published(service).items()}


def parse(text: str, *, source: str = "rules.toml") -> Rules:
    """The rules of a TOML text; `BrokenRules` says what is wrong with the first broken one."""
    try:
        written = WrittenRules.model_validate(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise BrokenRules(f"{source} is not TOML: {error}") from None
    except ValidationError as invalid:
        first = invalid.errors(include_url=False)[0]
        raise BrokenRules(f"{source}: {_where(first['loc'])}: {first['msg']}") from None
    known = published()
    by_event: dict[type[Event], tuple[Rule, ...]] = {}
    names: set[str] = set()
    for rule in written.rule:
        try:
            if rule.name in names:
                raise ValueError("there are two rules of this name")
            names.add(rule.name)
            checked = _checked(rule, known, written)
        except ValueError as error:
            raise BrokenRules(f"{source}: rule {rule.name}: {error}") from None
        by_event[checked.event] = (*by_event.get(checked.event, ()), checked)
    return Rules(by_event, {str(k): v for k, v in written.level_roles.items()}, written.labels)


def _where(path: tuple[int | str, ...]) -> str:
    return ".".join(f"{part + 1}" if isinstance(part, int) else part for part in path)


def _checked(rule: WrittenRule, known: Mapping[str, type[Event]], written: WrittenRules) -> Rule:
    event = known.get(rule.event)
    if event is None:
        raise ValueError(f"there is no fact {rule.event}")
    for addressee in rule.to:
        _check_addressee(addressee, event, written.level_roles)
    return Rule(
        name=rule.name,
        event=event,
        to=tuple(rule.to),
        kind=rule.kind,
        urgency=rule.urgency,
        title=template(rule.title, event),
        body=template(rule.body, event),
        link=template(rule.link, event),
        when=condition(rule.when, event),
        unless=condition(rule.unless, event),
    )


def _check_field(name: str, event: type[Event]) -> None:
    if name not in event.model_fields:
        raise ValueError(f"{event.type} has no field {name}")


def _check_addressee(
    addressee: WrittenAddressee, event: type[Event], level_roles: Collection[str]
) -> None:
    at = addressee.at
    if at == "person":
        if addressee.person is None or addressee.role is not None:
            raise ValueError('at = "person" names the field `person` and no role')
        _check_field(addressee.person, event)
        return
    if addressee.person is not None:
        raise ValueError(f'`person` goes with at = "person", not with at = "{at}"')
    if at in set(Reach):
        if addressee.role is None:
            raise ValueError(f'at = "{at}" needs a role')
        if at == "organisation":
            _check_field(addressee.organisation, event)
        return
    if at not in event.model_fields:
        raise ValueError(
            f'at = "{at}" is neither one of {", ".join(Reach)} nor a field of {event.type}'
        )
    annotation = event.model_fields[at].annotation
    if get_origin(annotation) is not Literal or not set(get_args(annotation)) <= set(LEVELS):
        raise ValueError(f'at = "{at}" is a field that holds no level of an issue')
    if addressee.role is None and not set(get_args(annotation)) <= set(level_roles):
        raise ValueError("level_roles does not name who answers at each level")


def template(text: str, event: type[Event]) -> tuple[Piece, ...]:
    """Words that may name fields of the fact; ValueError if one is not there."""
    try:
        parsed = list(string.Formatter().parse(text))
    except ValueError as error:
        raise ValueError(f"the template {text!r} cannot be read: {error}") from None
    pieces = []
    for literal, field, spec, conversion in parsed:
        if field is not None:
            # Only the name of a field: no attributes, items, conversions or formats to run.
            if spec or conversion or not field.isidentifier():
                raise ValueError(f"the template {text!r} may only name fields, as {{title}}")
            if field != PLACE:
                _check_field(field, event)
        pieces.append(Piece(literal, field))
    return tuple(pieces)


def condition(written: Mapping[str, Any], event: type[Event]) -> dict[str, tuple[Any, ...]]:
    """Fields and the values that each may have; ValueError if one can never have it."""
    checked = {}
    for name, wanted in written.items():
        _check_field(name, event)
        annotation: Any = event.model_fields[name].annotation
        adapter: TypeAdapter[Any] = TypeAdapter(annotation)
        values = wanted if isinstance(wanted, list) else [wanted]
        try:
            checked[name] = tuple(
                adapter.validate_python(None if value == "" else value) for value in values
            )
        except ValidationError:
            raise ValueError(f"{name} of {event.type} can never be {wanted!r}") from None
    return checked
