"""Enforcement subjects from a file: drafts, or with backfill those that are publicised already."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.adapters.kinds import (
    Accepted,
    Against,
    Kind,
    Load,
    Prepared,
    hold_divisions,
    judged,
    refusal,
    tell,
)
from services.registry.imports.rules import FileKind, SubjectUnknown
from services.registry.officers.rules import has_been
from services.registry.permissions import covers, in_charge
from services.registry.subjects import rules
from services.registry.subjects.actions import PUBLICATION_RULE
from services.registry.subjects.rules import ENDED, Domain, SubjectKind, SubjectState
from services.registry.subjects.tables import Subject, SubjectHistory
from shared.access.visibility import unscoped, visible
from shared.db import Scope, copy_line, copy_lines, new_key
from shared.events.registry.subjects import SubjectFact, SubjectsLoaded
from shared.files.spreadsheet import Column, Wrong
from shared.law.divisions import DivisionCode, DivisionUnknown, level_of
from shared.law.identifiers import CreditCode
from shared.law.tables import scope_of
from shared.past import Since, may_begin
from shared.refusals import Refused
from shared.sealing import Seal
from shared.search import index_of
from shared.web.schemas import Input, Line

_SEVERAL = "多项以分号分隔"


class SubjectRow(Input):
    """One subject. Its level is that of its division."""

    name: Annotated[Line, Column("名称", "重庆市沙坪坝区青木关镇人民政府")]
    uscc: Annotated[CreditCode, Column("统一社会信用代码", "11500106009290825T", once=True)]
    kind: Annotated[SubjectKind, Column("主体类别", "法定")]
    division: Annotated[DivisionCode, Column("区划代码", "500106104", "2、6或9位")]
    domains: Annotated[
        list[Domain],
        Field(min_length=1, max_length=len(Domain)),
        Column("执法领域", "综合", _SEVERAL),
    ]
    legal_basis: Annotated[
        list[Line],
        Field(max_length=50),
        Column("法律依据", "《中华人民共和国行政处罚法》第二十四条", _SEVERAL),
    ] = Field(default_factory=list)
    support: Annotated[
        CreditCode | None,
        Column("派出或委托主体信用代码", "", "派出机构、受委托组织填写；须已登记"),
    ] = None
    head: Annotated[Line | None, Column("负责人", "王某")] = None
    monitor_unit: Annotated[Line | None, Column("内部监督机构", "青木关司法所")] = None
    since: Annotated[Since, Column("起始日期", "2022-07-01", "不填为今天")] = None
    publicised_on: Annotated[
        date | None, Column("公示日期", "2022-07-01", "仅补录时填写；不填则登记为草稿")
    ] = None


class Made(NamedTuple):
    """What is known of a subject before its scope is."""

    told: SubjectFact
    support: str | None
    """Credit code of the body that it rests on."""
    subject: str
    """The subject's line for COPY, but for its scope and that body."""
    history: str


_SUBJECT = (
    *("id", "uscc", "organisation", "name", "kind", "level", "division", "domains", "legal_basis"),
    *("head", "monitor_unit", "state", "created_by", "publicised_on", "created_at", "updated_at"),
    *("since", "search_text", "search_pairs", "version", "parties", "successor_ids"),
    *("district", "township", "parent_id", "delegator_id"),
)
_HISTORY = ("id", "subject_id", "version", "action", "state", "actor", "at", "changes")


def prepare(rows: Sequence[SubjectRow], load: Load, seal: Seal) -> list[tuple[Made, list[Against]]]:
    return [_made(row, load) for row in rows]


def _made(row: SubjectRow, load: Load) -> tuple[Made, list[Against]]:
    since = row.since or row.publicised_on or load.today
    against: list[Against] = []
    if refused := refusal(may_begin, since=since, after=None, today=load.today):
        against.append(("since", refused))
    state = SubjectState.DRAFT
    if row.publicised_on is not None:
        state = SubjectState.PUBLISHED
        against += _against_publication(row, row.publicised_on, load)
    id, at, sub, found = new_key(), load.moment, load.actor.sub, index_of(row.name, row.uscc)
    level = level_of(row.division).value
    domains = list(dict.fromkeys(domain.value for domain in row.domains))
    subject = copy_line(
        (
            *(id, row.uscc, row.uscc, row.name, row.kind.value, level, row.division, domains),
            *(list(dict.fromkeys(row.legal_basis)), row.head, row.monitor_unit, state.value, sub),
            *(row.publicised_on, at, at, since, found["search_text"], found["search_pairs"], 1),
            *("{}", "{}"),
        )
    )
    told = SubjectFact(
        subject_id=id,
        uscc=row.uscc,
        name=row.name,
        kind=row.kind.value,
        level=level,
        division=row.division,
        domains=domains,
        state=state.value,
    )
    history = copy_line((new_key(), id, 1, "load", state.value, sub, at, "{}"))
    return Made(told, row.support, subject, history), against


