"""Decisions about packages (移交包): values in, `Refused` out."""

import base64
import binascii
from collections.abc import Callable, Collection, Sequence
from datetime import UTC, datetime
from typing import NamedTuple, Self
from uuid import UUID

from services.escalation.matters.rules import Step
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

LINK = "package.link"
"""The rule that says how long a link for a receiver outside the system is good."""
STEPS = {"receipt": Step("package.receipt")}


class PackagePurpose(Term):
    """What is handed over with it."""

    TRANSFER = "transfer", "移送涉嫌犯罪案件"
    FORWARD = "forward", "转送有管辖权的机关"
    RECONSIDERATION = "reconsideration", "提请复议"
    SUPERVISION = "supervision", "建议立案监督"
    GOODS = "goods", "移交涉案物品"
    REPLY = "reply", "回复办理结果"
    REFERRAL = "referral", "移送有关机关"
    COOPERATION = "cooperation", "请求协作"


class PackageState(Term):
    SENT = "sent", "已发送待签收"
    CONFIRMED = "confirmed", "已签收"


class ReceiptWay(Term):
    """How the receiver confirmed it."""

    API = "api", "系统内签收"
    EVENT = "event", "业务系统签收"
    LINK = "link", "凭链接签收"
    PAPER = "paper", "纸质送达回执"


_S = PackageState
LIFECYCLE = Lifecycle(
    _S.SENT,
    [
        Transition(
            "confirm",
            _S.SENT,
            _S.CONFIRMED,
            "package:confirm",
            "by the receiver, by its link, or with its paper receipt by the sender",
        ),
        Transition("link", _S.SENT, None, "package:link", "by the sender"),
        Transition("mark_overdue", _S.SENT, None, None, "the deadline of the receipt has passed"),
    ],
    terminal=[_S.CONFIRMED],
)


class PackageEmpty(Refused):
    code = "package-empty"
    status = 422
    zh = "移交包须至少包含一份材料。"
    en = "A package holds at least one document."


class PackageDocumentUnknown(Refused):
    code = "package-document-unknown"
    status = 422
    zh = "材料 {document} 不属于该事项。"
    en = "The file {document} does not belong to the matter."


class PackageNotYours(Refused):
    """Only the receiver says that it has it; only the sender gives out a link."""

    code = "package-not-yours"
    status = 403
    zh = "仅由接收方签收,仅由发送方生成签收链接。"
    en = "The receiver confirms a package; the sender makes a link to it."


class PackageReceiverInside(Refused):
    """A link is for who has no account; whoever has one confirms by it."""

    code = "package-receiver-inside"
    status = 409
    zh = "接收方已使用本系统,由其在系统内签收,不生成签收链接。"
    en = "The receiver uses the system and confirms there; links are for receivers outside it."


class PackageReceiptMissing(Refused):
    """The sender does not confirm its own package, but with the paper that the receiver signed."""

    code = "package-receipt-missing"
    status = 422
    zh = "由发送方代为登记签收的,接收方须未使用本系统,并填写送达回执文号。"
    en = "The sender records a receipt only of a receiver outside the system, with its number."
    basis = "《行政执法机关移送涉嫌犯罪案件的规定》(国务院令第310号)第七条"


class PackageDiffers(Refused):
    """What arrived is not what was sent."""

    code = "package-differs"
    status = 422
    zh = "所填校验值与移交清单不一致,请核对材料。"
    en = "The digest is not that of the manifest: what arrived is not what was sent."


def chosen(ids: Sequence[UUID] | None, there: Collection[UUID]) -> list[UUID]:
    """Which files of a matter go along: those named, or all."""
    found = list(dict.fromkeys(ids)) if ids is not None else list(there)
    if unknown := [id for id in found if id not in there]:
        raise PackageDocumentUnknown(document=str(unknown[0]))
    if not found:
        raise PackageEmpty
    return found


def way_of(*, receives: bool, sends: bool, outside: bool, receipt_no: str | None) -> ReceiptWay:
    """How a caller confirms: as the receiver, or as the sender with the paper receipt."""
    if receives:
        return ReceiptWay.API
    if not sends:
        raise PackageNotYours
    if not outside or receipt_no is None:
        raise PackageReceiptMissing
    return ReceiptWay.PAPER


def may_confirm(*, digest: str, told: str | None) -> None:
    """A receiver that says what it got got this."""
    if told is not None and told.lower() != digest:
        raise PackageDiffers


def allowed_actions(
    state: str, *, receives: bool, sends: bool, outside: bool, permissions: Collection[str]
) -> list[str]:
    """What a holder of `permissions` may do now."""
    fits = {"confirm": receives or (sends and outside), "link": sends and outside}
    return [action for action in LIFECYCLE.allowed_actions(state, permissions) if fits[action]]


class Link(NamedTuple):
    """What a link says: which package, the how manieth link to it, until when."""

    package_id: UUID
    number: int
    expires_at: datetime

    def signed(self, mac: Callable[[bytes], bytes]) -> str:
        """The link's secret part; `mac` is a keyed hash of the installation."""
        head = self._head
        return base64.urlsafe_b64encode(head + mac(_CONTEXT + head)).decode().rstrip("=")

    @classmethod
    def read(cls, text: str) -> Self | None:
        """What a link says, if it could be one; whether it is ours says `signed`, made anew."""
        try:
            told = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except (binascii.Error, ValueError):
            return None
        if len(told) != LINK_BYTES:
            return None
        seconds = int.from_bytes(told[20:28], "big")
        if seconds > _LAST_S:
            return None
        expires_at = datetime.fromtimestamp(seconds, UTC)
        return cls(UUID(bytes=told[:16]), int.from_bytes(told[16:20], "big"), expires_at)

    @property
    def _head(self) -> bytes:
        seconds = int(self.expires_at.timestamp())
        return self.package_id.bytes + self.number.to_bytes(4, "big") + seconds.to_bytes(8, "big")


LINK_BYTES = 16 + 4 + 8 + 32
_CONTEXT = b"package link\0"
_LAST_S = 253_402_300_799
"""The end of the year 9999, behind which there is no moment."""
