"""What comes in and goes out over HTTP about disputes; who sees which part of one."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, field_validator

from services.escalation.disputes import rules
from services.escalation.disputes.rules import (
    PENDING,
    DisputeKind,
    DisputeOutcome,
    DisputeRefusalGround,
    DisputeState,
    Part,
    Standing,
)
from services.escalation.disputes.tables import Dispute, DisputeParty
from services.escalation.ladder.rules import IssueLevel, is_above, is_holder
from shared.access.actor import Actor, Role
from shared.law.divisions import DivisionCode
from shared.law.identifiers import CreditCode
from shared.law.places import Direct
from shared.web.paging import Paging
from shared.web.schemas import Input, Line, Prose, References, ReferenceView, ResourceView, View

Sides = Sequence[DisputeParty]
"""The parties of a dispute, who opened it first."""

MEASURES_LENGTH = 20_000
"""Characters of all interim measures together: every fact of the dispute carries them."""


def _example(**values: Any) -> ConfigDict:
    return ConfigDict(json_schema_extra={"examples": [values]})


class PartyRequest(Input):
    organisation: CreditCode
    name: Line
    division: DivisionCode = Field(description="Which division the body belongs to")


_PARTY = {"organisation": "11500106000000777X", "name": "小龙坎街道办事处", "division": "500106001"}
_OTHER = {"organisation": "11500228709467150P", "name": "区城市管理局", "division": "500106"}


class DisputeRequest(Input):
    """What is disputed, and between whom."""

    model_config = _example(
        kind="jurisdiction",
        title="夜间占道经营由谁查处",
        facts="街道认为属区城市管理局职权,区城市管理局认为已赋权街道。",
        division="500106001",
        applicant=_PARTY,
        others=[_OTHER],
        item_codes=["330217001000"],
    )

    kind: DisputeKind
    title: Line
    facts: Prose = Field(description="What happened and what is disputed: said to all parties")
    division: DivisionCode = Field(description="Where it arose: within the caller's own division")
    applicant: PartyRequest = Field(description="The caller's own body")
    others: Annotated[list[PartyRequest], Field(min_length=1, max_length=19)]
    item_codes: list[Line] = Field(
        default=[],
        max_length=100,
        description="Codes of the disputed powers or items; none: all that the parties do there",
    )
    domains: list[Line] = Field(default=[], max_length=20)


class TermsRequest(Input):
    """What a party proposes to agree on."""

    model_config = _example(terms="日间由街道巡查,夜间由区城市管理局执法大队处置。")

    terms: Prose


class ApplyRequest(Input):
    """What is asked for, and how the negotiation went."""

    model_config = _example(
        application="请求明确由区城市管理局管辖。", negotiation="11月3日、10日两次协商未果。"
    )

    application: Prose
    negotiation: Prose
    documents: References = Field(default=[])


class RefuseDisputeRequest(Input):
    model_config = _example(ground="not_negotiated", reason="双方尚未协商。")

    ground: DisputeRefusalGround
    reason: Prose


class ReplyRequest(Input):
    """What a party says to the application; it may be changed until the replies are exchanged."""

    model_config = _example(reply="该事项已于2025年赋权街道。")

    reply: Prose


class InterimRequest(Input):
    """What holds until it is decided."""

    model_config = _example(
        measures=["争议期间由街道负责日常巡查,发现违法行为先行制止。"], lead=_PARTY["organisation"]
    )

    measures: Annotated[list[Prose], Field(min_length=1, max_length=20)] = Field(
        description=f"At most {MEASURES_LENGTH} characters together"
    )
    lead: CreditCode | None = Field(None, description="The party that leads meanwhile (牵头单位)")

    @field_validator("measures")
    @classmethod
    def _fit(cls, measures: list[str]) -> list[str]:
        if sum(map(len, measures)) > MEASURES_LENGTH:
            raise ValueError(f"at most {MEASURES_LENGTH} characters together")
        return measures


class SafetyActionRequest(Input):
    """What a party did alone because the safety of the public or of a person was at stake."""

    model_config = _example(acted_on="2026-11-12", action="拆除悬空广告牌", reason="即将坠落伤人")

    acted_on: date
    action: Prose
    reason: Prose
    act_number: Line | None = Field(None, description="文书号 of the enforcement act")


class OpinionRequest(Input):
    """The draft of an opinion (协调意见)."""

    model_config = _example(
        opinion="由区城市管理局管辖,街道协助巡查。",
        competent=[_OTHER["organisation"]],
        lead=_OTHER["organisation"],
    )

    opinion: Prose
    competent: Annotated[list[CreditCode], Field(max_length=20)] = Field(
        description="The parties that have what was disputed"
    )
    lead: CreditCode | None = None


class WhyRequest(Input):
    """Why."""

    model_config = _example(reason="赋权文件未列明夜间时段")

    reason: Prose


class RulingRequest(Input):
    """The government's ruling as it was issued."""

    model_config = _example(
        ruling="由区城市管理局管辖。",
        number="沙府裁〔2026〕1号",
        authority="沙坪坝区人民政府",
        ruled_on="2026-12-01",
        competent=[_OTHER["organisation"]],
    )

    ruling: Prose
    number: Line
    authority: Line = Field(description="Which government")
    ruled_on: date
    competent: Annotated[list[CreditCode], Field(max_length=20)]
    lead: CreditCode | None = None


