"""Decisions about webhooks: where one may lead, what is sent to it, when it is tried again.

Signatures, headers and times are those of Standard Webhooks 1.0.
"""

import base64
import hmac
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Any
from urllib.parse import urlsplit

from services.notify.circulars.rules import office
from services.notify.messages.rules import Draft, Kind, Urgency
from shared.db import Scope
from shared.events import Event, published
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

SECRET = "whsec_"  # noqa: S105 - what a secret begins with
SECRET_BYTES = 32
BOTH_SIGN = timedelta(hours=24)
"""How long the former secret signs too, after a rotation."""
WAITS_S = (0, 5, 300, 1_800, 7_200, 18_000, 36_000, 36_000)
"""Before each attempt, seconds."""
JITTER = 0.2
"""By how much of itself a wait is made longer at most, so that not all come at once."""
DISABLED_AFTER = timedelta(days=5)
"""Without one success in all that time."""
GONE = 410
SERVICES = ("registry", "oversight", "escalation")


class WebhookState(Term):
    ACTIVE = "active", "启用"
    DISABLED = "disabled", "停用"
    REMOVED = "removed", "已移除"


class WebhookStop(Term):
    """Why nothing is sent."""

    BY_OWNER = "by_owner", "由订阅方停用"
    GONE = "gone", "接收端答复不再接收"
    FAILING = "failing", "连续多日推送失败"


class DeliveryState(Term):
    PENDING = "pending", "待推送"
    DELIVERED = "delivered", "已送达"
    FAILED = "failed", "推送失败"
    HELD = "held", "暂存"


_S = WebhookState

LIFECYCLE = Lifecycle(
    _S.ACTIVE,
    [
        Transition("change", [_S.ACTIVE, _S.DISABLED], None, "webhook:manage"),
        Transition("rotate", [_S.ACTIVE, _S.DISABLED], None, "webhook:manage"),
        Transition("resend", _S.ACTIVE, None, "webhook:manage"),
        Transition("disable", _S.ACTIVE, _S.DISABLED, "webhook:manage"),
        Transition("enable", _S.DISABLED, _S.ACTIVE, "webhook:manage"),
        Transition("remove", [_S.ACTIVE, _S.DISABLED], _S.REMOVED, "webhook:manage"),
        Transition(
            "stop",
            _S.ACTIVE,
            _S.DISABLED,
            needs="the receiver answered 410, or nothing arrived for five days",
        ),
    ],
    terminal=(_S.REMOVED,),
)


class WebhookAddressInvalid(Refused):
    """An https address of a receiver, without credentials."""

    code = "webhook-address-invalid"
    status = 422
    zh = "推送地址无效:须为不含账号、片段的 https 地址。"
    en = "The address must be https, without credentials or a fragment."


class WebhookTypeUnknown(Refused):
    """Only what is published to everybody who sees the division can be subscribed to."""

    code = "webhook-type-unknown"
    status = 422
    zh = "没有可订阅的事件类型 {type}。"
    en = "There is no event type {type} to subscribe to."


def subscribable() -> dict[str, type[Event]]:
    """The facts that can be sent: those that others may see at all. What is internal, such as an
    unannounced campaign, is not among them."""
    return {
        type: kind
        for service in SERVICES
        for type, kind in published(service).items()
        if kind.audience == "public"
    }


def may_subscribe(types: Collection[str]) -> None:
    known = subscribable()
    for type in types:
        if type not in known:
            raise WebhookTypeUnknown(type=type)


def may_lead_to(url: str, *, plain: bool) -> None:
    """Where a webhook may lead by its looks; where it does lead is looked at with each attempt.

    `plain` http is for development alone.
    """
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise WebhookAddressInvalid from None
    schemes = {"https", "http"} if plain else {"https"}
    if (
        parts.scheme not in schemes
        or not parts.hostname
        or parts.username is not None
        or parts.password is not None
        or parts.fragment
        or port == 0
        or "%" in parts.netloc
        or not url.isascii()
        or any(character.isspace() for character in url)
    ):
        raise WebhookAddressInvalid


