"""Decisions about pilot programmes and focus tasks: values in, `Refused` out."""

from datetime import date

from shared.law.divisions import Level, level_of
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class ProgrammeState(Term):
    OPEN = "open", "进行中"
    CLOSED = "closed", "已结束"


class ParticipantKind(Term):
    PILOT = "pilot", "试点"
    VOLUNTARY = "voluntary", "参照执行"


PROGRAMME = Lifecycle(
    ProgrammeState.OPEN,
    [
        Transition("participants", ProgrammeState.OPEN, None, "programme:join"),
        Transition(
            "leave", ProgrammeState.OPEN, None, "programme:join", needs="a voluntary one, a reason"
        ),
        Transition("close", ProgrammeState.OPEN, ProgrammeState.CLOSED, "programme:manage"),
        Transition("end", ProgrammeState.OPEN, ProgrammeState.CLOSED, needs="its last day over"),
    ],
    terminal=(ProgrammeState.CLOSED,),
)


class ProgrammeCodeTaken(Refused):
    """There is a programme of this code."""

    code = "programme-code-taken"
    zh = "已有使用该代码的试点工作。"
    en = "There is a programme of this code already."


class ProgrammePeriodInvalid(Refused):
    """It ends before it begins."""

    code = "programme-period-invalid"
    status = 422
    zh = "结束日期 {ends_on} 不得早于开始日期 {starts_on}。"
    en = "The last day {ends_on} is before the first day {starts_on}."


class ParticipantNotDistrict(Refused):
    """Districts and counties take part."""

    code = "participant-not-a-district"
    status = 422
    zh = "参加单位须为区县（自治县）:{division}。"
    en = "Districts and counties take part; {division} is none."


class AlreadyParticipant(Refused):
    """The division takes part already."""

    code = "participant-already-joined"
    zh = "该区县已参加。"
    en = "The division takes part already."


class PilotsByBureau(Refused):
    """A district outside the pilot may follow it; only the Bureau makes it a pilot."""

    code = "programme-pilots-by-bureau"
    status = 403
    zh = "试点单位由市司法局确定；未纳入试点的区县可参照执行。"
    en = "The Bureau names the pilots; a district outside the pilot may follow voluntarily."
    basis = "渝府办发〔2022〕70号"


class NotParticipant(Refused):
    """The division does not take part, or the caller cannot say so for it."""

    code = "programme-not-a-participant"
    status = 422
    zh = "{division} 未参加该试点工作。"
    en = "{division} does not take part in the programme."


class PilotsStay(Refused):
    """A pilot was named by the Bureau; it does not leave on its own will."""

    code = "programme-pilots-stay"
    zh = "试点单位不得自行退出；仅参照执行的区县可以退出。"
    en = "A pilot stays until the programme closes; only a voluntary participant may leave."
    basis = "渝府办发〔2022〕70号"


def may_run(*, starts_on: date, ends_on: date) -> None:
    """The last day is the first one or later."""
    if ends_on < starts_on:
        raise ProgrammePeriodInvalid(starts_on=starts_on.isoformat(), ends_on=ends_on.isoformat())


def may_join(*, division: str, kind: ParticipantKind, by_bureau: bool) -> None:
    """未纳入本次试点的区县可结合本地工作实际参照执行."""
    if level_of(division) is not Level.DISTRICT:
        raise ParticipantNotDistrict(division=division)
    if kind is ParticipantKind.PILOT and not by_bureau:
        raise PilotsByBureau


def may_leave(*, kind: str) -> None:
    """参照执行 is voluntary; a pilot is not."""
    if kind != ParticipantKind.VOLUNTARY:
        raise PilotsStay
