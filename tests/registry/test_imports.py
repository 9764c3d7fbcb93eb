"""Files that come in: what is loaded of them, what is wrong with them, and nothing twice."""

import csv
import io
import json
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import pytest
import xlsxwriter
from httpx2 import AsyncClient, Response
from sqlalchemy import func, select, text

from deploy.embedded import Postgres
from services.registry.adapters.files import KINDS
from services.registry.certificates.tables import Certificate
from services.registry.imports import actions
from services.registry.imports.rules import FileKind
from services.registry.imports.tables import ImportContent
from services.registry.officers.tables import Officer
from shared.files import reader
from shared.files.writing import MEDIA_TYPES, Format
from shared.timers import Timer
from tests.registry import test_lay_monitors as lay_monitors
from tests.registry.handing_over import in_force, office
from tests.registry.samples import (
    BASE,
    DISTRICT,
    FOREIGN,
    FOREIGN_TOWNSHIP,
    SIBLING,
    TOWNSHIP,
    active_power,
    credit_code,
    drafted,
    get,
    identity_number,
    officer,
    ok,
    post,
    published,
    refused,
)
from tests.servers import ServiceUnderTest, application, listening, settings_for

CSV, XLSX = MEDIA_TYPES[Format.CSV], MEDIA_TYPES[Format.XLSX]
BUREAU = ("bureau_supervisor", "50")
HELD = {"certificate_no": "渝A-500106-0001", "issued_on": "2022-07-15", "valid_to": "2031-06-30"}


def table(*rows: dict[str, Any]) -> bytes:
    """A CSV of rows, with all columns that any of them has."""
    out = io.StringIO()
    writer = csv.DictWriter(out, list(dict.fromkeys(key for row in rows for key in row)))
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue().encode()


def workbook(*rows: Iterable[Any]) -> bytes:
    out = io.BytesIO()
    with xlsxwriter.Workbook(out, {"in_memory": True}) as book:
        sheet = book.add_worksheet()
        day = book.add_format({"num_format": "yyyy-mm-dd"})
        for place, row in enumerate(rows):
            for column, cell in enumerate(row):
                write = sheet.write_datetime if hasattr(cell, "year") else sheet.write
                write(place, column, cell, *([day] if hasattr(cell, "year") else []))
    return out.getvalue()


def officer_row(subject: Any, **fields: Any) -> dict[str, Any]:
    return {
        "subject": subject["uscc"],
        "name": "陈某",
        "identity_no": identity_number(),
        "post": "综合行政执法岗",
        "staffing": "staff",
        **fields,
    }


def subject_row(**fields: Any) -> dict[str, Any]:
    return {
        "name": "青木关镇人民政府",
        "uscc": credit_code(),
        "kind": "statutory",
        "division": TOWNSHIP,
        "domains": "comprehensive",
        "legal_basis": "《中华人民共和国行政处罚法》第二十四条",
        **fields,
    }


async def send(
    registry: ServiceUnderTest,
    content: bytes,
    role: str = "district_supervisor",
    at: str = DISTRICT,
    /,
    *,
    media_type: str = CSV,
    organisation: str | None = None,
    headers: dict[str, str] | None = None,
    **query: Any,
) -> Response:
    return await registry.post(
        f"{BASE}/imports",
        as_=registry.token(role, at, organisation=organisation, sub="sender"),
        headers={"Content-Type": media_type, **(headers or {})},
        params={"kind": "officers", **query},
        content=content,
    )


async def worked_off(registry: ServiceUnderTest, answer: Response) -> Any:
    """The import when it has ended."""
    started = ok(answer, 201)
    assert (started["state"], started["rows"]) == ("queued", 0)
    await registry.fire_timers()
    return ok(await get(registry, f"/imports/{started['id']}", *BUREAU))


async def wrong(registry: ServiceUnderTest, done: Any) -> list[tuple[int, str | None, str]]:
    """Row, column and code of each error."""
    path = f"/imports/{done['id']}/errors"
    items = ok(await get(registry, path, *BUREAU, limit=200))["items"]
    return [(item["row"], item["field"], item["code"]) for item in items]


async def count(registry: ServiceUnderTest, kind: type[Any]) -> int:
    async with registry.session() as session:
        return await session.scalar(select(func.count()).select_from(kind)) or 0


# ---------------------------------------------------------------- what is loaded