def networks(told: str) -> Sequence[Network]:
    """`10.1.0.0/16, 203.0.113.7`"""
    return [ip_network(part.strip()) for part in told.split(",") if part.strip()]


def is_allowed(address: Address, allowed: Sequence[Network]) -> bool:
    """Whether an address, and each that it stands for, is in a network of the operator's."""
    return all(any(one in network for network in allowed) for one in _meant(address))


_NAT64 = (ip_network("64:ff9b::/96"), ip_network("64:ff9b:1::/48"))


def _meant(address: Address) -> Iterator[Address]:
    """An address and what is within it: mapped, NAT64, 6to4, Teredo, IPv4-compatible."""
    if isinstance(address, IPv4Address):
        yield address
        return
    if address.scope_id is not None:
        address = IPv6Address(int(address))
    if address.ipv4_mapped is not None:
        yield address.ipv4_mapped
        return
    yield address
    if address.sixtofour is not None:
        yield address.sixtofour
    if address.teredo is not None:
        yield from address.teredo
    low = IPv4Address(int(address) & 0xFFFF_FFFF)
    if any(address in network for network in _NAT64) or (int(address) >> 32 == 0 and int(low) > 1):
        yield low


def signature(secret: bytes, id: str, timestamp: int, body: bytes) -> str:
    """`v1,…`: HMAC-SHA-256 over id, timestamp (seconds) and body."""
    signed = hmac.digest(secret, f"{id}.{timestamp}.".encode() + body, "sha256")
    return f"v1,{base64.b64encode(signed).decode()}"


def headers(secrets: Sequence[bytes], id: str, timestamp: int, body: bytes) -> dict[str, str]:
    """What goes out beside the body; while a secret is rotated, each of both signs."""
    return {
        "Content-Type": "application/cloudevents+json",
        "User-Agent": "xiejian",
        "webhook-id": id,
        "webhook-timestamp": str(timestamp),
        "webhook-signature": " ".join(signature(one, id, timestamp, body) for one in secrets),
    }


def next_attempt(made: int, now: datetime, chance: float) -> datetime | None:
    """When it is tried again after `made` attempts, `chance` being of 0 to 1; None: no more."""
    if made >= len(WAITS_S):
        return None
    return now + timedelta(seconds=WAITS_S[made] * (1 + JITTER * chance))


def has_failed_for_long(failing_since: datetime | None, now: datetime) -> bool:
    return failing_since is not None and now - failing_since >= DISABLED_AFTER


def allowed_actions(*, state: str, in_charge: bool, permissions: Collection[str]) -> list[str]:
    return LIFECYCLE.allowed_actions(state, permissions) if in_charge else []


# What its office is told.


def told_of_failure(id: Any, division: str, scope: Scope, description: str) -> Draft:
    """The first delivery of a bad time that was given up."""
    return _draft(
        "webhook_gave_up",
        id,
        division,
        scope,
        f"推送失败:{description}",
        f"向“{description}”的推送已按规定次数重试仍未成功,请联系接收方,恢复后可重新推送。",
    )


def told_of_stop(id: Any, division: str, scope: Scope, description: str, why: WebhookStop) -> Draft:
    return _draft(
        "webhook_stopped",
        id,
        division,
        scope,
        f"推送已停用:{description}",
        f"向“{description}”的推送已停用({why.label});此后的事件暂存,重新启用后补推。",
    )


def _draft(rule: str, id: Any, division: str, scope: Scope, title: str, body: str) -> Draft:
    return Draft(
        rule=rule,
        kind=Kind.WEBHOOK,
        urgency=Urgency.IMPORTANT,
        to=office(division, scope),
        title=title[:200],
        body=body,
        link=f"/notify/v1/webhooks/{id}",
    )
