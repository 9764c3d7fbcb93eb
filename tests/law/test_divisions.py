"""The divisions of Chongqing before and after November 2025, from the data that is shipped."""

from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from pydantic import TypeAdapter, ValidationError

from shared.law.divisions import (
    Change,
    DivisionCode,
    DivisionExpired,
    DivisionRecord,
    Divisions,
    DivisionUnknown,
    End,
    Level,
    Move,
    Scope,
    changed,
    level_of,
    read_divisions,
)

DATA = Path(__file__).parents[2] / "services/registry/divisions/data/chongqing_divisions.toml"
TREE = read_divisions(DATA)

PILOT = date(2022, 6, 17)
EVE, CHANGE = date(2025, 11, 5), date(2025, 11, 6)


@pytest.mark.parametrize("day", [PILOT, EVE, CHANGE, date(2030, 1, 1)])
def test_there_are_always_1031_townships(day: date) -> None:
    assert len(TREE.on(day, Level.TOWNSHIP)) == 1_031
    assert [record.code for record in TREE.on(day, Level.CITY)] == ["50"]


@pytest.mark.parametrize(("day", "districts"), [(PILOT, 38), (EVE, 38), (CHANGE, 37)])
def test_districts_before_and_after(day: date, districts: int) -> None:
    assert len(TREE.on(day, Level.DISTRICT)) == districts


def test_the_announced_counts_of_the_change() -> None:
    def kinds(code: str) -> Counter[str]:
        names = [record.name for record in TREE.children_on(code, CHANGE)]
        return Counter("街道" if name.endswith("街道") else "镇" for name in names)

    assert kinds("500157") == {"街道": 31, "镇": 11}
    assert kinds("500109") == {"街道": 6, "镇": 11}
    for ended in ("500105", "500112"):
        assert TREE.children_on(ended, EVE)
        assert not TREE.children_on(ended, CHANGE)


@pytest.mark.parametrize(
    ("code", "townships"),
    [
        ("500112", 30),
        ("500106", 26),
        ("500116", 30),
        ("500119", 34),
        ("500110", 31),
        ("500154", 40),
        ("500240", 33),
    ],
)
def test_the_seven_pilot_districts(code: str, townships: int) -> None:
    assert len(TREE.children_on(code, PILOT)) == townships


def test_every_parent_exists_on_every_day_that_matters() -> None:
    for day in (PILOT, EVE, CHANGE):
        live = {record.code for record in TREE.on(day)}
        for record in TREE.on(day):
            assert (record.parent is None) == (record.code == "50")
            assert record.parent is None or record.parent in live


def test_a_parent_is_a_matter_of_the_day_and_never_of_the_code() -> None:
    assert TREE.parent_on("500112002", EVE) == "500112"
    assert TREE.parent_on("500112002", CHANGE) == "500157"
    assert TREE.parent_on("500112133", CHANGE) == "500109"
    assert TREE.scope_on("500112002", EVE) == Scope("50", "500112", "500112002")
    assert TREE.scope_on("500112002", CHANGE) == Scope("50", "500157", "500112002")
    assert TREE.scope_on("500157", CHANGE) == Scope("50", "500157")
    assert TREE.scope_on("50", CHANGE) == Scope("50")
    assert TREE.scope_on("50", CHANGE).path == "50._._"
    assert TREE.scope_on("500112002", CHANGE).path == "50.500157.500112002"


def test_statistical_groupings_are_no_divisions() -> None:
    assert not {record.code for record in TREE} & {"5001", "5002"}
    assert TREE.parent_on("500240", PILOT) == "50"


def test_the_alias_of_shizhu() -> None:
    record = TREE.record_on("500240", PILOT)
    assert (record.name, record.alias) == ("石柱土家族自治县", "石柱县")


def test_an_ended_district_names_its_successor() -> None:
    assert TREE.record_on("500112", EVE).name == "渝北区"
    with pytest.raises(DivisionExpired) as caught:
        TREE.scope_on("500112", CHANGE)
    refused = caught.value
    assert (refused.status, refused.code) == (422, "division-expired")
    assert refused.details == {
        "division": "500112",
        "ended": "2025-11-06",
        "successor": "500157",
    }


@pytest.mark.parametrize(
    ("code", "day"),
    [("500199", PILOT), ("500157", EVE), ("5001", PILOT), ("50", date(1997, 6, 17)), ("", PILOT)],
)
def test_what_does_not_exist_or_not_yet_is_unknown(code: str, day: date) -> None:
    with pytest.raises(DivisionUnknown) as caught:
        TREE.scope_on(code, day)
    assert (caught.value.status, caught.value.code) == (422, "division-unknown")


def test_names_do_not_identify_a_township() -> None:
    names = Counter(record.name for record in TREE.on(PILOT, Level.TOWNSHIP))
    assert sum(count > 1 for count in names.values()) == 35
    assert names["兴隆镇"] == 4


def test_the_level_is_in_the_length_of_the_code() -> None:
    assert [level_of(code) for code in ("50", "500112", "500112001")] == list(Level)
    for wrong in ("", "5", "5001", "50011200", "050112", "50011a", "500112\n", "５００１１２"):
        with pytest.raises(ValueError, match="not a division code"):
            level_of(wrong)


def test_a_wrong_code_has_a_stable_code_of_its_own() -> None:
    adapter = TypeAdapter(DivisionCode)
    assert adapter.validate_python("500112") == "500112"
    assert adapter.json_schema()["pattern"]
    for wrong in ("5001", "500112\n", "x"):
        with pytest.raises(ValidationError) as caught:
            adapter.validate_python(wrong)
        assert caught.value.errors()[0]["type"] == "division-code-invalid"


def record(code: str, begin: date, end: date | None = None, **more: str) -> DivisionRecord:
    level = level_of(code)
    parent = more.pop("parent", None)
    return DivisionRecord(
        code=code, name="名", level=level, parent=parent, valid_from=begin, valid_to=end
    )


@pytest.mark.parametrize(
    ("records", "says"),
    [
        ([record("500101", PILOT), record("500101", EVE)], "two records"),
        ([record("500101", EVE, PILOT)], "before it begins"),
        ([record("500101", PILOT).model_copy(update={"level": Level.CITY})], "not the code"),
    ],
)
def test_a_tree_that_contradicts_itself_is_refused(
    records: list[DivisionRecord], says: str
) -> None:
    with pytest.raises(ValueError, match=says):
        Divisions(records)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        (Change(CHANGE, (), (), (Move("500101999", "甲镇", "500101", "500102"),)), "500101999"),
        (Change(CHANGE, (), (), (Move("500101001", "别名", "500101", "500102"),)), "500101001"),
        (Change(CHANGE, (), (End("500101", "500102"),), ()), "is left in 500101"),
        (Change(CHANGE, (), (End("500999", None),), ()), "cannot end"),
    ],
)
def test_a_change_that_does_not_fit_is_refused(change: Change, says: str) -> None:
    base = [r for r in TREE.on(PILOT) if r.code in {"50", "500101", "500102"}]
    base += TREE.children_on("500101", PILOT)
    with pytest.raises(ValueError, match=says):
        changed(base, change)


def test_a_record_travels_as_json_and_back() -> None:
    for one in (TREE.record_on("500240", PILOT), TREE.record_on("500112", EVE)):
        assert DivisionRecord.model_validate_json(one.model_dump_json()) == one
