"""Decisions about pilot townships (试点乡镇、街道): values in, `Refused` out."""

from collections.abc import Iterable
from datetime import date

from services.registry.programmes.rules import ParticipantKind, ProgrammeState
from shared.law.divisions import Level, level_of
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term

_BASIS = "渝府办发〔2022〕70号四(一)"


class PilotTownshipState(Term):
    DESIGNATED = "designated", "试点中"
    ENDED = "ended", "已结束"


PILOT_TOWNSHIP = Lifecycle(
    PilotTownshipState.DESIGNATED,
    [
        Transition(
            "end",
            PilotTownshipState.DESIGNATED,
            PilotTownshipState.ENDED,
            "pilot_township:designate",
            needs="a reason",
        ),
        Transition(
            "close",
            PilotTownshipState.DESIGNATED,
            PilotTownshipState.ENDED,
            needs="the programme closed",
        ),
    ],
    terminal=(PilotTownshipState.ENDED,),
)


class NotTownship(Refused):
    """A township or subdistrict is designated."""

    code = "pilot-township-not-a-township"
    status = 422
    zh = "{township} 不是乡镇（街道）。"
    en = "{township} is no township or subdistrict."


class NotPilotDistrict(Refused):
    """The district is no pilot of the programme."""

    code = "pilot-township-not-a-pilot-district"
    status = 422
    zh = "{division} 不是该试点工作的试点区县，不能选择试点乡镇（街道）。"
    en = "{division} is no pilot of the programme; only a pilot district chooses its townships."
    basis = _BASIS


class TownshipElsewhere(Refused):
    """The township lay in another district on that day."""

    code = "pilot-township-elsewhere"
    status = 422
    zh = "{township} 在 {on} 不属于 {division}。"
    en = "{township} did not belong to {division} on {on}."
    basis = _BASIS


class OutsideProgramme(Refused):
    """Neither before the programme nor after it, and not to come."""

    code = "pilot-township-outside-programme"
    status = 422
    zh = "日期 {on} 须在试点期间（{starts_on} 至 {ends_on}）内，且不得晚于今天。"
    en = "The day {on} must lie within the programme, {starts_on} to {ends_on}, and not be to come."


class ProgrammeOver(Refused):
    """The programme is closed: only history is filed."""

    code = "pilot-township-programme-over"
    zh = "试点工作已结束，只能补录历史数据。"
    en = "The programme is closed; only history can be filed, as backfill."


class EndOnlyInBackfill(Refused):
    """A designation that is filed as it happens has no end yet."""

    code = "pilot-township-end-only-in-backfill"
    status = 422
    zh = "仅补录时可填结束日期。"
    en = "Only a backfilled designation comes with its last day."


class EndBeforeDesignation(Refused):
    """It ends before it begins."""

    code = "pilot-township-end-before-designation"
    status = 422
    zh = "结束日期 {ended_on} 不得早于确定日期 {designated_on}。"
    en = "The last day {ended_on} is before the designation on {designated_on}."


class AlreadyDesignated(Refused):
    """A township is a pilot of a programme once at a time."""

    code = "pilot-township-already-designated"
    zh = "该乡镇（街道）在此期间已确定为试点。"
    en = "The township is a pilot of the programme already in that time."


def may_designate(
    *,
    division: str,
    kind: str | None,
    township: str,
    lies_in: str | None,
    on: date,
) -> None:
    """试点区县可以选择部分乡镇(街道)开展试点: its own, by where they lay on that day.

    `kind` is how the district takes part, `lies_in` the township's district on the day.
    """
    if level_of(township) is not Level.TOWNSHIP:
        raise NotTownship(township=township)
    if kind != ParticipantKind.PILOT:
        raise NotPilotDistrict(division=division)
    if lies_in != division:
        raise TownshipElsewhere(township=township, division=division, on=on.isoformat())


def lasts_until(
    *,
    designated_on: date,
    ended_on: date | None,
    starts_on: date,
    ends_on: date,
    closed_on: date | None,
    state: str,
    backfill: bool,
    today: date,
) -> date | None:
    """The last day of a designation, None while it goes on; refuses days that cannot be.

    In a programme that is closed, what was designated ended with it at the latest.
    """
    if state == ProgrammeState.CLOSED and not backfill:
        raise ProgrammeOver
    if ended_on is not None and not backfill:
        raise EndOnlyInBackfill
    last = min(today, closed_on or ends_on)
    for on in (designated_on, ended_on or designated_on):
        if not starts_on <= on <= last:
            raise OutsideProgramme(
                on=on.isoformat(),
                starts_on=starts_on.isoformat(),
                ends_on=(closed_on or ends_on).isoformat(),
            )
    until = ended_on or closed_on
    if until is not None:
        may_end(designated_on=designated_on, ended_on=until)
    return until


def may_end(*, designated_on: date, ended_on: date) -> None:
    """Its last day is its first one or later."""
    if ended_on < designated_on:
        raise EndBeforeDesignation(
            ended_on=ended_on.isoformat(), designated_on=designated_on.isoformat()
        )


def may_stand_beside(
    *, designated_on: date, until: date | None, others: Iterable[tuple[date, date | None]]
) -> None:
    """Designations of one township in one programme follow each other; `others` are its days."""
    for begun, ended in others:
        if designated_on <= (ended or date.max) and begun <= (until or date.max):
            raise AlreadyDesignated
