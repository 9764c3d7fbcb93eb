"""What an indicator is made of, and what it comes to: values in, answers out."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from typing import Literal, NamedTuple

from pydantic import BaseModel, ConfigDict

from services.oversight.act_counts.rules import REPORTED
from services.oversight.acts.rules import ActKind, ActStage
from services.oversight.coverage_counts.rules import CoverageKind
from shared.refusals import Refused
from shared.vocabulary import Term as Vocabulary

MOST_MONTHS = 18
"""Of a period; with the period before it is twice as long."""


class Aim(Vocabulary):
    """What the notice is for (第一条)."""

    INSTITUTION = "institution", "制度完善"
    MECHANISM = "mechanism", "机制健全"
    SUPERVISION = "supervision", "监督有力"
    OPERATION = "operation", "运转高效"


class Better(Vocabulary):
    """Where the target lies."""

    HIGHER = "higher", "不低于目标值"
    LOWER = "lower", "不高于目标值"
    NONE = "none", "不设目标"


class MonthsNotMeant(Refused):
    code = "months-not-meant"
    status = 422
    zh = "统计月份 {first} 至 {last} 无效：不得倒置、不得晚于本月，且不超过 {most} 个月。"
    en = "The months {first} to {last} are upside down, to come, or more than {most}."


class Indicator(BaseModel):
    """One indicator, as rule indicators.board has it (`shared/law/data/rules/indicators.toml`)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    code: str
    aim: Aim
    name: str
    numerator: tuple[str, ...]
    denominator: tuple[str, ...]
    unit: str
    target: Decimal
    better: Better
    basis: str
    provisional: bool

    @property
    def terms(self) -> tuple[str, ...]:
        return (*self.numerator, *self.denominator)


class Term(NamedTuple):
    """One number that indicators are made of."""

    source: Literal["acts", "coverage", "measure"]
    of: str
    """A stage, a kind of coverage, or the key of a measure."""
    part: str | None = None
    """Of acts the kind, of coverage `covered`, `in_order` or `total`."""
    result: str | None = None

    @property
    def stands(self) -> bool:
        """It is as of the end of a period and not what happened in it."""
        return self.source == "coverage"


def term(told: str, *, measures: Sequence[str]) -> Term | None:
    """A term as it is written; None if there is no such thing to count."""
    match told.split("."):
        case ["acts", stage, *rest] if stage in (REPORTED, *ActStage) and len(rest) <= 2:
            if not rest or rest[0] in set(ActKind):
                return Term("acts", stage, *rest)
        case ["coverage", kind, ("covered" | "in_order" | "total") as part] if kind in set(
            CoverageKind
        ):
            return Term("coverage", kind, part)
        case ["measure", key] if key in measures:
            return Term("measure", key)
    return None


class Value(NamedTuple):
    """What an indicator came to."""

    numerator: int
    denominator: int | None
    value: Decimal | None
    """None where there is nothing to divide by."""


def value_of(indicator: Indicator, numbers: Mapping[str, int]) -> Value:
    """From what its terms came to: per cent with two decimals, or the number itself."""
    numerator = sum(numbers[one] for one in indicator.numerator)
    if not indicator.denominator:
        return Value(numerator, None, Decimal(numerator))
    denominator = sum(numbers[one] for one in indicator.denominator)
    if not denominator:
        return Value(numerator, denominator, None)
    share = Decimal(numerator) * 100 / denominator
    return Value(numerator, denominator, share.quantize(Decimal("0.01"), ROUND_HALF_UP))


def is_met(indicator: Indicator, value: Decimal | None) -> bool | None:
    """Whether the target is reached; None where there is none, or no value."""
    if value is None or indicator.better is Better.NONE:
        return None
    if indicator.better is Better.HIGHER:
        return value >= indicator.target
    return value <= indicator.target


class Months(NamedTuple):
    """From a month to a month, both in it, each by its first day."""

    first: date
    last: date

    @property
    def each(self) -> list[date]:
        return [later(self.first, n) for n in range(_distance(self.first, self.last) + 1)]

    @property
    def before(self) -> "Months":
        """As many months that end where these begin."""
        return Months(later(self.first, -len(self.each)), later(self.first, -1))


def later(month: date, count: int) -> date:
    months = month.year * 12 + month.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


def _distance(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def months_meant(first: date, last: date, *, today: date) -> Months:
    """The months asked for; refuses what is to come, upside down or too long."""
    fits = first <= last <= today and _distance(first, last) < MOST_MONTHS
    if not fits:
        raise MonthsNotMeant(first=f"{first:%Y-%m}", last=f"{last:%Y-%m}", most=MOST_MONTHS)
    return Months(first, last)
