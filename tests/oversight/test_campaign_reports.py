"""The result report of a campaign: frozen when it was reported, numbered, verified by its code."""

import io
from typing import Any

import pytest
from docx import Document
from sqlalchemy import select

from services.oversight.campaign_report_files.actions import official_of
from services.oversight.campaign_reports.tables import CampaignReport
from shared.documents.official import Table
from tests.oversight.campaigns import BEGUN, RESULT, inspected, running
from tests.oversight.documents import ISSUERS
from tests.oversight.scene import DISTRICT, Scene, refused

REASON = {"reason": "数据有误"}


@pytest.fixture(autouse=True)
async def begun(scene: Scene) -> None:
    scene.stand_at(BEGUN)
    await scene.done("document-issuers", as_=scene.bureau, json=ISSUERS[DISTRICT], status=201)


async def held(scene: Scene, **changed: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    """A campaign with one confirmed finding and its order to correct, all inspections closed."""
    row = await running(scene, **changed)
    site = await scene.on_site(campaign_id=row["id"])
    found = {
        "inspection_id": site["id"],
        "code": "officer-without-certificate",
        "description": "检查时未取得执法证。",
        "officer_id": str(scene.officer_id),
    }
    finding = await scene.done("findings", as_=scene.supervisor, json=found, status=201)
    await scene.step("findings", finding, "comment", scene.agency, {"comment": "属实"})
    await scene.step("findings", finding, "confirm", scene.colleague, {"reason": "清楚"})
    order = {"finding_id": finding["id"], "requirement": "停止无证人员执法"}
    order = await scene.done("rectifications", as_=scene.supervisor, json=order, status=201)
    await scene.step("inspections", site, "seal", scene.supervisor, {"reason": "检查结束"})
    for step in ("sign", "close"):
        await scene.step("inspections", site, step, scene.supervisor)
    return row, order


async def test_the_report_is_frozen_with_its_figures_and_verified_by_its_code(
    scene: Scene,
) -> None:
    row, order = await held(scene)
    path = f"campaigns/{row['id']}/report"
    answer = await scene.oversight.get(f"/oversight/v1/{path}/file", as_=scene.supervisor)
    refused(answer, 409, "campaign-not-reported")
    await scene.step("campaigns", row, "report", scene.supervisor, RESULT)
    told = await scene.read(path, scene.supervisor)
    year = BEGUN.year
    assert (told["number"], told["issuer"]) == (f"沙司执监报〔{year}〕1号", "重庆市沙坪坝区司法局")
    [found] = told["findings"]
    assert (found["code"], sum(found["by_severity"].values())) == (order["code"], 1)
    assert told["rectifications"] == {"ordered": 1}
    [visit] = told["inspections"]
    assert (visit["subject"], visit["counted"]) == (order["subject_name"], [1, 1])
    assert told["before"] is None
    fact = (await scene.oversight.facts("oversight.campaign.reported.v1"))[-1]
    assert fact["data"]["digest"] == told["digest"]
    answer = await scene.oversight.get(
        f"/oversight/v1/public/documents/{told['code']}", params={"digest": told["digest"]}
    )
    assert answer.json() == {
        "number": told["number"],
        "kind": "行政执法监督结果报告",
        "issuer": told["issuer"],
        "issued_on": told["issued_on"],
        "digest": told["digest"],
        "state": "valid",
        "matches": True,
    }
    # What happens afterwards changes nothing.
    await scene.step("rectifications", order, "receive", scene.agency)
    assert await scene.read(path, scene.supervisor) == told


async def test_the_report_is_saved_as_a_document(scene: Scene) -> None:
    row, order = await held(scene)
    reported = {**RESULT, "reported_to": "重庆市司法局"}
    await scene.step("campaigns", row, "report", scene.supervisor, reported)
    path = f"/oversight/v1/campaigns/{row['id']}/report/file"
    made = await scene.oversight.get(path, as_=scene.supervisor)
    assert made.status_code == 200 and made.content.startswith(b"%PDF-")
    again = await scene.oversight.get(path, as_=scene.bureau)
    assert again.content == made.content
    made = await scene.oversight.get(f"{path}?format=docx", as_=scene.supervisor)
    opened = Document(io.BytesIO(made.content))
    said = [paragraph.text for paragraph in opened.paragraphs]
    assert "行政执法监督结果报告" in said and "重庆市司法局：" in said
    headings = [text for text in said if text[1:2] == "、"]
    assert headings == [
        *("一、基本情况", "二、检查开展情况", "三、发现的问题", "四、整改情况"),
        *("五、共性问题", "六、意见建议"),
    ]
    cells = [[cell.text for cell in row.cells] for table in opened.tables for row in table.rows]
    assert ["受检单位", "所在地区", "办结日期", "发现", "认定"] in cells
    assert any(row[0] == order["subject_name"] and row[3:] == ["1", "1"] for row in cells)
    assert ["已责令", "1"] in cells
    assert made.headers["x-document-digest"] in "".join(said)
    for token in (scene.agency, *scene.foreigners.values()):
        assert (await scene.oversight.get(path, as_=token)).status_code in (403, 404)


async def test_a_later_report_takes_the_place_of_one_that_was_sent_back(scene: Scene) -> None:
    row = await running(scene)
    await inspected(scene, row)
    path = f"campaigns/{row['id']}/report"
    await scene.step("campaigns", row, "report", scene.supervisor, RESULT)
    first = await scene.read(path, scene.supervisor)
    await scene.step("campaigns", row, "return", scene.colleague, REASON)
    await scene.step("campaigns", row, "report", scene.supervisor, {**RESULT, "summary": "更正。"})
    second = await scene.read(path, scene.supervisor)
    assert second["number"] != first["number"] and second["digest"] != first["digest"]
    for report, state in ((first, "amended"), (second, "valid")):
        answer = await scene.oversight.get(f"/oversight/v1/public/documents/{report['code']}")
        assert answer.json()["state"] == state


async def test_a_report_is_compared_with_the_last_one_on_its_theme(scene: Scene) -> None:
    row = await running(scene)
    await inspected(scene, row)
    await scene.step("campaigns", row, "report", scene.supervisor, RESULT)
    row, _ = await held(scene)
    await scene.step("campaigns", row, "report", scene.supervisor, RESULT)
    told = await scene.read(f"campaigns/{row['id']}/report", scene.supervisor)
    assert told["before"]["compared"]["confirmed"] == 0 and told["compared"]["confirmed"] == 1
    async with scene.oversight.session() as session:
        report = await session.scalar(
            select(CampaignReport).where(CampaignReport.code == told["code"])
        )
    assert report is not None
    tables = [block for block in official_of(report, "").body if isinstance(block, Table)]
    assert ("认定问题（个）", "0", "1", "+1") in tables[-1].rows
