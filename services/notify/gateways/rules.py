"""Decisions about channels and gateways: which there are, and how long a gateway lives."""

from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

SECRET_AS = "gateway.secret"  # noqa: S105 - what it is sealed for


class Channel(Term):
    """How a message reaches somebody outside the inbox."""

    EMAIL = "email", "电子邮件"
    SMS = "sms", "短信"
    CHAT = "chat", "政务即时通讯"


BY_GATEWAY = frozenset({Channel.SMS, Channel.CHAT})


class GatewayState(Term):
    ACTIVE = "active", "启用"
    DISABLED = "disabled", "停用"
    REMOVED = "removed", "已移除"


_S = GatewayState

LIFECYCLE = Lifecycle(
    _S.ACTIVE,
    [
        Transition("disable", _S.ACTIVE, _S.DISABLED, "gateway:manage"),
        Transition("enable", _S.DISABLED, _S.ACTIVE, "gateway:manage"),
        Transition("remove", [_S.ACTIVE, _S.DISABLED], _S.REMOVED, "gateway:manage"),
    ],
    terminal=(_S.REMOVED,),
)


class GatewayThere(Refused):
    """One gateway a channel."""

    code = "gateway-there"
    status = 409
    zh = "该渠道已有网关,请先移除。"
    en = "There is a gateway for this channel; remove it first."


class ChannelHasNoGateway(Refused):
    """E-mail goes over SMTP, which the operator sets for the service."""

    code = "channel-has-no-gateway"
    status = 422
    zh = "电子邮件由服务的 SMTP 设置发送,不设网关。"
    en = "E-mail goes over the service's SMTP settings, not over a gateway."


def may_serve(channel: Channel) -> None:
    if channel not in BY_GATEWAY:
        raise ChannelHasNoGateway


def allowed_actions(state: str, permissions: frozenset[str]) -> list[str]:
    return LIFECYCLE.allowed_actions(state, permissions)
