"""Delegations from a file: drawn up as one by one, to be evaluated and approved by others."""

from collections.abc import Sequence
from datetime import date
from typing import Annotated
from uuid import UUID

from pydantic import Field
from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from services.registry.adapters.kinds import Load
from services.registry.adapters.single import one_by_one
from services.registry.delegated_powers.rules import PowerNotHeld
from services.registry.delegations import actions
from services.registry.delegations.rules import TrusteeKind, TrusteeNotPublished
from services.registry.delegations.schemas import DelegationRequest, TrusteeRequest
from services.registry.imports.rules import FileKind, SubjectUnknown, TrusteeNameMissing
from services.registry.powers.rules import ENDED as ENDED_POWERS
from services.registry.powers.tables import Power
from services.registry.subjects.rules import ENDED, SubjectState
from services.registry.subjects.tables import Subject
from shared.access.visibility import unscoped, visible
from shared.files.spreadsheet import Column
from shared.law.divisions import DivisionCode
from shared.law.identifiers import CreditCode
from shared.web.schemas import Input, Line, Prose

_SEVERAL = "多项以分号分隔"


class DelegationRow(Input):
    """One delegation."""

    delegator: Annotated[CreditCode, Column("委托机关统一社会信用代码", "11500106009290825T")]
    trustee_kind: Annotated[TrusteeKind, Column("受委托组织类别", "管理公共事务的组织")]
    trustee: Annotated[CreditCode, Column("受委托组织统一社会信用代码", "12500106450401432F")]
    trustee_name: Annotated[
        Line | None, Column("受委托组织名称", "沙坪坝区市政设施管理中心", "执法主体可不填")
    ] = None
    powers: Annotated[
        list[Line],
        Field(min_length=1, max_length=500),
        Column("委托职权编码", "330217001000", _SEVERAL),
    ]
    division: Annotated[DivisionCode, Column("委托区域区划代码", "500106104")]
    authority: Annotated[Prose, Column("委托权限", "对占道经营行为调查取证、作出警告")]
    basis: Annotated[
        list[Line],
        Field(min_length=1, max_length=50),
        Column("委托依据", "《重庆市市容环境卫生管理条例》第六条", _SEVERAL),
    ]
    valid_from: Annotated[date, Column("委托起始日期", "2027-01-01")]
    valid_to: Annotated[date, Column("委托截止日期", "2029-12-31")]


async def act(session: AsyncSession, load: Load, rows: Sequence[DelegationRow]) -> None:
    """Draw up each."""
    for row in rows:
        delegator = await _delegator(session, load, row.delegator)
        request = DelegationRequest(
            delegator_id=delegator,
            trustee=await _trustee(session, row),
            power_ids=await _powers(session, delegator, row.powers),
            division=row.division,
            authority=row.authority,
            basis=row.basis,
            valid_from=row.valid_from,
            valid_to=row.valid_to,
        )
        await actions.draft(session, load.actor, request)


async def _delegator(session: AsyncSession, load: Load, code: str) -> UUID:
    found = select(Subject.id).where(
        Subject.uscc == code, Subject.state.not_in(ENDED), visible(Subject, load.actor)
    )
    id = (await session.scalars(found)).one_or_none()
    if id is None:
        raise SubjectUnknown
    return id


async def _trustee(session: AsyncSession, row: DelegationRow) -> TrusteeRequest:
    if row.trustee_kind is not TrusteeKind.SUBJECT:
        if row.trustee_name is None:
            raise TrusteeNameMissing
        return TrusteeRequest(kind=row.trustee_kind, name=row.trustee_name, credit_code=row.trustee)
    published = select(Subject.id).where(
        Subject.uscc == row.trustee,
        Subject.state == SubjectState.PUBLISHED,
        unscoped(Subject, reason="published subjects are public"),
    )
    id = (await session.scalars(published)).one_or_none()
    if id is None:
        raise TrusteeNotPublished
    return TrusteeRequest(kind=row.trustee_kind, subject_id=id)


async def _powers(session: AsyncSession, delegator: UUID, codes: Sequence[str]) -> list[UUID]:
    found = await session.execute(
        select(Power.code, Power.id).where(
            Power.subject_id == delegator,
            Power.code.in_(codes),
            Power.state.not_in(ENDED_POWERS),
            unscoped(Power, reason="who is in charge of the subject is of its powers"),
        )
    )
    ids: dict[str, UUID] = {row.code: row.id for row in found}
    if missing := [code for code in codes if code not in ids]:
        raise PowerNotHeld(powers=missing)
    return [ids[code] for code in codes]


KIND = one_by_one(
    FileKind.DELEGATIONS,
    permission="delegation:draft",
    model=DelegationRow,
    act=act,
    together=id,
)