def _against_publication(row: SubjectRow, on: date, load: Load) -> Iterator[Against]:
    requires = load.rules[PUBLICATION_RULE]["requires"]
    filed = {name: getattr(row, name, None) for name in requires}
    for refused in (
        load.past("subject:publish"),
        refusal(has_been, on, today=load.today),
        refusal(rules.may_publish, requires=requires, filed=filed),
    ):
        if refused is not None:
            yield "publicised_on", refused


async def decide(
    session: AsyncSession, load: Load, rows: Sequence[Prepared]
) -> tuple[list[Accepted], list[Wrong]]:
    """As filing one by one would."""
    await hold_divisions(session)
    scopes: dict[str, Scope | Refused] = {}
    for code in {item.made.told.division for item in rows}:
        try:
            scopes[code] = await scope_of(session, code, load.today)
        except Refused as refused:
            scopes[code] = refused
    supports = await _supports(session, load, rows)
    taken = set(
        await session.scalars(
            select(Subject.uscc).where(
                Subject.uscc.in_(sorted({item.made.told.uscc for item in rows})),
                Subject.state.not_in(ENDED),
                unscoped(Subject, reason="a code is registered once in the whole city"),
            )
        )
    )

    def against(one: Made) -> Iterator[Against]:
        scope, told = scopes[one.told.division], one.told
        if isinstance(scope, Refused):
            yield "division", scope
        elif not in_charge(
            load.actor, district=scope.district, township=scope.township, organisation=told.uscc
        ):
            # A division that is not the caller's looks like none; another body there does not.
            if covers(load.actor, scope.district, scope.township):
                yield "uscc", rules.NotInCharge()
            else:
                on = load.today.isoformat()
                yield "division", DivisionUnknown(division=told.division, on=on)
        if told.uscc in taken:
            yield "uscc", rules.CreditCodeTaken()
        yield from _against_support(one, supports)

    return judged(
        rows, against, lambda one: (scopes[one.told.division], supports.get(one.support or ""))
    )


class _Support(NamedTuple):
    """A body that others rest on."""

    id: UUID
    kind: str
    state: str


async def _supports(
    session: AsyncSession, load: Load, rows: Sequence[Prepared]
) -> dict[str, _Support]:
    named = sorted({item.made.support for item in rows if item.made.support})
    if not named:
        return {}
    # Locked: what is loaded as publicised must not rest on what is suspended meanwhile.
    found = await session.execute(
        select(Subject.uscc, Subject.id, Subject.kind, Subject.state)
        .where(
            Subject.uscc.in_(named),
            Subject.state.not_in(ENDED),
            visible(Subject, load.actor),
        )
        .order_by(Subject.id)
        .with_for_update(of=Subject, read=True)
    )
    return {uscc: _Support(id, kind, state) for uscc, id, kind, state in found}


def _against_support(one: Made, supports: Mapping[str, _Support]) -> Iterator[Against]:
    kind, support = one.told.kind, supports.get(one.support or "")
    if one.support is not None:
        rests = kind in (SubjectKind.DISPATCHED, SubjectKind.ENTRUSTED)
        if not rests:
            yield "support", rules.SupportMismatch()
        elif support is None:
            yield "support", SubjectUnknown()
        elif refused := refusal(
            rules.may_rest_on, kind=kind, support_kind=support.kind, support_state=support.state
        ):
            yield "support", refused
    if one.told.state == SubjectState.PUBLISHED and (one.support is None or support is not None):
        state = support.state if support else None
        if refused := refusal(rules.may_stand, kind=kind, support_state=state):
            yield "support", refused


async def write(session: AsyncSession, load: Load, accepted: Sequence[Accepted]) -> None:
    subjects, history = [], []
    records: list[tuple[Scope, SubjectFact]] = []
    for (_, one), (scope, support) in accepted:
        dispatched = one.told.kind == SubjectKind.DISPATCHED
        parent, delegator = None, None
        if support is not None:
            parent, delegator = (support.id, None) if dispatched else (None, support.id)
        found = copy_line((scope.district, scope.township, parent, delegator))
        subjects.append(f"{one.subject}\t{found}")
        history.append(one.history)
        told = one.told.model_copy(update={"parent_id": parent, "delegator_id": delegator})
        records.append((scope, told))
    await copy_lines(session, Subject, _SUBJECT, subjects)
    await copy_lines(session, SubjectHistory, _HISTORY, history)
    await tell(session, load, records, lambda some: SubjectsLoaded(load_id=load.id, records=some))


KIND = Kind(
    FileKind.SUBJECTS, "subject:draft", SubjectRow, prepare, decide, write, (PUBLICATION_RULE,)
)
