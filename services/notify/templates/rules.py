"""Decisions about templates: their editions, and that no one person puts one into use."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from services.notify.messages.rules import Kind, Urgency
from shared.clock import SHANGHAI
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class TemplateName(Term):
    MESSAGE = "message", "消息"
    CONFIDENTIAL = "confidential", "不宜外发的消息"
    CODE = "code", "验证码"


class TemplateState(Term):
    DRAFT = "draft", "拟稿"
    ACTIVE = "active", "在用"
    RETIRED = "retired", "停用"


_S = TemplateState

LIFECYCLE = Lifecycle(
    _S.DRAFT,
    [
        Transition("change", _S.DRAFT, None, "template:write"),
        Transition(
            "activate",
            _S.DRAFT,
            _S.ACTIVE,
            "template:activate",
            needs="another person than who wrote it",
        ),
        Transition("retire", [_S.DRAFT, _S.ACTIVE], _S.RETIRED, "template:write"),
        Transition("supersede", _S.ACTIVE, _S.RETIRED, needs="a newer edition is activated"),
    ],
    terminal=(_S.RETIRED,),
)


class TemplateInvalid(Refused):
    """It names what there is not, or does more than to name it."""

    code = "template-invalid"
    status = 422
    zh = "模板无法使用:{why}。"
    en = "The template cannot be used: {why}."


class TemplateActivatedByAuthor(Refused):
    code = "template-activated-by-author"
    status = 403
    zh = "模板须由拟稿人以外的人启用。"
    en = "A template is activated by another person than who wrote it."


class NoContactToTest(Refused):
    code = "no-contact-to-test"
    status = 409
    zh = "您在该渠道没有已验证的联系方式,无法测试发送。"
    en = "You have no proven address on this channel to send a test to."


def may_activate(*, author: str, by: str) -> None:
    if author == by:
        raise TemplateActivatedByAuthor


def context(
    *, title: str, body: str, link: str, kind: str, urgency: str, occurred_at: datetime
) -> Mapping[str, Any]:
    """What the words about a message can name."""
    return {
        "title": title,
        "text": body,
        "link": link,
        "kind": Kind(kind).label,
        "urgency": Urgency(urgency).label,
        "occurred_at": f"{occurred_at.astimezone(SHANGHAI):%Y-%m-%d %H:%M}",
    }


WITHHELD = frozenset({"title", "text"})
"""Of what is confidential."""


def blanks(name: str, told: Mapping[str, Any]) -> Mapping[str, Any]:
    """What of a message a template of this name is given."""
    if name == TemplateName.CONFIDENTIAL:
        return {key: value for key, value in told.items() if key not in WITHHELD}
    return told


SAMPLES: Mapping[str, Mapping[str, Any]] = {
    "code": {"code": "123456", "minutes": 15},
    **{
        name: blanks(
            name,
            {
                "title": "整改逾期:某镇人民政府",
                "text": "某镇人民政府未在期限内完成整改。",
                "link": "https://xiejian.example.gov.cn/oversight/v1/rectifications/1",
                "kind": "责令整改",
                "urgency": "紧急",
                "occurred_at": "2026-03-02 09:00",
            },
        )
        for name in ("message", "confidential")
    },
}
"""What a template is tried with when it is written."""
