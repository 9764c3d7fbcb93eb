"""What files belong to a matter (附件), and by whom they come in."""

from collections.abc import Mapping

from services.escalation.matters.rules import MatterKind, Side
from shared.refusals import Refused
from shared.vocabulary import Term


class AttachmentKind(Term):
    """What a file is. The first five are what a transfer is handed over with."""

    TRANSFER_LETTER = "transfer_letter", "涉嫌犯罪案件移送书"
    INVESTIGATION_REPORT = "investigation_report", "案件调查报告"
    GOODS_LIST = "goods_list", "涉案物品清单"
    TEST_REPORT = "test_report", "检验报告或者鉴定结论"
    OTHER_MATERIAL = "other_material", "其他有关材料"
    LETTER = "letter", "函件"
    REPLY = "reply", "答复文书"


KEEPER: Mapping[MatterKind, Side] = {
    MatterKind.TRANSFER: Side.SENDER,
    MatterKind.REVERSE_TRANSFER: Side.RECEIVER,
    MatterKind.REFERRAL: Side.SENDER,
    MatterKind.COOPERATION: Side.SENDER,
}
"""The side that keeps the file of the matter here, and sees all of it."""


class AttachmentMatterOver(Refused):
    code = "attachment-matter-over"
    status = 409
    zh = "该事项已经办结,不再添加材料。"
    en = "The matter has ended: nothing is added to its file."


class AttachmentTargetUnknown(Refused):
    code = "attachment-target-unknown"
    status = 422
    zh = "没有可由您附加材料的事项 {target_id}。"
    en = "There is no {target} {target_id} that you may attach files to."
