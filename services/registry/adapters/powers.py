"""Powers from a file: drafts, or with backfill those that are in force already."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from typing import Annotated, NamedTuple
from uuid import UUID

from pydantic import Field, StringConstraints
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
from services.registry.permissions import in_charge
from services.registry.powers import rules
from services.registry.powers.rules import PowerKind, PowerState
from services.registry.powers.tables import Power
from services.registry.subjects.rules import ENDED, Domain, NotInCharge
from services.registry.subjects.tables import Subject
from shared.access.visibility import visible
from shared.db import Scope, copy_line, copy_lines, new_key
from shared.events.registry.powers import PowerFact, PowersLoaded
from shared.files.spreadsheet import Column, Wrong
from shared.law.identifiers import CreditCode
from shared.past import Since, may_begin
from shared.sealing import Seal
from shared.search import index_of
from shared.web.schemas import Input, Line

_SEVERAL = "多项以分号分隔"


class PowerRow(Input):
    """One power. Its level is that of its holder."""

    subject: Annotated[CreditCode, Column("所属主体统一社会信用代码", "11500106009290825T")]
    code: Annotated[
        str,
        StringConstraints(pattern=rules.CODE_PATTERN),
        Column("职权编码", "330217001000", once=True, within=("subject",)),
    ]
    name: Annotated[Line, Column("职权名称", "对擅自占用城市道路的处罚")]
    kind: Annotated[PowerKind, Column("职权类型", "行政处罚")]
    domains: Annotated[
        list[Domain],
        Field(min_length=1, max_length=len(Domain)),
        Column("执法领域", "城市管理", _SEVERAL),
    ]
    basis: Annotated[
        list[Line],
        Field(max_length=50),
        Column("法律依据", "《城市道路管理条例》第四十二条", _SEVERAL),
    ] = Field(default_factory=list)
    township_allowed: Annotated[bool, Column("可下放乡镇街道", "否")] = False
    since: Annotated[Since, Column("起始日期", "", "不填为今天")] = None
    in_force_since: Annotated[
        date | None, Column("生效日期", "2022-07-01", "仅补录时填写；不填则登记为草稿")
    ] = None


class Made(NamedTuple):
    """What is known of a power before its holder is."""

    id: str
    subject: str
    code: str
    name: str
    kind: str
    domains: list[str]
    basis: list[str]
    township_allowed: bool
    state: str
    since: date
    power: str
    """The power's line for COPY, but for what its holder says."""


_POWER = (
    *("id", "organisation", "code", "name", "kind", "domains", "basis", "township_allowed"),
    *("edition", "state", "authors", "created_at", "updated_at", "since", "search_text"),
    *("search_pairs", "version", "parties", "subject_id", "level", "district", "township"),
)


def prepare(rows: Sequence[PowerRow], load: Load, seal: Seal) -> list[tuple[Made, list[Against]]]:
    return [_made(row, load) for row in rows]


def _made(row: PowerRow, load: Load) -> tuple[Made, list[Against]]:
    since = row.in_force_since or row.since or load.today
    state = PowerState.DRAFT if row.in_force_since is None else PowerState.ACTIVE
    against: list[Against] = []
    if refused := refusal(may_begin, since=since, after=row.since, today=load.today):
        against.append(("since", refused))
    if row.in_force_since is not None and (past := load.past("power:approve")):
        against.append(("in_force_since", past))
    id, at, found = new_key(), load.moment, index_of(row.name, row.code)
    domains = list(dict.fromkeys(domain.value for domain in row.domains))
    basis = list(dict.fromkeys(row.basis))
    power = copy_line(
        (
            *(id, row.subject, row.code, row.name, row.kind.value, domains, basis),
            *(row.township_allowed, 1, state.value, [load.actor.sub], at, at, since),
            *(found["search_text"], found["search_pairs"], 1, "{}"),
        )
    )
    told = (id, row.subject, row.code, row.name, row.kind.value, domains, basis)
    return Made(*told, row.township_allowed, state.value, since, power), against


class _Holder(NamedTuple):
    """What has to be known of a subject."""

    id: UUID
    state: str
    level: str
    scope: Scope
    in_charge: bool


async def decide(
    session: AsyncSession, load: Load, rows: Sequence[Prepared]
) -> tuple[list[Accepted], list[Wrong]]:
    """As drafting and activating one by one would."""
    await hold_divisions(session)
    holders = await _holders(session, load, rows)
    taken = await session.execute(
        select(Power.subject_id, Power.code).where(
            Power.subject_id.in_([holder.id for holder in holders.values()]),
            Power.state.not_in(rules.ENDED),
            visible(Power, load.actor),
        )
    )
    codes = {(subject, code) for subject, code in taken}

    def against(one: Made) -> Iterator[Against]:
        holder = holders.get(one.subject)
        if holder is None:
            yield "subject", SubjectUnknown()
            return
        if not holder.in_charge:
            yield "subject", NotInCharge()
        if (holder.id, one.code) in codes:
            yield "code", rules.PowerCodeTaken()
        if one.state == PowerState.ACTIVE and (
            refused := refusal(rules.may_activate, basis=one.basis, subject_state=holder.state)
        ):
            yield "in_force_since", refused

    return judged(rows, against, lambda one: holders[one.subject])


async def _holders(
    session: AsyncSession, load: Load, rows: Sequence[Prepared]
) -> Mapping[str, _Holder]:
    # Locked: no holder of what is loaded as in force is suspended before the commit.
    found = await session.execute(
        select(
            *(Subject.uscc, Subject.id, Subject.state, Subject.level),
            *(Subject.district, Subject.township),
        )
        .where(
            Subject.uscc.in_(sorted({item.made.subject for item in rows})),
            Subject.state.not_in(ENDED),
            visible(Subject, load.actor),
        )
        .order_by(Subject.id)
        .with_for_update(of=Subject, read=True)
    )
    holders = {}
    for uscc, id, state, level, district, township in found:
        mine = in_charge(load.actor, district=district, township=township, organisation=uscc)
        scope = Scope(district=district, township=township)
        holders[uscc] = _Holder(id, state, level, scope, mine)
    return holders


async def write(session: AsyncSession, load: Load, accepted: Sequence[Accepted]) -> None:
    powers = []
    records: list[tuple[Scope, PowerFact]] = []
    for (_, one), holder in accepted:
        scope = holder.scope
        place = copy_line((holder.id, holder.level, scope.district, scope.township))
        powers.append(f"{one.power}\t{place}")
        told = PowerFact(
            power_id=one.id,
            subject_id=holder.id,
            organisation=one.subject,
            code=one.code,
            name=one.name,
            kind=one.kind,
            level=holder.level,
            domains=one.domains,
            basis=one.basis,
            township_allowed=one.township_allowed,
            edition=1,
            state=one.state,
            since=one.since,
        )
        records.append((scope, told))
    await copy_lines(session, Power, _POWER, powers)
    await tell(session, load, records, lambda some: PowersLoaded(load_id=load.id, records=some))


KIND = Kind(
    FileKind.POWERS,
    permission="power:draft",
    model=PowerRow,
    prepare=prepare,
    decide=decide,
    write=write,
)
