"""`xiejian`: what operators type, against a real database."""

from datetime import date
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text

from shared import cli
from shared.law.tables import forget, rule
from shared.operations import import_calendar
from tests.servers import ServiceUnderTest


@pytest.fixture
def as_operator(escalation: ServiceUnderTest, monkeypatch: pytest.MonkeyPatch) -> ServiceUnderTest:
    """The environment names the escalation service's database."""
    settings = escalation.app.state.settings
    monkeypatch.setattr(cli, "_settings", lambda service: settings)
    return escalation


async def days(service: ServiceUnderTest, day: date) -> Any:
    async with service.session() as session:
        query = text("SELECT workday, name, provisional, source FROM calendar_day WHERE day = :day")
        return (await session.execute(query, {"day": day})).one()


@pytest.fixture
async def calendar_restored(escalation: ServiceUnderTest) -> Any:
    """The imported year is put back to what it was."""
    async with escalation.session() as session:
        kept = (
            await session.execute(text("SELECT * FROM calendar_day WHERE day >= '2027-01-01'"))
        ).mappings()
        rows = [dict(row) for row in kept]
    yield
    async with escalation.session() as session:
        await session.execute(text("DELETE FROM calendar_day WHERE day >= '2027-01-01'"))
        columns = ", ".join(rows[0])
        values = ", ".join(f":{name}" for name in rows[0])
        await session.execute(text(f"INSERT INTO calendar_day ({columns}) VALUES ({values})"), rows)
        await session.commit()
    forget()


async def test_announced_days_are_taken_over(
    as_operator: ServiceUnderTest, calendar_restored: None, tmp_path: Path
) -> None:
    assert tuple(await days(as_operator, date(2027, 1, 1))) == (True, None, True, "weekday-rule")
    file = tmp_path / "2027.csv"
    file.write_text("day,workday,name\n2027-01-01,0,元旦\n2027-01-02,1,元旦\n", encoding="utf-8")
    settings = as_operator.app.state.settings
    assert await import_calendar(settings, file, "公告", (2027,)) == 365
    assert tuple(await days(as_operator, date(2027, 1, 1))) == (False, "元旦", False, "公告")
    assert tuple(await days(as_operator, date(2027, 1, 4))) == (True, None, False, "公告")
    assert await import_calendar(settings, file, "公告", (2027,)) == 0


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        ("a,b\n1,2\n", "must name the columns"),
        ("day,workday\n2027-13-01,1\n", "line 2"),
        ("day,workday\n2027-01-01,yes\n", "line 2"),
        ("day,workday\n2027-01-01,1\n2027-01-01,0\n", "twice"),
    ],
)
async def test_a_calendar_that_cannot_be_read_changes_nothing(
    as_operator: ServiceUnderTest, tmp_path: Path, content: str, complaint: str
) -> None:
    file = tmp_path / "days.csv"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=complaint):
        await import_calendar(as_operator.app.state.settings, file, "公告", ())
    assert (await days(as_operator, date(2027, 1, 1))).provisional


def test_a_wrong_setting_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("XIEJIAN_DATABASE_URL", "postgresql://a:b@127.0.0.1:1/c")
    monkeypatch.setenv("XIEJIAN_DATA_KEY", "x")
    monkeypatch.delenv("XIEJIAN_ENVIRONMENT", raising=False)
    assert cli.main(["migrate", "registry"]) == 1
    told = capsys.readouterr().err
    assert told == "xiejian: XIEJIAN_OIDC_ISSUER must name the identity provider in production\n"


async def test_the_rules_of_the_installation_are_there(escalation: ServiceUnderTest) -> None:
    async with escalation.session() as session:
        assert (await rule(session, "issue.level_reply")).deadline("township").n == 15


@pytest.mark.parametrize("wrong", [["--acts", "0"], ["--acts", "9", "--share", "2"]])
def test_a_made_up_city_has_a_size(wrong: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["seed", *wrong]) != 0
    assert f"xiejian: {wrong[-2]} is" in capsys.readouterr().err
