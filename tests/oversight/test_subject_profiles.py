"""A subject in one call, and the register of rectifications as a file."""

import csv
import io
from datetime import date
from typing import Any
from uuid import UUID, uuid4

from python_calamine import CalamineWorkbook
from sqlalchemy import event

from services.oversight.rectifications.schemas import RectificationExport, RectificationQuery
from shared.events.registry.officers import CertificateIssued
from shared.events.registry.powers import PowerActivated, PowerRepealed, PowersLoaded
from tests.oversight.scene import HERE, SUBJECT_CODE, Scene, officer_told


def power(fact: Any, id: UUID, subject_id: UUID, state: str = "active", **changed: Any) -> Any:
    return fact(
        **{
            "power_id": id,
            "subject_id": subject_id,
            "organisation": SUBJECT_CODE,
            "code": "330217001000",
            "name": "对占道经营的处罚",
            "kind": "penalty",
            "level": "township",
            "domains": ["urban_management"],
            "basis": [],
            "township_allowed": True,
            "edition": 1,
            "state": state,
            "since": date(2026, 1, 1),
            **changed,
        }
    )


async def test_a_subject_is_known_in_one_call(scene: Scene) -> None:
    subject = scene.subject_id
    first, second = uuid4(), uuid4()
    await scene.oversight.react(power(PowerActivated, first, subject), HERE)
    loaded = [power(PowerActivated, second, subject, kind="check")]
    await scene.oversight.react(PowersLoaded(load_id=uuid4(), records=loaded), HERE)
    await scene.oversight.react(
        power(PowerRepealed, first, subject, "repealed", reason="修法"), HERE
    )
    for day in (date(2030, 1, 1), date(2020, 1, 1)):
        held = officer_told(
            CertificateIssued,
            uuid4(),
            subject,
            certificate_no="渝A-1",
            certificate_state="active",
            certificate_valid_to=day,
        )
        await scene.oversight.react(held, HERE)
    row = await scene.in_progress()
    await scene.finding(code="single-officer", officer_id=None)
    scene.oversight.advance(days=31)
    profile = await scene.read(f"subjects/{subject}/profile", scene.agency)
    assert profile["powers"] == {"in_force": 1, "by_kind": {"check": 1}}
    assert profile["officers"] == {"on_record": 3, "certified": 1, "by_state": {"on_post": 3}}
    assert profile["certificates"] == {"by_state": {"active": 2}, "expired": 1}
    assert profile["inspections"] == {"total": 2, "by_state": {"on_site": 2}}
    assert profile["last_inspected_at"] is not None
    assert profile["findings"] == {
        "total": 2,
        "by_state": {"confirmed": 1, "recorded": 1},
        "by_severity": {"serious": 1},
        "by_code": {row["code"]: 1},
    }
    assert profile["rectifications"] == {"total": 1, "by_state": {"in_progress": 1}, "overdue": 1}
    assert profile["measures"] == {"total": 0, "by_state": {}, "overdue": 0}


async def test_a_profile_counts_what_the_caller_may_see(scene: Scene) -> None:
    await scene.assign(mode="unannounced")
    await scene.assign()
    path = f"subjects/{scene.subject_id}/profile"
    for token, counted in ((scene.supervisor, 2), (scene.agency, 1), (scene.office, 1)):
        assert (await scene.read(path, token))["inspections"]["total"] == counted
    for token in scene.foreigners.values():
        await scene.read(path, token, 404)


async def test_a_profile_takes_few_statements(scene: Scene) -> None:
    engine = scene.oversight.app.state.database.engine.sync_engine
    said: list[str] = []

    def note(conn: Any, cursor: Any, statement: str, *_: Any) -> None:
        said.append(statement)

    event.listen(engine, "before_cursor_execute", note)
    try:
        await scene.read(f"subjects/{scene.subject_id}/profile", scene.supervisor)
    finally:
        event.remove(engine, "before_cursor_execute", note)
    assert len([one for one in said if "subject_view" in one or "UNION" in one]) <= 2, said


async def test_the_register_is_a_file_with_every_filter_and_no_formula(scene: Scene) -> None:
    await scene.ordered(requirement="=1+1")
    await scene.ordered(requirement="限期补正", period={"n": 3, "unit": "d"})
    scene.oversight.advance(days=5)

    async def rows(query: str) -> list[dict[str, Any]]:
        path = f"/oversight/v1/rectifications/export?format=xlsx&{query}"
        answer = await scene.oversight.get(path, as_=scene.supervisor)
        assert answer.status_code == 200, answer.text
        book = CalamineWorkbook.from_filelike(io.BytesIO(answer.content))
        head, *lines = book.get_sheet_by_index(0).to_python()
        return [dict(zip(map(str, head), line, strict=True)) for line in lines]

    whole = await rows("")
    assert [row["整改要求"] for row in whole] == ["限期补正", "=1+1"]
    assert (whole[0]["是否逾期"], whole[0]["状态"], whole[0]["严重程度"]) == (
        "是",
        "已责令",
        "较重",
    )
    for query, found in (
        ("overdue=true", 1),
        ("q=补正", 1),
        ("state=verified", 0),
        ("severity=serious", 2),
        (f"subject_id={scene.subject_id}", 2),
        ("division=500112", 0),
        ("ordered_to=2000-01-01", 0),
    ):
        assert len(await rows(query)) == found, query
    answer = await scene.oversight.get(
        "/oversight/v1/rectifications/export", as_=scene.foreigners["other agency"]
    )
    assert len(list(csv.reader(io.StringIO(answer.text)))) == 1
    answer = await scene.oversight.get("/oversight/v1/rectifications/export", as_=scene.agency)
    cells = [cell for line in csv.reader(io.StringIO(answer.text)) for cell in line]
    assert "'=1+1" in cells


def test_the_file_has_every_filter_of_the_list() -> None:
    paging = {"limit", "cursor", "count"}
    assert set(RectificationQuery.model_fields) - paging == (
        set(RectificationExport.model_fields) - {"format"}
    )
