"""Decisions about the directory: who may be named for what, and what is shown of an address."""

from collections.abc import Sequence
from typing import Annotated

from pydantic import StringConstraints

from services.notify.messages.rules import keys_of
from shared.access.actor import ADMINISTRATORS, REACH, Role
from shared.refusals import Refused

EMAIL_AS, PHONE_AS = "holder.email", "holder.phone"
Email = Annotated[
    str,
    StringConstraints(max_length=254, pattern=r"^[^@\s<>,;:\"\\]+@[A-Za-z0-9.-]+\.[A-Za-z0-9-]+$"),
]
Phone = Annotated[str, StringConstraints(pattern=r"^\+?[0-9]{7,15}$")]
SELF = "self"
MOST = 2_000
"""Holders in one load."""
COLUMNS = {
    "账号": "sub",
    "姓名": "name",
    "角色": "role",
    "行政区划代码": "division",
    "统一社会信用代码": "organisation",
    "电子邮箱": "email",
    "手机号码": "phone",
}
"""Of a CSV file, by their Chinese labels; the keys are understood too."""


class HolderOutOfReach(Refused):
    """A role is held where it can be: a district's supervisor in a district."""

    code = "holder-out-of-reach"
    status = 422
    zh = "第{row}行:角色 {role} 不能在 {division} 担任。"
    en = "Row {row}: the role {role} cannot be held in {division}."


class HolderElsewhere(Refused):
    """Each office keeps the directory of its own division and what lies below it."""

    code = "holder-elsewhere"
    status = 403
    zh = "第{row}行:{division} 不在您所在单位管理范围内。"
    en = "Row {row}: {division} is not in the hands of your division."


class DirectoryUnreadable(Refused):
    code = "directory-unreadable"
    status = 422
    zh = "通讯录文件无法读取(第{row}行):须为 UTF-8 编码的 CSV,含账号、姓名、角色、行政区划代码列。"
    en = "The file cannot be read (row {row}): CSV in UTF-8 with sub, name, role and division."


class DirectoryNamesTwice(Refused):
    code = "directory-names-twice"
    status = 422
    zh = "第{row}行与前面的行重复:同一人在同一处担任同一角色。"
    en = "Row {row} is there already: one person, one role, one place."


def may_hold(role: Role, division: str, *, row: int) -> None:
    lengths = REACH.get(role, {2, 6, 9})
    if role not in ADMINISTRATORS and len(division) not in lengths:
        raise HolderOutOfReach(row=row, role=str(role), division=division)


def keys(role: str, division: str, organisation: str, sub: str) -> Sequence[str]:
    return sorted(
        keys_of(roles=[role], division=division, organisation=organisation or None, sub=sub)
    )


def masked(address: str) -> str:
    """Enough to know one's own again: `z***@example.gov.cn`, `138****0001`."""
    name, at, domain = address.rpartition("@")
    if at:
        return f"{name[:1]}***@{domain}"
    return f"{address[:3]}****{address[-4:]}" if len(address) > 7 else f"{address[:1]}***"