async def test_officers_are_loaded_as_if_registered_one_by_one(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    one = await officer(registry, subject, name="张一凡", since="2022-07-01")
    rows = [officer_row(subject, name=name, since="2022-07-01") for name in ("张一凡", '李\\N"某')]
    done = await worked_off(registry, await send(registry, table(*rows)))
    assert (done["state"], done["rows"], done["wrong"], done["applied"]) == ("done", 2, 0, 2)
    assert done["progress"] == 1
    items = ok(await get(registry, "/officers", sort="id"))["items"]
    assert [item["name"] for item in items] == ["张一凡", "张一凡", '李\\N"某']
    same = {"subject_id", "organisation", "post", "staffing", "state", "since", "allowed_actions"}
    assert {name: items[1][name] for name in same} == {name: one[name] for name in same}
    number = rows[0]["identity_no"]
    assert items[1]["identity_no"] == f"{number[:3]}{'*' * 11}{number[-4:]}"
    async with registry.session() as session:
        first, second, _ = (await session.scalars(select(Officer).order_by(Officer.id))).all()
        seal = session.info["seal"]
    assert seal.open(second.identity_no, "officer.identity_no") == number
    assert second.identity_index == seal.blind_index(number, "officer.identity_no")
    for name in ("search_text", "search_pairs", "district", "township", "parties", "version"):
        assert getattr(second, name) == getattr(first, name)
    assert len(ok(await get(registry, "/officers", q="张一凡"))["items"]) == 2
    # They are on post: nobody registers them again.
    body = {**rows[0], "subject_id": subject["id"]}
    del body["subject"]
    refused(await post(registry, "/officers", **body), 409, "officer-already-registered")
    past = ok(await get(registry, "/officers", as_of="2022-08-01"))["items"]
    assert len(past) == 3


async def test_one_fact_tells_of_all_officers_in_a_division(registry: ServiceUnderTest) -> None:
    here, there = await published(registry), await published(registry, division=SIBLING)
    rows = [officer_row(subject) for subject in (here, there, here)]
    done = await worked_off(registry, await send(registry, table(*rows), backfill=True))
    facts = await registry.facts("registry.officer.loaded.v1")
    told = {fact["division"]: fact["data"]["records"] for fact in facts}
    assert {place: len(records) for place, records in told.items()} == {
        f"50.{DISTRICT}.{TOWNSHIP}": 2,
        f"50.{DISTRICT}.{SIBLING}": 1,
    }
    for fact in facts:
        assert (fact["backfill"], fact["actor"]) == (True, "sender")
        assert fact["data"]["load_id"] == done["id"]
    shown = json.dumps(facts, ensure_ascii=False)
    assert not any(row["identity_no"][3:14] in shown for row in rows)
    trail = [f for f in await registry.facts() if ".import." in f["type"]]
    assert [fact["type"].split(".")[3] for fact in trail] == ["received", "begun", "ended"]
    assert trail[-1]["data"]["applied"] == 3


async def test_certificates_of_an_existing_register_are_taken_over(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry)
    content = table(officer_row(subject, **HELD))
    # Only as backfill, and only by a legal office.
    done = await worked_off(registry, await send(registry, content))
    assert await wrong(registry, done) == [(2, "certificate_no", "import-history-only-as-backfill")]
    body = ("township_enforcement", TOWNSHIP)
    done = await worked_off(registry, await send(registry, content, *body, backfill=True))
    assert await wrong(registry, done) == [(2, "certificate_no", "forbidden")]
    done = await worked_off(registry, await send(registry, content, backfill=True))
    assert done["state"] == "done"
    (person,) = ok(await get(registry, "/officers", certificate_state="active"))["items"]
    certificate = person["certificate"]
    assert {name: certificate[name] for name in HELD} == HELD
    assert (certificate["issuer"], person["since"]) == (DISTRICT, "2022-07-15")
    assert "certificate/suspend" in person["allowed_actions"]
    (fact,) = await registry.facts("registry.officer.loaded.v1")
    assert fact["data"]["records"][0]["certificate_state"] == "active"
    async with registry.session() as session:
        kinds = (await session.scalars(select(Timer.kind).order_by(Timer.kind))).all()
    assert kinds == ["certificate.expiry", "certificate.reminder"]
    registry.advance(days=366 * 6)
    await registry.fire_timers()
    (person,) = ok(await get(registry, "/officers"))["items"]
    assert person["certificate"]["state"] == "expired"


async def test_subjects_are_loaded_as_drafts_or_as_publicised_already(
    registry: ServiceUnderTest,
) -> None:
    rows = [
        subject_row(),
        subject_row(publicised_on="2022-07-01", domains="综合；卫生健康", kind="法定"),
    ]
    answer = await send(registry, table(*rows), kind="subjects", backfill=True)
    done = await worked_off(registry, answer)
    assert (done["state"], done["applied"]) == ("done", 2)
    draft, public = ok(await get(registry, "/subjects", sort="id"))["items"]
    assert (draft["state"], draft["level"], draft["publicised_on"]) == ("draft", "township", None)
    assert (public["state"], public["publicised_on"]) == ("published", "2022-07-01")
    assert public["domains"] == ["comprehensive", "health"]
    assert "suspend" in public["allowed_actions"]
    (entry,) = ok(await get(registry, f"/subjects/{public['id']}/history"))["items"]
    assert (entry["action"], entry["actor"]) == ("load", "sender")
    (fact,) = await registry.facts("registry.subject.loaded.v1")
    assert [record["state"] for record in fact["data"]["records"]] == ["draft", "published"]
    # Who sent the draft in does not publish it alone.
    ok(await post(registry, f"/subjects/{draft['id']}/submit", sub="sender"))
    again = await worked_off(registry, await send(registry, table(rows[0]), kind="subjects"))
    assert await wrong(registry, again) == [(2, "uscc", "subject-credit-code-taken")]


async def test_what_rests_on_another_body_names_it(registry: ServiceUnderTest) -> None:
    over = await published(registry)
    resting = {"kind": "dispatched", "support": over["uscc"], "publicised_on": "2022-07-01"}
    rows = [
        subject_row(**resting),
        subject_row(kind="entrusted", support=over["uscc"]),
        subject_row(support=over["uscc"]),
        subject_row(**{**resting, "support": credit_code()}),
        subject_row(**{**resting, "support": ""}),
    ]
    done = await worked_off(
        registry,
        await send(registry, table(*rows), kind="subjects", backfill=True, accept="valid_rows"),
    )
    assert await wrong(registry, done) == [
        (4, "support", "subject-support-mismatch"),
        (5, "support", "import-subject-unknown"),
        (6, "support", "subject-support-missing"),
    ]
    found = ok(await get(registry, "/subjects", sort="id"))["items"]
    assert [(one["parent_id"], one["delegator_id"]) for one in found] == [
        (None, None),
        (over["id"], None),
        (None, over["id"]),
    ]
    (fact,) = await registry.facts("registry.subject.loaded.v1")
    assert fact["data"]["records"][0]["parent_id"] == over["id"]


async def test_powers_are_loaded_as_drafts_or_as_in_force_already(
    registry: ServiceUnderTest,
) -> None:
    subject, unpublished = await published(registry), await drafted(registry)

    def row(code: str, **fields: Any) -> dict[str, Any]:
        said = {"code": code, "name": "对擅自占道的处罚", "kind": "行政处罚", "domains": "城市管理"}
        basis = "《城市道路管理条例》第四十二条"
        return {
            "subject": subject["uscc"],
            **said,
            "basis": basis,
            "township_allowed": "",
            **fields,
        }

    force = {"in_force_since": "2022-07-01"}
    rows = [
        row("A-1"),
        row("A-2", **force, township_allowed="是"),
        row("A-2", **force),
        row("A-3", **force, basis=""),
        row("A-4", **force, subject=unpublished["uscc"]),
        row("A-2", subject=unpublished["uscc"]),
    ]
    sent: dict[str, Any] = {"kind": "powers", "accept": "valid_rows"}
    done = await worked_off(registry, await send(registry, table(*rows), **sent, backfill=True))
    assert await wrong(registry, done) == [
        (4, "code", "twice-in-file"),
        (5, "in_force_since", "power-without-basis"),
        (6, "in_force_since", "power-holder-not-published"),
    ]
    found = ok(await get(registry, "/powers", sort="id"))["items"]
    assert [(one["code"], one["state"], one["township_allowed"]) for one in found] == [
        ("A-1", "draft", False),
        ("A-2", "active", True),
        ("A-2", "draft", False),
    ]
    assert found[1]["since"] == "2022-07-01"
    assert "activate" in found[0]["allowed_actions"]
    own = ok(await post(registry, f"/powers/{found[0]['id']}/activate"))
    assert own["state"] == "active"
    facts = await registry.facts("registry.power.loaded.v1")
    assert [len(fact["data"]["records"]) for fact in facts] == [3]
    body = ("township_enforcement", TOWNSHIP)
    done = await worked_off(
        registry, await send(registry, table(row("B-1", **force)), *body, **sent, backfill=True)
    )
    assert await wrong(registry, done) == [(2, "in_force_since", "forbidden")]
    done = await worked_off(registry, await send(registry, table(row("A-1")), **sent))
    assert await wrong(registry, done) == [(2, "code", "power-code-taken")]


async def test_items_are_added_to_the_list_that_is_being_drawn_up(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry)
    power = {
        "code": "P-1",
        "kind": "行政检查",
        "domains": "城市管理",
        "basis": "《条例》第一条、第二条",
    }
    power |= {"subject": subject["uscc"], "name": "检查", "in_force_since": "2022-07-01"}
    answer = await send(registry, table(power), kind="powers", backfill=True)
    assert (await worked_off(registry, answer))["state"] == "done"

    def row(code: str, **fields: Any) -> dict[str, Any]:
        said = {"name": "事项", "power_kind": "penalty", "domains": "", "basis": "《条例》第三条"}
        place = {"division": TOWNSHIP, "kind": "法定", "code": code, "holder": "", "deed": ""}
        return {**place, **said, "domains": "health", **fields}

    blank = {"name": "", "power_kind": "", "domains": "", "basis": ""}
    rows = [
        row("P-1", holder=subject["uscc"], **blank),
        row("A-2"),
        row("A-3", **blank),
        row("A-4", holder=subject["uscc"]),
        row("A-2", division=SIBLING),
        row("A-5", division=FOREIGN_TOWNSHIP),
        row("A-6", division=DISTRICT),
        row("P-1", division=SIBLING, kind="委托", holder=subject["uscc"], deed="渝委〔2026〕9号"),
    ]
    sent: dict[str, Any] = {"kind": "item_lists", "accept": "valid_rows"}
    done = await worked_off(registry, await send(registry, table(*rows), **sent))
    assert await wrong(registry, done) == [
        (4, None, "item-incomplete"),
        (5, None, "item-power-unknown"),
        (7, None, "division-unknown"),
        (8, None, "item-list-not-for-a-township"),
        (9, None, "item-delegation-unknown"),
    ]
    lists = ok(await get(registry, "/item-lists", sort="id"))["items"]
    assert [(one["division"], one["statutory"]) for one in lists] == [(TOWNSHIP, 2), (SIBLING, 1)]
    path = f"/item-lists/{lists[0]['id']}/items"
    items = ok(await get(registry, path))["items"]
    assert [(one["code"], one["power_kind"]) for one in items] == [
        ("P-1", "check"),
        ("A-2", "penalty"),
    ]
    assert items[0]["basis"] == ["《条例》第一条、第二条"]
    done = await worked_off(registry, await send(registry, table(row("A-9")), **sent))
    assert done["applied"] == 1
    codes = [one["code"] for one in ok(await get(registry, path))["items"]]
    assert codes == ["P-1", "A-2", "A-9"]
    done = await worked_off(registry, await send(registry, table(row("A-9")), **sent))
    assert await wrong(registry, done) == [(2, None, "item-code-repeated")]
    facts = await registry.facts("registry.item_list.changed.v1")
    assert {fact["actor"] for fact in facts} == {"sender"}


async def test_items_of_a_township_that_come_in_several_batches_make_one_list(
    registry: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    small_batches(monkeypatch, tmp_path)
    said = {"kind": "赋权", "name": "事项", "power_kind": "penalty", "basis": "《条例》第三条"}
    rows = [
        {"division": TOWNSHIP, "code": f"A-{n}", "domains": domain, **said}
        for n, domain in enumerate(["health"] * 5 + ["labour"] * 2)
    ]
    sent: dict[str, Any] = {"kind": "item_lists", "backfill": True}
    done = await worked_off(registry, await send(registry, table(*rows), **sent))
    assert (done["state"], done["applied"]) == ("done", 7), await wrong(registry, done)
    (draft,) = ok(await get(registry, "/item-lists"))["items"]
    assert (draft["empowered"], draft["domains"]) == (7, ["health", "labour"])
    path = f"/item-lists/{draft['id']}"
    items = ok(await get(registry, f"{path}/items"))["items"]
    assert [(one["position"], one["code"]) for one in items] == [
        (n + 1, f"A-{n}") for n in range(7)
    ]
    facts = [fact for fact in await registry.facts() if ".item_list." in fact["type"]]
    assert [fact["type"].split(".")[3] for fact in facts] == ["drafted", *["changed"] * 3]
    assert {(fact["actor"], fact["backfill"]) for fact in facts} == {("sender", True)}
    assert [fact["data"]["empowered"] for fact in facts] == [0, 3, 6, 7]
    # Once it is handed in, another list cannot be begun beside it.
    ok(await post(registry, f"{path}/submit", sub="sender"))
    done = await worked_off(registry, await send(registry, table(rows[0]), **sent))
    assert await wrong(registry, done) == [(2, None, "item-list-in-preparation")]


async def test_an_entrusted_item_names_its_deed(registry: ServiceUnderTest) -> None:
    delegator = await office(registry)
    power = await active_power(registry, delegator)
    delegation = await in_force(registry, delegator, power, division=TOWNSHIP)
    row = {"division": TOWNSHIP, "kind": "委托", "code": power["code"], "holder": delegator["uscc"]}
    rows = table({**row, "deed": delegation["deed"]["deed_no"]})
    done = await worked_off(registry, await send(registry, rows, kind="item_lists"))
    assert done["applied"] == 1, await wrong(registry, done)
    (draft,) = ok(await get(registry, "/item-lists"))["items"]
    (listed,) = ok(await get(registry, f"/item-lists/{draft['id']}/items"))["items"]
    assert (listed["kind"], listed["delegation_id"]) == ("entrusted", delegation["id"])


async def test_delegations_are_drawn_up_as_one_by_one(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    power = {"code": "P-1", "kind": "行政检查", "domains": "城市管理", "basis": "《条例》第一条"}
    power |= {"subject": subject["uscc"], "name": "检查", "in_force_since": "2022-07-01"}
    answer = await send(registry, table(power), kind="powers", backfill=True)
    assert (await worked_off(registry, answer))["state"] == "done"
    row = {
        "delegator": subject["uscc"],
        "trustee_kind": "管理公共事务的组织",
        "trustee": "12500106450401432F",
        "trustee_name": "某中心",
        "powers": "P-1",
        "division": TOWNSHIP,
        "authority": "检查",
        "basis": "《条例》第六条",
        "valid_from": "2027-01-01",
        "valid_to": "2028-12-31",
    }
    rows = [
        row,
        row,
        {**row, "trustee_kind": "企业"},
        {**row, "powers": "P-9"},
        {**row, "trustee_name": ""},
        {**row, "delegator": credit_code()},
    ]
    sent: dict[str, Any] = {"kind": "delegations", "accept": "valid_rows"}
    done = await worked_off(registry, await send(registry, table(*rows), **sent))
    assert await wrong(registry, done) == [
        (3, None, "delegation-overlaps"),
        (4, None, "delegation-trustee-not-public-body"),
        (5, None, "delegation-power-not-held"),
        (6, None, "import-trustee-name-missing"),
        (7, None, "import-subject-unknown"),
    ]
    (made,) = ok(await get(registry, "/delegations"))["items"]
    assert (made["state"], made["valid_to"]) == ("drafted", "2028-12-31")
    (fact,) = await registry.facts("registry.delegation.drafted.v1")
    assert fact["actor"] == "sender"


# ---------------------------------------------------------------- what is wrong


async def test_every_wrong_row_is_told_with_its_column(registry: ServiceUnderTest) -> None:
    subject, foreign = (
        await published(registry),
        await published(registry, division=FOREIGN_TOWNSHIP),
    )
    ended = await published(registry)
    ok(await post(registry, f"/subjects/{ended['id']}/revoke", reason="撤销"))
    unpublished = await drafted(registry)
    there = await officer(registry, subject, identity_no=(known := identity_number()))
    twice = officer_row(subject)
    rows = [
        officer_row(subject, post="", staffing="临时"),
        officer_row(subject, identity_no="500106199001010000"),
        officer_row(foreign),
        officer_row(ended),
        officer_row(subject, identity_no=known),
        twice,
        officer_row(subject, identity_no=twice["identity_no"]),
        officer_row(subject, since="2126-01-01"),
        officer_row(subject, **{**HELD, "valid_to": ""}),
        officer_row(subject, **{**HELD, "certificate_no": "渝A-0003", "staffing": "辅助"}),
        officer_row(
            unpublished, **{**HELD, "certificate_no": "渝A-0002", "valid_to": "2020-01-01"}
        ),
        officer_row(subject, **HELD, issuer=FOREIGN),
        officer_row(subject, legal_qualification_no="A2020"),
    ]
    answer = await send(registry, table(*rows), backfill=True, accept="valid_rows")
    done = await worked_off(registry, answer)
    assert await wrong(registry, done) == [
        (2, "post", "missing"),
        (2, "staffing", "enum"),
        (3, "identity_no", "identity-number-invalid"),
        (4, "subject", "import-subject-unknown"),
        (5, "subject", "import-subject-unknown"),
        (6, "identity_no", "officer-already-registered"),
        (8, "identity_no", "twice-in-file"),
        (9, "since", "dated-too-early-or-late"),
        (10, "certificate_no", "import-certificate-incomplete"),
        (11, "staffing", "auxiliary-holds-no-certificate"),
        (12, "valid_to", "certificate-period-over"),
        (12, "subject", "subject-not-published"),
        (13, "issuer", "certificate-of-another-issuer"),
        (14, "legal_qualification", "legal-qualification-not-held"),
    ]
    assert (done["wrong"], done["applied"], done["state"]) == (12, 1, "done")
    assert there["id"]
    path = f"/imports/{done['id']}/errors"
    first = ok(await get(registry, path, limit=5))
    rest = ok(await get(registry, path, limit=200, cursor=first["next_cursor"]))
    assert len(first["items"]) + len(rest["items"]) == 14
    assert first["items"][0]["column"] == "岗位"
    token = registry.token("district_supervisor", DISTRICT)
    english = await registry.get(
        BASE + path, as_=token, headers={"Accept-Language": "en"}, params={"limit": 6}
    )
    assert english.json()["items"][5]["detail"].startswith("This person is already")
    shown = json.dumps([first, rest], ensure_ascii=False)
    assert not any(row["identity_no"] in shown for row in rows)


async def test_no_lay_monitor_comes_in_by_a_file_as_an_officer_nor_an_officer_as_a_monitor(
    registry: ServiceUnderTest,
) -> None:
    subject, number = await published(registry), identity_number()
    monitor = await lay_monitors.appointed(registry, identity_no=number)
    rows = [officer_row(subject), officer_row(subject, identity_no=number)]
    queries: list[dict[str, Any]] = [{}, {"backfill": "true"}]
    for query in queries:
        done = await worked_off(
            registry, await send(registry, table(*rows), accept="valid_rows", **query)
        )
        told = await wrong(registry, done)
        assert (3, "identity_no", "officer-is-lay-monitor") in told
    assert len(ok(await get(registry, "/officers"))["items"]) == 1
    # On leave they serve still; once they have left they may come in, and are no monitor then.
    path = f"/lay-monitors/{monitor['id']}"
    ok(await post(registry, f"{path}/leave", reason="出国"))
    done = await worked_off(registry, await send(registry, table(rows[1]), dry_run="true"))
    assert await wrong(registry, done) == [(2, "identity_no", "officer-is-lay-monitor")]
    ok(await post(registry, f"{path}/resign", reason="转任"))
    done = await worked_off(registry, await send(registry, table(rows[1])))
    assert (done["applied"], done["wrong"]) == (1, 0)
    again = lay_monitors.person(identity_no=number)
    refused(await post(registry, "/lay-monitors", **again), 422, "lay-monitor-enforcement-staff")


async def test_with_one_wrong_row_nothing_is_loaded_unless_asked_for(
    registry: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "BATCH", 2)
    subject = await published(registry)
    rows = [officer_row(subject, **({"post": ""} if n == 2_500 else {})) for n in range(2)]
    rows.append(officer_row(subject, post=""))
    content = table(*rows)
    before = len(await registry.facts())
    done = await worked_off(registry, await send(registry, content))
    assert (done["state"], done["valid"], done["wrong"], done["applied"]) == ("rejected", 2, 1, 0)
    assert await count(registry, Officer) == 0
    kinds = [fact["type"].split(".", 1)[1] for fact in (await registry.facts())[before:]]
    assert [kind for kind in kinds if ".import." not in kind] == []
    done = await worked_off(registry, await send(registry, content, accept="valid_rows"))
    assert (done["state"], done["applied"]) == ("done", 2)
    assert await count(registry, Officer) == 2


async def test_a_dry_run_tells_what_would_happen_and_loads_nothing(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry)
    content = table(officer_row(subject), officer_row(subject, post=""))
    before = len(await registry.facts())
    answer = await send(registry, content, dry_run=True)
    done = await worked_off(registry, answer)
    assert (done["state"], done["valid"], done["wrong"], done["applied"]) == ("done", 1, 1, 0)
    assert await wrong(registry, done) == [(3, "post", "missing")]
    assert await count(registry, Officer) == 0
    told = (await registry.facts())[before:]
    assert all(".import." in fact["type"] for fact in told)


async def test_nobody_loads_what_they_could_not_file_one_by_one(registry: ServiceUnderTest) -> None:
    mine, other = await published(registry), await published(registry)
    agency = {"organisation": mine["uscc"]}
    rows = table(officer_row(mine), officer_row(other))
    answer = await send(registry, rows, "agency_user", TOWNSHIP, accept="valid_rows", **agency)
    done = await worked_off(registry, answer)
    assert await wrong(registry, done) == [(3, "subject", "import-subject-unknown")]
    assert done["applied"] == 1
    for role, at in (("township_supervision_office", TOWNSHIP), ("auditor", "50")):
        refused(await send(registry, rows, role, at), 403, "forbidden")
    # A former district sees what it handled and files nothing there.
    moved = await published(registry, division="500106105")
    move = {"parent": FOREIGN, "on": moved["publicised_on"]}
    ok(await post(registry, "/divisions/500106105/move", *BUREAU, **move))
    done = await worked_off(registry, await send(registry, table(officer_row(moved))))
    assert await wrong(registry, done) == [(2, "subject", "not-in-charge")]
    own = table(subject_row(division=FOREIGN_TOWNSHIP), subject_row(division="500199999"))
    done = await worked_off(registry, await send(registry, own, kind="subjects"))
    assert await wrong(registry, done) == [
        (2, "division", "division-unknown"),
        (3, "division", "division-unknown"),
    ]


# ---------------------------------------------------------------- files


async def test_an_xlsx_is_read_like_a_csv(registry: ServiceUnderTest) -> None:
    from datetime import date

    subject = await published(registry)
    header = [
        "人员性质",
        "姓名*",
        "所属主体统一社会信用代码",
        "岗位",
        "公民身份号码",
        "在岗起始日期",
    ]
    content = workbook(
        header,
        ["在编", "王某", subject["uscc"], "岗", identity_number(), date(2022, 7, 1)],
        [],
        ["辅助", " 李某 ", subject["uscc"], 12, identity_number()],
        ["在编", "赵某", subject["uscc"], "岗", 500106199001010017],
    )
    done = await worked_off(
        registry, await send(registry, content, media_type=XLSX, accept="valid_rows")
    )
    assert (done["rows"], done["applied"]) == (3, 2)
    # A number so long has lost its last digits in the spreadsheet already.
    assert await wrong(registry, done) == [(5, "identity_no", "identity-number-invalid")]
    items = ok(await get(registry, "/officers", sort="id"))["items"]
    assert [(i["name"], i["staffing"], i["post"]) for i in items] == [
        ("王某", "staff", "岗"),
        ("李某", "auxiliary", "12"),
    ]
    assert items[0]["since"] == "2022-07-01"


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "gb18030"])
async def test_chinese_csv_is_read_in_the_encodings_in_use_also_in_pieces(
    registry: ServiceUnderTest, encoding: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(actions, "PIECE", 7)  # in the midst of a character
    subject = await published(registry)
    content = table(officer_row(subject, name="陈某某")).decode().encode(encoding)
    done = await worked_off(registry, await send(registry, content))
    assert done["state"] == "done"
    assert ok(await get(registry, "/officers"))["items"][0]["name"] == "陈某某"


async def test_a_file_that_is_no_table_is_refused_with_the_reason(
    registry: ServiceUnderTest,
) -> None:
    number = identity_number()
    for content, media_type, code in (
        (table(officer_row({"uscc": "x"})).splitlines()[0], CSV, "file-empty"),
        (number.encode() + b",b\n1,2", CSV, "file-columns-wrong"),
        (b"a\x00b", CSV, "file-unreadable"),
        (b'"a', CSV, "file-unreadable"),
        (b"\xff\xfea\x00", CSV, "file-encoding-unknown"),
        (b"\x80\xff\xff", CSV, "file-encoding-unknown"),
        (b"PK\x03\x04no zip", XLSX, "file-unreadable"),
        (b"not a workbook", XLSX, "file-unreadable"),
        (b",".join([b"x"] * 201) + b"\n", CSV, "file-too-wide"),
    ):
        done = await worked_off(registry, await send(registry, content, media_type=media_type))
        assert (done["state"], done["problem"]["code"]) == ("failed", code), content
        assert number not in json.dumps(done)
    assert await count(registry, ImportContent) == 0
    answer = await send(registry, b"{}", media_type="application/json")
    refused(answer, 422, "file-type-unknown")
    refused(await send(registry, b""), 422, "file-empty")
    refused(await send(registry, b"", kind="swords"), 422, "invalid-input")


async def test_the_columns_that_are_wrong_are_named(registry: ServiceUnderTest) -> None:
    done = await worked_off(registry, await send(registry, "姓名,name,电话,岗位\n1,2,3,4".encode()))
    details = done["problem"]["details"]
    assert details["missing"] == ["所属主体统一社会信用代码", "公民身份号码", "人员性质"]
    assert (details["unknown"], details["repeated"]) == (["C"], ["姓名", "姓名"][:1])


def bomb() -> bytes:
    """Ten gigabytes of blanks in a workbook of a few hundred kilobytes."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(["a"]))) as good,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive,
    ):
        for part in good.infolist():
            if part.filename != "xl/worksheets/sheet1.xml":
                archive.writestr(part, good.read(part))
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as sheet:
            for _ in range(600):
                sheet.write(b" " * 1_000_000)
    return out.getvalue()


def edited(sheet: bytes, *, lies: bool = False) -> bytes:
    """A workbook with another sheet; it may lie about how long that is unpacked."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook(["a"]))) as good,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive,
    ):
        for part in good.infolist():
            first = part.filename == "xl/worksheets/sheet1.xml"
            archive.writestr(part.filename, sheet if first else good.read(part))
    return out.getvalue()


MAIN = b"http://schemas.openxmlformats.org/spreadsheetml/2006/main"
HUGE = (
    b'<worksheet xmlns="' + MAIN + b'"><dimension ref="A1:XFD1048576"/><sheetData>'
    b'<row r="1"><c r="A1" t="inlineStr"><is><t>x</t></is></c></row>'
    b'<row r="1048576"><c r="XFD1048576" t="inlineStr"><is><t>y</t></is></c></row>'
    b"</sheetData></worksheet>"
)
DEEP = b'<worksheet xmlns="' + MAIN + b'"><sheetData>' + b"<row>" * 2_000_000


@pytest.mark.parametrize(
    "content", [bomb(), edited(HUGE), edited(DEEP)], ids=["bomb", "huge", "deep"]
)
async def test_a_hostile_workbook_dies_alone_and_the_service_goes_on(
    registry: ServiceUnderTest, content: bytes
) -> None:
    subject = await published(registry)
    done = await worked_off(registry, await send(registry, content, media_type=XLSX))
    assert done["state"] == "failed"
    assert done["problem"]["code"] in {"file-too-complex", "file-unreadable", "file-empty"}
    done = await worked_off(registry, await send(registry, table(officer_row(subject))))
    assert done["state"] == "done"


async def test_a_file_is_larger_than_other_bodies_and_not_without_limit(
    registry: ServiceUnderTest,
) -> None:
    subject = await published(registry)
    rows = [officer_row(subject, post="岗" * 190) for _ in range(1_900)]
    big = table(*rows)
    assert len(big) > 1_048_576
    ok(await send(registry, big), 201)
    refused(await send(registry, b"x" * (32 * 1024 * 1024 + 1)), 413, "body-too-large")
    token = registry.token("district_supervisor", DISTRICT)
    answer = await registry.post(f"{BASE}/officers", as_=token, content=big)
    refused(answer, 413, "body-too-large")


async def test_no_identity_number_is_ever_at_rest_in_the_clear(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    number = identity_number()
    key = {"Idempotency-Key": "file-1"}
    content = table(officer_row(subject, identity_no=number))
    answers = [await send(registry, content, headers=key) for _ in range(2)]
    assert answers[0].json()["id"] == answers[1].json()["id"]

    async def kept() -> str:
        async with registry.session() as session:
            names = await session.scalars(
                text(
                    "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace ="
                    " 'public'::regnamespace AND has_table_privilege(oid, 'SELECT')"
                )
            )
            rows = [
                await session.scalar(text(f'SELECT string_agg(t::text, chr(10)) FROM "{name}" t'))
                for name in names.all()
            ]
        return "".join(filter(None, rows))

    clear = number.encode()
    for stage in range(4):
        shown = await kept()
        assert number[6:14] not in shown, stage
        assert clear.hex() not in shown, stage
        await fire_once(registry)
    assert await count(registry, Officer) == 1
    assert await count(registry, ImportContent) == 0


async def fire_once(registry: ServiceUnderTest) -> bool:
    from shared.timers import Timers

    definition = registry.definition.timers
    return await Timers(registry.app.state.database, registry.name, definition).fire_next()


# ---------------------------------------------------------------- crashes and races


def small_batches(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, size: int = 3) -> None:
    """Batches of few rows, and a commit behind each."""
    from shared.files import spreadsheet

    source = Path(reader.__file__).read_text()
    changed = tmp_path / "reader.py"
    changed.write_text(source.replace("BATCH = 2_000", f"BATCH = {size}"))
    monkeypatch.setattr(spreadsheet, "_READER", changed)
    monkeypatch.setattr(actions, "STEP_S", 0)


@pytest.mark.parametrize("accept", ["valid_rows", "all_or_nothing"])
async def test_killed_anywhere_it_goes_on_and_loads_each_row_once(
    registry: ServiceUnderTest,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    accept: str,
) -> None:
    small_batches(monkeypatch, tmp_path)
    subject = await published(registry)
    rows = [officer_row(subject, **{**HELD, "certificate_no": f"渝A-{n:04d}"}) for n in range(14)]
    started = ok(await send(registry, table(*rows), backfill=True, accept=accept), 201)
    kind, kills = KINDS[FileKind.OFFICERS], 0
    real = kind.write

    class Killed(BaseException):
        """As if the process was gone: nobody catches it, nothing is committed."""

    async def killed(*arguments: Any) -> None:
        nonlocal kills
        await real(*arguments)
        kills += 1
        if kills in {1, 3}:
            raise Killed

    object.__setattr__(kind, "write", killed)
    try:
        seen = []
        for _ in range(40):
            try:
                if not await fire_once(registry):
                    break
            except Killed:
                pass
            seen.append(await count(registry, Officer))
    finally:
        object.__setattr__(kind, "write", real)
    done = ok(await get(registry, f"/imports/{started['id']}"))
    assert kills > 3
    assert (done["state"], done["applied"], done["wrong"]) == ("done", 14, 0)
    assert await count(registry, Officer) == await count(registry, Certificate) == 14
    facts = await registry.facts("registry.officer.loaded.v1")
    told = [record["officer_id"] for fact in facts for record in fact["data"]["records"]]
    assert len(told) == len(set(told)) == 14
    between = {n for n in seen if 0 < n < 14}
    assert bool(between) == (accept == "valid_rows")


async def test_whoever_registers_somebody_meanwhile_comes_first(
    registry: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch
) -> None:
    subject = await published(registry)
    rows = [officer_row(subject), officer_row(subject)]
    started = ok(await send(registry, table(*rows), accept="valid_rows"), 201)
    await fire_once(registry)  # read
    kind = KINDS[FileKind.OFFICERS]
    real = kind.decide

    async def overtaken(*arguments: Any) -> Any:
        decided = await real(*arguments)
        object.__setattr__(kind, "decide", real)
        await officer(registry, subject, identity_no=rows[0]["identity_no"])
        return decided

    object.__setattr__(kind, "decide", overtaken)
    try:
        await registry.fire_timers()
    finally:
        object.__setattr__(kind, "decide", real)
    registry.advance(seconds=5)
    await registry.fire_timers()
    done = ok(await get(registry, f"/imports/{started['id']}"))
    assert (done["state"], done["applied"], done["wrong"]) == ("done", 1, 1)
    assert await wrong(registry, done) == [(2, "identity_no", "officer-already-registered")]
    assert await count(registry, Officer) == 2


async def test_a_cancelled_import_stops_and_forgets_the_file(
    registry: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    small_batches(monkeypatch, tmp_path)
    subject = await published(registry)
    content = table(*(officer_row(subject) for _ in range(9)))
    started = ok(await send(registry, content, accept="valid_rows"), 201)
    path = f"/imports/{started['id']}"
    for _ in range(2):
        await fire_once(registry)
    assert ok(await get(registry, path))["allowed_actions"] == ["cancel"]
    stranger = ("district_supervisor", FOREIGN)
    refused(await post(registry, f"{path}/cancel", *stranger), 404, "not-found")
    done = ok(await post(registry, f"{path}/cancel", sub="sender"))
    assert (done["state"], done["allowed_actions"]) == ("cancelled", [])
    loaded = done["applied"]
    assert 0 < loaded < 9
    await registry.fire_timers()
    assert await count(registry, Officer) == loaded
    assert await count(registry, ImportContent) == 0
    refused(await post(registry, f"{path}/cancel", sub="sender"), 409, "transition-not-allowed")


async def test_a_step_under_way_does_not_outrun_a_cancellation(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    started = ok(await send(registry, table(officer_row(subject)), accept="valid_rows"), 201)
    await fire_once(registry)
    kind = KINDS[FileKind.OFFICERS]
    real = kind.write

    async def cancelled(*arguments: Any) -> None:
        await real(*arguments)
        ok(await post(registry, f"/imports/{started['id']}/cancel", sub="sender"))

    object.__setattr__(kind, "write", cancelled)
    try:
        await fire_once(registry)
    finally:
        object.__setattr__(kind, "write", real)
    await registry.fire_timers()
    assert await count(registry, Officer) == 0
    assert await registry.facts("registry.officer.loaded.v1") == []
    assert ok(await get(registry, f"/imports/{started['id']}"))["state"] == "cancelled"


# ---------------------------------------------------------------- who sees it, and how


async def test_an_import_is_seen_in_its_division_only(registry: ServiceUnderTest) -> None:
    subject = await published(registry)
    done = await worked_off(registry, await send(registry, table(officer_row(subject, post=""))))
    path = f"/imports/{done['id']}"
    for caller in (("district_supervisor", FOREIGN), ("township_enforcement", TOWNSHIP)):
        for tail in ("", "/errors", "/stream"):
            refused(await get(registry, path + tail, *caller), 404, "not-found")
        assert ok(await get(registry, "/imports", *caller, count="exact"))["count"] == 0
    assert ok(await get(registry, "/imports", state="rejected", kind="officers"))["items"]


async def test_progress_is_streamed_until_the_end(
    registry: ServiceUnderTest, postgres: Postgres, key_file: Path
) -> None:
    subject = await published(registry)
    started = ok(await send(registry, table(officer_row(subject))), 201)
    app = application(settings_for(postgres, "registry", key_file), "registry")
    token = registry.token("district_supervisor", DISTRICT)
    states = []
    async with listening(app) as url, AsyncClient(timeout=30, trust_env=False) as client:
        path = f"{url}{BASE}/imports/{started['id']}/stream"
        headers = {"Authorization": f"Bearer {token}"}
        async with client.stream("GET", path, headers=headers) as stream:
            assert stream.headers["content-type"].startswith("text/event-stream")
            async for line in stream.aiter_lines():
                if line.startswith('data: {"'):
                    states.append(json.loads(line[6:])["state"])
                if line == "event: ended":
                    break
    assert states[-1] == "done"
    assert len(set(states)) > 1 or states == ["done"]


@pytest.mark.parametrize("form", list(Format))
@pytest.mark.parametrize("kind", list(FileKind))
async def test_a_template_filled_in_as_its_example_is_accepted(
    registry: ServiceUnderTest, kind: FileKind, form: Format
) -> None:
    if kind is not FileKind.SUBJECTS:
        await published(registry, uscc="11500106009290825T", division="500106104")
    if kind is FileKind.DELEGATIONS:
        powers = await get(registry, "/imports/template", kind="powers", format="csv")
        answer = await send(registry, powers.content, kind="powers", backfill=True)
        assert (await worked_off(registry, answer))["state"] == "done"
    answer = await get(registry, "/imports/template", *BUREAU, kind=kind.value, format=form.value)
    assert answer.status_code == 200
    assert f'filename="{kind}-template.{form}"' in answer.headers["content-disposition"]
    sent = await send(
        registry,
        answer.content,
        media_type=MEDIA_TYPES[form],
        kind=kind.value,
        backfill=True,
    )
    done = await worked_off(registry, sent)
    assert (done["state"], done["applied"]) == ("done", 1), await wrong(registry, done)
