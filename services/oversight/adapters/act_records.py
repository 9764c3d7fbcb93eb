"""A record of an act as agencies' systems send it: read, held against its form, made ready.

Runs in a process of its own (`shared.beside`): what it takes and gives is pickled. Nothing here
looks at the database.
"""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Any, NamedTuple, Self

from pydantic import (
    AwareDatetime,
    ConfigDict,
    Field,
    StringConstraints,
    TypeAdapter,
    ValidationError,
    model_validator,
)
from pydantic_core import PydanticCustomError

from services.oversight.act_batches.rules import MOST_LINE, RecordTooLong, RecordUnreadable
from services.oversight.acts.rules import (
    EARLIEST,
    LATEST,
    MOST_EXCLUDED,
    PLAIN,
    ActKind,
    ActOutcome,
    ActProcedure,
    ActStage,
    PartyKind,
    PenaltyKind,
    PeriodKind,
    ReportedInFuture,
    StageInFuture,
    StageTwice,
    Told,
    edition_of,
    stage_field,
)
from shared.law.identifiers import CreditCode
from shared.refusals import Refused
from shared.sealing import Seal
from shared.web.field_errors import sentence
from shared.web.money import Yuan
from shared.web.schemas import Input, Line

PARTY_SEALED, PARTY_INDEXED = "act.party_sealed", "act.party_key"

Code = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[\x21-\x7e]+$")]
"""A source's own number, a code: one word of printable ASCII."""
Number = Annotated[
    str, StringConstraints(min_length=1, max_length=100, pattern=r"^[^\x00-\x1f\x7f]+$")
]
Address = Annotated[str, StringConstraints(max_length=500, pattern=r"^https?://[^\x00-\x20\x7f]+$")]
Moment = Annotated[
    AwareDatetime,
    Field(
        ge=datetime.combine(EARLIEST, time(), UTC),
        lt=datetime.combine(LATEST, time(), UTC),
    ),
]
Day = Annotated[date, Field(ge=EARLIEST, lt=LATEST)]


class StageRecord(Input):
    """A stage that the act has reached."""

    stage: ActStage
    at: Moment = Field(description="When, with offset", examples=["2026-03-02T09:00:00+08:00"])
    document_no: Number | None = Field(None, examples=["渝沙城罚决〔2026〕12号"])


class PartyRecord(Input):
    """Towards whom (行政相对人): kept sealed, shown masked."""

    kind: PartyKind
    name: Line
    identifier: Code | None = Field(
        None, description="Credit code, or number of the identity document"
    )
    phone: Number | None = None
    address: Line | None = None


class LegalReviewRecord(Input):
    """The legal review of the decision (法制审核)."""

    required: bool = True
    conclusion: Line | None = None
    certificate_no: Number | None = Field(None, description="Certificate of the reviewer")


class PeriodRecord(Input):
    """Days that do not count in the term for deciding."""

    model_config = ConfigDict(validate_by_name=True, validate_by_alias=True)

    kind: PeriodKind
    from_: Day = Field(alias="from")
    to: Day | None = Field(
        None,
        description=f"The last day, at most {MOST_EXCLUDED.days} days on; none while it goes on",
    )

    @model_validator(mode="after")
    def _bounded(self) -> Self:
        if self.to is not None and not timedelta() <= self.to - self.from_ <= MOST_EXCLUDED:
            raise PydanticCustomError(
                "period-out-of-bounds",
                "a period ends on the day on which it begins or later, and within {days} days",
                {
                    "days": MOST_EXCLUDED.days,
                    "zh": f"期间的终止日不得早于起始日,且不得超过 {MOST_EXCLUDED.days} 日",
                },
            )
        return self


