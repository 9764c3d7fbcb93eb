"""Lists as files: all that the list shows, to whom it shows it, and never a formula."""

import csv
import io
import zipfile
from pathlib import Path
from typing import Any, get_args

import pytest
import python_calamine
from httpx2 import AsyncClient, RemoteProtocolError

from deploy.embedded import Postgres
from services.registry.delegations import schemas as delegations
from services.registry.item_lists import schemas as item_lists
from services.registry.officers import schemas as officers
from services.registry.powers import schemas as powers
from services.registry.subjects import schemas as subjects
from shared.access.actor import Actor
from shared.files.writing import MEDIA_TYPES, Format
from shared.web import exports
from tests.registry.samples import (
    DISTRICT,
    FOREIGN,
    SIBLING,
    TOWNSHIP,
    certified,
    get,
    officer,
    ok,
    published,
    refused,
)
from tests.servers import ServiceUnderTest, application, listening, settings_for

BUREAU = ("bureau_supervisor", "50")


def rows_of(answer: Any, form: Format = Format.CSV) -> list[dict[str, str]]:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].split(";")[0] == MEDIA_TYPES[form]
    if form is Format.CSV:
        assert answer.content.startswith(b"\xef\xbb\xbf")
        return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))
    book = python_calamine.CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
    header, *rows = book.get_sheet_by_index(0).to_python()
    return [dict(zip(map(str, header), map(str, row), strict=True)) for row in rows]


@pytest.mark.parametrize("form", list(Format))
async def test_an_export_is_the_whole_list_with_its_filters(
    registry: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch, form: Format
) -> None:
    monkeypatch.setattr(exports, "PAGE", 2)
    here, there = await published(registry), await published(registry, division=SIBLING)
    for name in ("甲某", "乙某", "丙某"):
        await officer(registry, here, name=name)
    holder = await certified(registry, there, number="渝A-0001", valid_to="2033-01-01")
    path = "/officers/export"
    answer = await get(registry, path, format=form.value, sort="id")
    found = rows_of(answer, form)
    assert [row["姓名"] for row in found] == ["甲某", "乙某", "丙某", "陈某"]
    assert found[-1] | {"公民身份号码": ""} == {
        "姓名": "陈某",
        "公民身份号码": "",
        "所属主体统一社会信用代码": there["uscc"],
        "岗位": "综合行政执法岗",
        "人员性质": "在编",
        "状态": "在岗",
        "起始日期": holder["since"],
        "取得法律职业资格": "否",
        "执法证编号": "渝A-0001",
        "执法证状态": "有效",
        "发证机关区划代码": DISTRICT,
        "发证日期": holder["certificate"]["issued_on"],
        "有效期截止日期": "2033-01-01",
        "编号": holder["id"],
    }
    assert found[-1]["公民身份号码"] == holder["identity_no"]
    assert "*" * 11 in holder["identity_no"]
    asked: list[tuple[dict[str, Any], int]] = [
        ({"division": TOWNSHIP}, 3),
        ({"certificate_state": "active"}, 1),
        ({"q": "乙某"}, 1),
        ({"as_of": "2001-01-01"}, 0),
    ]
    for filters, count in asked:
        answer = await get(registry, path, format=form.value, **filters)
        assert len(rows_of(answer, form)) == count, filters
    assert 'filename="officers.' in answer.headers["content-disposition"]
    for list_path in ("/subjects", "/powers", "/item-lists", "/delegations"):
        found = rows_of(await get(registry, f"{list_path}/export", format=form.value), form)
        assert len(found) == ok(await get(registry, list_path, count="exact"))["count"]


def test_each_column_of_an_export_is_one_of_the_view() -> None:
    for schemas, view in (
        (subjects, subjects.SubjectView),
        (officers, officers.OfficerView),
        (powers, powers.PowerView),
        (item_lists, item_lists.ItemListView),
        (delegations, delegations.DelegationView),
    ):
        for column in schemas.EXPORTED:
            kind: Any = view
            for name in column.path:
                annotation = kind.model_fields[name].annotation
                kind = next((k for k in get_args(annotation) if k is not type(None)), annotation)


async def test_no_cell_of_an_export_is_a_formula(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    names = ["=cmd|' /C calc'!A0", "+1", "-1", "@SUM(1)", "'=1", "a=1", "<b>&\"'"]
    for name in names:
        await officer(registry, subject, name=name)
    answer = await get(registry, "/officers/export", sort="id")
    assert [row["姓名"] for row in rows_of(answer)] == [
        f"'{name}" if name[0] in "=+-@" else name for name in names
    ]
    answer = await get(registry, "/officers/export", sort="id", format="xlsx")
    assert [row["姓名"] for row in rows_of(answer, Format.XLSX)] == names
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        sheet = archive.read("xl/worksheets/sheet1.xml").decode()
    assert "<f>" not in sheet
    assert sheet.count('t="inlineStr"') == sheet.count("<c ")


async def test_an_export_shows_nobody_more_than_the_list(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    await officer(registry, subject)
    for path in ("/officers/export", "/subjects/export"):
        assert rows_of(await get(registry, path, "district_supervisor", FOREIGN)) == []
        refused(await get(registry, path, "auditor", "50"), 403, "forbidden")
        refused(await get(registry, path, limit=5), 422, "invalid-input")
        refused(await get(registry, path, format="pdf"), 422, "invalid-input")


async def test_an_export_breaks_off_when_the_token_expires(
    registry: ServiceUnderTest,
    postgres: Postgres,
    key_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(exports, "PAGE", 1)
    subject = await published(registry)
    for _ in range(3):
        await officer(registry, subject)
    looks = iter([False, False, True, True])
    monkeypatch.setattr(Actor, "expired", property(lambda _: next(looks)))
    headers = {"Authorization": f"Bearer {registry.token('district_supervisor', DISTRICT)}"}
    app = application(settings_for(postgres, "registry", key_file), "registry")
    async with listening(app) as url, AsyncClient(trust_env=False) as client:
        # Whoever reads it sees that it is not whole.
        with pytest.raises(RemoteProtocolError):
            await client.get(f"{url}/registry/v1/officers/export", headers=headers)
