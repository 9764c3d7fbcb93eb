"""The rules of law that an installation begins with: each with its basis, and a value to use."""

import tomllib
from datetime import date
from typing import Any

import pytest

from services.registry.rule_sets import rules
from shared.law.calendar import Deadline, Unit
from shared.law.tables import RULES

TOLD: list[dict[str, Any]] = [
    {**row, "file": file.name}
    for file in sorted(RULES.glob("*.toml"))
    for row in tomllib.loads(file.read_text("utf-8"))["rule"]
]


@pytest.mark.parametrize(
    "row", TOLD, ids=[f"{row['code']}-{row['effective_from']}" for row in TOLD]
)
def test_a_rule_has_its_basis_and_a_value_that_can_be_used(row: dict[str, Any]) -> None:
    assert set(row) <= {
        *("code", "effective_from", "effective_to", "legal_basis", "provisional", "value"),
        "file",
    }
    assert len(row["legal_basis"]) >= 8
    assert any("一" <= character <= "鿿" for character in row["legal_basis"])
    assert type(row["effective_from"]) is date
    assert isinstance(row["provisional"], bool)
    rules.may_be(row["value"])
    # What says so itself that it was not settled says it in its flag too.
    for word in ("暂定", "参照", "待核"):
        if word in row["legal_basis"] and row["file"] == "statutes.toml":
            assert row["provisional"] or row["code"] == "transfer.file", row["code"]


def test_a_rule_is_told_once() -> None:
    keys = [(row["code"], row["effective_from"]) for row in TOLD]
    assert len(keys) == len(set(keys))


@pytest.mark.parametrize(
    ("code", "part", "n", "unit", "provisional"),
    [
        ("referral.result_reply", None, 10, "wd", False),
        ("re_examination.apply", None, 10, "wd", False),
        ("re_examination.decide", None, 15, "wd", False),
        ("complaint.reply", None, 15, "wd", False),
        ("dispute.accept", None, 3, "wd", True),
        ("dispute.forward", None, 2, "wd", True),
        ("dispute.reply", None, 7, "wd", True),
        ("act.decide", None, 90, "d", True),
        ("act.serve", None, 7, "wd", False),
        ("act.withdraw_publication", None, 3, "wd", False),
        ("act.publication", "penalty", 7, "wd", True),
        ("act.publication", "other", 20, "wd", True),
        ("transfer.approve", None, 3, "d", False),
        ("transfer.hand_over", None, 24, "h", False),
        ("transfer.reconsideration", "decide", 3, "d", False),
        ("filing_supervision.police", "file", 15, "d", False),
        ("petition.handling", "handle", 60, "d", False),
    ],
)
def test_the_terms_of_the_statutes(
    code: str, part: str | None, n: int, unit: str, provisional: bool
) -> None:
    (row,) = (row for row in TOLD if row["code"] == code)
    value = row["value"] if part is None else row["value"][part]
    assert Deadline.model_validate(value) == Deadline(n=n, unit=Unit(unit))
    assert row["provisional"] is provisional