class ActRecord(Input):
    """What a source tells of one act. Only what is there is told; null takes back what was told.

    `external_id` is the source's own number of the act. Of two records that tell the same field
    the one with the higher `revision` holds, with equal ones the later `reported_at`, in whatever
    order they arrive. Whoever changes or withdraws what was told gives a `reason`.
    """

    external_id: Code
    revision: int | None = Field(None, ge=0, le=10**11)
    reported_at: Moment
    reason: Line | None = None
    kind: ActKind
    organisation: CreditCode = Field(description="Credit code of the enforcement subject")
    item_code: Code | None = None
    procedure: ActProcedure | None = None
    title: Line | None = Field(None, description="The cause (案由), without personal data")
    certificate_nos: list[Number] | None = Field(None, max_length=20)
    performed_by: list[CreditCode] | None = Field(
        None, max_length=10, description="Bodies whose people did it, if not the subject's own"
    )
    delegation_no: Number | None = Field(None, description="Number of the deed (委托书)")
    party: PartyRecord | None = None
    check_no: Number | None = Field(None, description="Number of an announced check (扫码入企)")
    stages: Annotated[list[StageRecord], Field(min_length=1, max_length=8)]
    legal_review: LegalReviewRecord | None = None
    recording_ref: Line | None = Field(None, description="Where the recording is kept")
    penalties: list[PenaltyKind] | None = Field(None, max_length=len(PenaltyKind))
    fine: Yuan | None = None
    confiscated: Yuan | None = None
    outcome: ActOutcome | None = None
    publication_url: Address | None = None
    excluded_periods: list[PeriodRecord] | None = Field(None, max_length=50)
    extended_to: Day | None = Field(None, description="Last day of a term extended by approval")
    criminal_suspected: bool | None = None
    transfer_no: Number | None = None
    withdrawn: bool | None = Field(None, description="It should never have been reported")


RECORD = TypeAdapter(ActRecord)


class Reading(NamedTuple):
    """What a chunk is read with."""

    codes: Mapping[str, Mapping[str, str]]
    """The source's mapping: by field theirs → ours."""
    now: datetime


class Refusal(NamedTuple):
    """A record that is not taken: the rest goes on."""

    line: int
    external_id: str | None
    problems: list[list[str | None]]
    """`[code, field, zh, en]` each, the field as a JSON pointer; never a value."""


def refusal(line: int, external_id: str | None, refused: Refused, field: str | None) -> Refusal:
    """What a rule has against a record."""
    told = [refused.code, field, refused.sentence("zh"), refused.sentence("en")]
    return Refusal(line, external_id, [told])


def prepare(
    content: bytes, first_line: int, reading: Reading, seal: Seal
) -> tuple[list[Told], list[Refusal]]:
    """The records of a chunk (NDJSON), each made ready or refused; empty lines are none."""
    told: list[Told] = []
    refused: list[Refusal] = []
    latest = reading.now + timedelta(days=1)
    for line, raw in enumerate(content.split(b"\n"), start=first_line):
        if not raw or raw.isspace():
            continue
        try:
            record = _read(raw, reading.codes)
            if record.reported_at > latest:
                raise _At(ReportedInFuture(), "/reported_at")
            seen = set()
            for i, stage in enumerate(record.stages):
                if stage.at > latest:
                    raise _At(StageInFuture(), f"/stages/{i}/at")
                if stage.stage in seen:
                    raise _At(StageTwice(), f"/stages/{i}/stage")
                seen.add(stage.stage)
            told.append(_told(line, record, seal))
        except _At as found:
            refused.append(refusal(line, _id_in(raw), found.refused, found.field))
        except ValidationError as error:
            refused.append(Refusal(line, _id_in(raw), _problems(error)))
        except (ArithmeticError, RecursionError, ValueError):
            # No record stops those beside it, whatever is wrong with it.
            refused.append(refusal(line, _id_in(raw), RecordUnreadable(), None))
    return told, refused


class _At(Exception):
    def __init__(self, refused: Refused, field: str | None = None) -> None:
        self.refused, self.field = refused, field
        super().__init__(refused.code)


def _read(raw: bytes, codes: Mapping[str, Mapping[str, str]]) -> ActRecord:
    if len(raw) > MOST_LINE:
        raise _At(RecordTooLong(most=MOST_LINE))
    if not codes:
        return RECORD.validate_json(raw)
    try:
        record = json.loads(raw)
    except (ValueError, RecursionError):
        raise _At(RecordUnreadable()) from None
    if not isinstance(record, dict):
        raise _At(RecordUnreadable())
    return RECORD.validate_json(json.dumps(_mapped(record, codes)))


