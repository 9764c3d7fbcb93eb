"""Decisions about what is sent to people: what came of an attempt, and what follows."""

from shared.law.lifecycle import Lifecycle, Transition
from shared.vocabulary import Term

ADDRESS_AS, CONTENT_AS = "dispatch.address", "dispatch.content"


class DispatchState(Term):
    PENDING = "pending", "待发送"
    SENT = "sent", "已发送"
    REJECTED = "rejected", "对方拒收"
    FAILED = "failed", "发送失败"
    DROPPED = "dropped", "不再发送"


class Purpose(Term):
    MESSAGE = "message", "消息"
    CODE = "code", "验证码"
    TEST = "test", "模板测试"


_S = DispatchState

LIFECYCLE = Lifecycle(
    _S.PENDING,
    [
        Transition("arrive", _S.PENDING, _S.SENT, needs="the receiver took it"),
        Transition("reject", _S.PENDING, _S.REJECTED, needs="the receiver takes nothing for it"),
        Transition(
            "give_up",
            _S.PENDING,
            _S.FAILED,
            needs="it was tried as often as it is, or cannot be opened",
        ),
        Transition("drop", _S.PENDING, _S.DROPPED, needs="the address was removed"),
    ],
    terminal=(_S.SENT, _S.REJECTED, _S.FAILED, _S.DROPPED),
)
REJECTED_BY_GATEWAY = frozenset({410, 422})


def is_rejected(status: int | None, *, email: bool) -> bool:
    """Whether trying again is no use: SMTP says 5xx for that, a gateway 410 or 422."""
    if status is None:
        return False
    return 500 <= status < 600 if email else status in REJECTED_BY_GATEWAY
