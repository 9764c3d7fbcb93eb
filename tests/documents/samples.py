"""Documents to set, for the tests and the bench."""

from datetime import date
from typing import Any

from shared.documents.official import Official, Paragraph

FACTS = (
    "2026年3月10日，本局在持证上岗专项监督检查中发现，你单位执法人员张某未取得行政执法证件，"
    "自2025年11月起在辖区内从事城市管理执法活动，先后对某餐饮店、某建材店作出行政处罚决定2件"
    "（沙小龙坎罚〔2025〕12号、〔2026〕3号），罚款合计5000元。"
)


def official(**changed: Any) -> Official:
    told: dict[str, Any] = {
        "issuer": "重庆市沙坪坝区司法局",
        "number": "沙司执监决〔2026〕1号",
        "kind": "行政执法监督决定书",
        "title": "关于停止无证人员执法的决定",
        "addressee": "沙坪坝区小龙坎街道办事处",
        "body": (
            Paragraph("一、基本事实", heading=True),
            Paragraph(FACTS),
            Paragraph("二、依据", heading=True),
            Paragraph("《重庆市行政执法监督条例》第十五条。"),
            Paragraph("三、监督决定", heading=True),
            Paragraph("责令你单位立即停止安排无证人员从事执法活动。"),
        ),
        "attachments": (),
        "issued_on": date(2026, 3, 20),
        "digest": "2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881",
        "verification": "http://127.0.0.1:8080/oversight/v1/public/documents/0123456789abcdef0123",
    }
    return Official(**{**told, **changed})