def _mapped(record: dict[str, Any], codes: Mapping[str, Mapping[str, str]]) -> dict[str, Any]:
    """The record in our codes; what the mapping does not know stays as it is, and is judged so."""

    def ours(field: str, value: Any) -> Any:
        return codes.get(field, {}).get(value, value) if isinstance(value, str) else value

    for field in ("kind", "organisation", "item_code", "procedure", "outcome"):
        if field in record:
            record[field] = ours(field, record[field])
    for stage in _dicts(record.get("stages")):
        stage["stage"] = ours("stage", stage.get("stage"))
    if isinstance(penalties := record.get("penalties"), list):
        record["penalties"] = [ours("penalty", penalty) for penalty in penalties]
    for party in _dicts([record.get("party")]):
        party["kind"] = ours("party_kind", party.get("kind"))
    return record


def _dicts(values: Any) -> list[dict[str, Any]]:
    return (
        [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []
    )


def _id_in(raw: bytes) -> str | None:
    """The source's number, if the line has one that can be shown."""
    try:
        told = json.loads(raw).get("external_id")
    except (ValueError, AttributeError, RecursionError):
        return None
    return told if isinstance(told, str) and 0 < len(told) <= 100 and told.isprintable() else None


def _problems(error: ValidationError) -> list[list[str | None]]:
    found: list[list[str | None]] = []
    for problem in error.errors(include_url=False, include_input=False)[:20]:
        if problem["type"] == "json_invalid":
            refused = RecordUnreadable()
            return [[refused.code, None, refused.sentence("zh"), refused.sentence("en")]]
        field = "".join(f"/{part}" for part in problem["loc"]) or None
        code = problem["type"].replace("_", "-")
        found.append([code, field, sentence(problem, "zh"), sentence(problem, "en")])
    return found


def _plain(value: Any) -> Any:
    return value.value if value is not None else None


_GIVEN: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "kind": ("kind", _plain),
    "procedure": ("procedure", _plain),
    "outcome": ("outcome", _plain),
    "penalties": ("penalties", lambda kinds: list(dict.fromkeys(kind.value for kind in kinds))),
    "certificate_nos": ("certificate_nos", lambda numbers: list(dict.fromkeys(numbers))),
    "performed_by": ("performed_by", lambda codes: list(dict.fromkeys(codes))),
    "legal_review": ("legal_review", lambda review: review.model_dump(mode="json")),
    "excluded_periods": (
        "excluded_periods",
        lambda periods: [period.model_dump(mode="json", by_alias=True) for period in periods],
    ),
    "fine": ("fine_fen", lambda amount: int(amount * 100)),
    "confiscated": ("confiscated_fen", lambda amount: int(amount * 100)),
}
"""Fields that are kept otherwise than they are told."""
_NOT_FIELDS = frozenset({"external_id", "revision", "reported_at", "reason", "stages", "party"})


def _told(line: int, record: ActRecord, seal: Seal) -> Told:
    fields: dict[str, Any] = {}
    given = record.__dict__
    for name in record.model_fields_set - _NOT_FIELDS:
        value = given[name]
        target, made = _GIVEN.get(name, (name, None))
        if value is None:
            value = PLAIN[target]
        elif made is not None:
            value = made(value)
        fields[target] = value
    for stage in record.stages:
        fields[stage_field(stage.stage)] = (stage.at.astimezone(UTC), stage.document_no)
    if "party" in record.model_fields_set:
        fields["party"] = None if record.party is None else _party(record.party, seal)
    edition = edition_of(record.revision, record.reported_at)
    return Told(line, record.external_id, edition, record.reason, fields)


def _party(party: PartyRecord, seal: Seal) -> dict[str, Any]:
    content = party.model_dump_json(exclude_none=True).encode()
    identifier = party.identifier
    return {
        "party_kind": party.kind.value,
        "party_masked": masked(party.name) if party.kind is PartyKind.NATURAL else party.name,
        "party_key": seal.blind_index(identifier, PARTY_INDEXED) if identifier else None,
        "party_sealed": seal.seal_bytes(content, PARTY_SEALED),
        "party_digest": seal.digest(content),
    }


@lru_cache(maxsize=1_024)
def masked(name: str) -> str:
    """The family name and no more: 张某某 is 张**."""
    return name[:1] + "*" * min(max(len(name) - 1, 1), 3)