class CloseDisputeRequest(Input):
    """How the decision was carried out."""

    model_config = _example(execution="双方已按协调意见签订工作衔接备忘录。")

    execution: Prose


class DisputeQuery(Paging):
    """Which disputes."""

    state: DisputeState | None = None
    kind: DisputeKind | None = None
    level: IssueLevel | None = Field(None, description="Who coordinates")
    outcome: DisputeOutcome | None = None
    pending: bool | None = None
    overdue: bool | None = None
    organisation: CreditCode | None = Field(None, description="Credit code of a party")
    division: DivisionCode | None = Field(None, description="This division and those below it")
    direct: Direct = False
    opened_from: date | None = Field(None, description="Opened on this day or later")
    opened_to: date | None = Field(None, description="Opened up to this day")
    decided_from: date | None = Field(None, description="Decided on this day or later")
    decided_to: date | None = Field(None, description="Decided up to this day")
    sort: Literal["id", "-id", "due_at", "-due_at"] = "-id"


class SafetyActionView(View):
    organisation: str
    acted_on: date
    action: str
    reason: str
    act_number: str | None
    reported_at: datetime


class PartyView(View):
    """A party, and what of it the caller may see."""

    organisation: str
    name: str
    division: str
    applicant: bool
    consented: bool = Field(description="To the terms as they are")
    replied_at: datetime | None
    reply: str | None = Field(description="Null while the replies are not exchanged")


class DisputeSummary(ResourceView):
    """A dispute in a list."""

    number: str = Field(examples=["渝争〔2026〕3号"])
    kind: DisputeKind
    title: str
    division: str
    district: str | None
    level: IssueLevel = Field(description="Who coordinates")
    state: DisputeState
    pending: bool = Field(description="No party acts alone on what is disputed")
    item_codes: list[str]
    domains: list[str]
    lead: str | None = Field(description="The party that leads: meanwhile, then as decided")
    outcome: DisputeOutcome | None
    opened_at: datetime
    decided_at: datetime | None
    due_at: datetime | None = Field(description="The first moment that is too late")
    due_provisional: bool
    overdue: bool
    allowed_actions: list[str] = Field(description="What this caller may do now")

    @classmethod
    def of(cls, row: Dispute, sides: Sides, actor: Actor, now: datetime) -> Self:
        """A dispute as `actor` sees it at `now`."""
        return cls(**cls._told(row, sides, actor, now))

    @classmethod
    def _told(cls, row: Dispute, sides: Sides, actor: Actor, now: datetime) -> dict[str, Any]:
        told = {name: getattr(row, name) for name in cls.model_fields if hasattr(row, name)}
        return told | {
            "pending": row.state in PENDING,
            "overdue": rules.is_overdue(state=row.state, due_at=row.due_at, now=now),
            "allowed_actions": rules.allowed_actions(
                standing(row, sides),
                part_of(row, sides, actor),
                now=now,
                permissions=actor.permissions,
            ),
        }


