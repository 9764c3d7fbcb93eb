"""Decisions about reaching people: how long an address lives, what is sent to it, and when."""

import hmac
import tomllib
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Annotated, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from services.notify.gateways.rules import Channel
from services.notify.messages.rules import Kind, Urgency
from shared.access.actor import Role
from shared.clock import SHANGHAI
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

ADDRESS_AS, CODE_AS = "contact.address", "contact.code"
CODE_DIGITS = 6
CODE_LIVES = timedelta(minutes=15)
TRIES = 5
ZH = "zh-CN"


class ContactState(Term):
    UNVERIFIED = "unverified", "待验证"
    VERIFIED = "verified", "已验证"
    REMOVED = "removed", "已删除"


_S = ContactState

LIFECYCLE = Lifecycle(
    _S.UNVERIFIED,
    [
        Transition("send_code", _S.UNVERIFIED, None, "contact:manage"),
        Transition(
            "verify", _S.UNVERIFIED, _S.VERIFIED, "contact:manage", needs="the code that was sent"
        ),
        Transition("remove", [_S.UNVERIFIED, _S.VERIFIED], _S.REMOVED, "contact:manage"),
    ],
    terminal=(_S.REMOVED,),
)


class ContactThere(Refused):
    """One address a channel."""

    code = "contact-there"
    status = 409
    zh = "该渠道已登记联系方式,请先删除。"
    en = "There is an address for this channel; remove it first."


class ContactAddressInvalid(Refused):
    code = "contact-address-invalid"
    status = 422
    zh = "联系方式格式无效。"
    en = "This is no address of the channel."


class ChannelOff(Refused):
    """Nothing can be sent there."""

    code = "channel-off"
    status = 409
    zh = "{channel}渠道未启用。"
    en = "The channel {channel} is not in operation."


class CodeWrong(Refused):
    """One answer, whatever is wrong with it."""

    code = "code-wrong"
    status = 422
    zh = "验证码错误或已失效,请重新获取。"
    en = "The code is wrong or too old; have another one sent."


class CodeTooSoon(Refused):
    code = "code-too-soon"
    status = 429
    zh = "验证码发送过于频繁,请稍后再试。"
    en = "A code was sent a moment ago; wait before the next."


HourMinute = Annotated[str, Field(pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$", examples=["22:00"])]


class Quiet(BaseModel):
    """From when until when nothing is sent (Asia/Shanghai), also over midnight."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    start: HourMinute = Field(alias="from")
    end: HourMinute = Field(alias="to")
    urgent_breaks: bool = True


class Subscription(BaseModel):
    """What is sent over a channel: each list empty for all, a message has to fit every list."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    channel: Channel
    types: list[Annotated[str, Field(max_length=100)]] = Field(default=[], max_length=200)
    divisions: list[Annotated[str, Field(pattern=r"^[0-9]{6}([0-9]{3})?$")]] = Field(
        default=[], max_length=200
    )
    kinds: list[Kind] = Field(default=[], max_length=100)
    urgencies: list[Urgency] = []


class Told(NamedTuple):
    """What a subscription looks at."""

    type: str
    district: str | None
    township: str | None
    kind: str
    urgency: str


class Defaults(BaseModel):
    """What roles get where nothing is chosen."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    role: Mapping[Role, Mapping[Channel, list[Urgency]]]
    quiet: Quiet

    def of(self, roles: Collection[str]) -> list[Subscription]:
        """What these roles get together."""
        found: dict[Channel, set[Urgency]] = {}
        for role in roles:
            for channel, urgencies in self.role.get(Role(role), {}).items():
                found.setdefault(channel, set()).update(urgencies)
        return [
            Subscription(channel=channel, urgencies=sorted(urgencies))
            for channel, urgencies in sorted(found.items())
        ]


def parse(text: str) -> Defaults:
    return Defaults.model_validate(tomllib.loads(text))


def wants(subscriptions: Sequence[Subscription], channel: str, told: Told) -> bool:
    """Whether one of the subscriptions has a message sent over a channel."""
    return any(
        one.channel == channel
        and (not one.types or told.type in one.types)
        and (not one.kinds or told.kind in one.kinds)
        and (not one.urgencies or told.urgency in one.urgencies)
        and (not one.divisions or bool({told.district, told.township} & set(one.divisions)))
        for one in subscriptions
    )


def not_before(moment: datetime, quiet: Quiet, urgency: str) -> datetime:
    """When a message may be sent: now, or when the quiet hours end."""
    if urgency == Urgency.URGENT and quiet.urgent_breaks:
        return moment
    local = moment.astimezone(SHANGHAI)
    at, start, end = local.time(), *map(time.fromisoformat, (quiet.start, quiet.end))
    if start <= end:
        if not start <= at < end:
            return moment
    elif end <= at < start:
        return moment
    day = local.date() + (timedelta(days=1) if start > end and at >= start else timedelta())
    return datetime.combine(day, end, SHANGHAI)


@dataclass(frozen=True)
class Standing:
    """A contact as it stands, for the decisions about its code."""

    code: bytes | None
    code_until: datetime | None
    tries: int


def may_send_code(standing: Standing, moment: datetime) -> None:
    """One a minute."""
    until = standing.code_until
    if until is not None and moment < until - CODE_LIVES + timedelta(minutes=1):
        raise CodeTooSoon


def is_code(standing: Standing, given: bytes, moment: datetime) -> bool:
    return (
        standing.code is not None
        and standing.code_until is not None
        and moment < standing.code_until
        and standing.tries < TRIES
        and hmac.compare_digest(standing.code, given)
    )