class DisputeView(DisputeSummary):
    """A dispute. What one party hands in is the others' once the level has passed it on."""

    facts: str
    disputing: list[PartyView] = Field(description="The parties, who opened it first")
    opened_by: str
    terms: str | None
    negotiation: str | None = Field(description="As `application`")
    application: str | None = Field(description="For the other parties once it is forwarded")
    documents: list[ReferenceView]
    applied_at: datetime | None
    refusal_ground: DisputeRefusalGround | None
    reason: str | None
    forwarded_at: datetime | None
    exchanged_at: datetime | None = Field(
        description="Since when the parties see each other's replies"
    )
    interim_measures: list[str]
    safety_actions: list[SafetyActionView]
    opinion: str | None = Field(description="For the parties once it is issued")
    competent: list[str] = Field(description="The parties that have what was disputed")
    proposed_lead: str | None
    proposed_by: str | None
    remarks: str | None
    opined_at: datetime | None
    objection: str | None
    objected_by: str | None
    submission: str | None = Field(description="For those who coordinate")
    ruling: str | None
    ruling_number: str | None
    ruling_authority: str | None
    ruled_on: date | None
    execution: str | None
    closed_at: datetime | None

    @classmethod
    def of(cls, row: Dispute, sides: Sides, actor: Actor, now: datetime) -> Self:
        """A dispute as `actor` sees it at `now`."""
        told = cls._told(row, sides, actor, now)
        own, oversees = side_of(sides, actor), _oversees(row, actor)
        applies = own is not None and own.position == 0
        if not (oversees or applies or row.forwarded_at):
            told |= {"application": None, "negotiation": None, "documents": []}
        if not oversees:
            told |= {"submission": None, "remarks": None}
            told |= {"proposed_by": None, "proposed_lead": None}
            if row.opined_at is None:
                told["opinion"] = None
                if row.outcome is None:
                    told["competent"] = []
        shown = oversees or row.exchanged_at is not None
        told["disputing"] = [_party(one, whole=shown or one is own) for one in sides]
        return cls(**told)


def _party(side: DisputeParty, *, whole: bool) -> PartyView:
    return PartyView(
        organisation=side.organisation,
        name=side.name,
        division=side.division,
        applicant=side.position == 0,
        consented=side.consented_at is not None,
        replied_at=side.replied_at,
        reply=side.reply if whole else None,
    )


def side_of(sides: Sides, actor: Actor) -> DisputeParty | None:
    """The party that the caller acts for: the own body, or as its office the township's one."""
    own = [side for side in sides if side.organisation == actor.organisation]
    if not own and Role.TOWNSHIP_SUPERVISION_OFFICE in actor.roles and len(actor.division) == 9:
        own = [side for side in sides if side.division == actor.division]
    return own[0] if len(own) == 1 else None


def part_of(row: Dispute, sides: Sides, actor: Actor) -> Part:
    """Which part the caller has in it."""
    own = side_of(sides, actor)
    return Part(
        sub=actor.sub,
        in_charge=is_holder(row.level, row.scope, actor.roles, actor.division),
        party=own is not None,
        applicant=own is not None and own.position == 0,
        consented=own is not None and own.consented_at is not None,
        own_cause=any(side.organisation == actor.organisation for side in sides),
    )


def standing(row: Dispute, sides: Sides) -> Standing:
    """What decides who may do what now."""
    return Standing(
        state=row.state,
        level=row.level,
        due_at=row.due_at,
        proposed_by=row.proposed_by,
        has_terms=row.terms is not None,
        has_interim=bool(row.interim_measures),
        agreed=all(side.consented_at for side in sides),
        replied=all(side.replied_at for side in sides if side.position),
    )


def _oversees(row: Dispute, actor: Actor) -> bool:
    """Whether the caller acts for the level that coordinates, or for one above."""
    return any(
        holds(row.level, row.scope, actor.roles, actor.division) for holds in (is_holder, is_above)
    )
