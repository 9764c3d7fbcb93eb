"""Decisions about officers and their certificates: values in, `Refused` out."""

from collections.abc import Collection
from datetime import date

from shared.law.divisions import Level, level_of
from shared.law.lifecycle import Lifecycle, Transition, TransitionNotAllowed
from shared.refusals import Refused
from shared.vocabulary import Term


class Staffing(Term):
    STAFF = "staff", "在编"
    AUXILIARY = "auxiliary", "辅助"


class OfficerState(Term):
    ON_POST = "on_post", "在岗"
    RETIRED = "retired", "离岗"


class CertificateState(Term):
    APPLIED = "applied", "已申领"
    TRAINED = "trained", "已培训"
    EXAMINED = "examined", "考试合格"
    ACTIVE = "active", "有效"
    SUSPENDED = "suspended", "暂扣"
    REVOKED = "revoked", "吊销"
    EXPIRED = "expired", "过期"
    SURRENDERED = "surrendered", "交回"


ENDED = (CertificateState.REVOKED, CertificateState.EXPIRED, CertificateState.SURRENDERED)
PREPARING = (CertificateState.APPLIED, CertificateState.TRAINED, CertificateState.EXAMINED)
HELD = (CertificateState.ACTIVE, CertificateState.SUSPENDED)

OFFICER = Lifecycle(
    OfficerState.ON_POST,
    [
        Transition("change", OfficerState.ON_POST, None, "officer:register"),
        Transition("reassign", OfficerState.ON_POST, None, "officer:reassign"),
        Transition("retire", OfficerState.ON_POST, OfficerState.RETIRED, "officer:retire"),
    ],
    terminal=(OfficerState.RETIRED,),
)

CERTIFICATE = Lifecycle(
    CertificateState.APPLIED,
    [
        Transition(
            "train", CertificateState.APPLIED, CertificateState.TRAINED, "certificate:examine"
        ),
        Transition(
            "examine", CertificateState.TRAINED, CertificateState.EXAMINED, "certificate:examine"
        ),
        Transition(
            "issue",
            CertificateState.EXAMINED,
            CertificateState.ACTIVE,
            "certificate:issue",
            needs="a published subject",
        ),
        Transition(
            "suspend",
            CertificateState.ACTIVE,
            CertificateState.SUSPENDED,
            "certificate:suspend",
            needs="a reason",
        ),
        Transition(
            "reinstate", CertificateState.SUSPENDED, CertificateState.ACTIVE, "certificate:suspend"
        ),
        Transition(
            "revoke", HELD, CertificateState.REVOKED, "certificate:revoke", needs="a reason"
        ),
        Transition(
            "surrender",
            (*PREPARING, *HELD),
            CertificateState.SURRENDERED,
            "certificate:surrender",
            needs="a reason, also by reassignment and retirement",
        ),
        Transition("expire", HELD, CertificateState.EXPIRED),
    ],
    terminal=ENDED,
)


_BY_ISSUER = frozenset({"suspend", "reinstate", "revoke"})


class OfficerAlreadyRegistered(Refused):
    """Somebody on post has this identity number."""

    code = "officer-already-registered"
    zh = "该人员已登记为在岗人员。"
    en = "This person is already registered as being on post."


class AlreadyThere(Refused):
    """A reassignment leads to another subject."""

    code = "officer-already-there"
    zh = "该人员已属该执法主体。"
    en = "The officer belongs to that subject already."


class AuxiliaryHoldsNoCertificate(Refused):
    """Auxiliary staff do not enforce."""

    code = "auxiliary-holds-no-certificate"
    zh = "执法辅助人员不得申领或持有行政执法证。"
    en = "Auxiliary staff can never hold an enforcement certificate."
    basis = "《中华人民共和国行政处罚法》第四十二条"


class CertificateInHand(Refused):
    """There is one already, or an application for one."""

    code = "certificate-in-hand"
    zh = "该人员已有执法证或正在申领（状态：{state}）。"
    en = "There is a certificate or an application already, in state {state}."


class NoCertificate(Refused):
    """There is nothing to act on."""

    code = "certificate-missing"
    zh = "该人员未申领执法证。"
    en = "No certificate was applied for."


class CertificateNumberTaken(Refused):
    """The issuer gave this number to somebody else."""

    code = "certificate-number-taken"
    zh = "该发证机关已签发同一编号的执法证。"
    en = "The issuer has given this certificate number already."


class SubjectNotPublished(Refused):
    """Only officers of a published subject get a certificate."""

    code = "subject-not-published"
    zh = "所属执法主体未公示或已暂停，不得签发或恢复执法证。"
    en = "The officer's subject is not published, so no certificate can be issued or reinstated."
    basis = "《重庆市行政执法监督条例》第七条"


class CertificateOfAnotherIssuer(Refused):
    """Who issued a certificate takes it away."""

    code = "certificate-of-another-issuer"
    status = 403
    zh = "执法证的暂扣、吊销和恢复由发证机关（{issuer}）办理。"
    en = "A certificate is suspended, reinstated and revoked by its issuer ({issuer}) alone."
    basis = "《重庆市行政执法监督条例》第十八条"


class CertificatePeriodOver(Refused):
    """The last day is not to come."""

    code = "certificate-period-over"
    status = 422
    zh = "有效期截止日 {valid_to} 须晚于今天。"
    en = "The last day {valid_to} must be later than today."


class DateInFuture(Refused):
    """What has been done cannot have been done tomorrow."""

    code = "date-in-future"
    status = 422
    zh = "日期 {on} 尚未到来。"
    en = "The date {on} is still to come."


def may_apply(*, staffing: str, officer_state: str, certificate_state: str | None) -> None:
    """Staff on post, once at a time."""
    if staffing != Staffing.STAFF:
        raise AuxiliaryHoldsNoCertificate
    if officer_state != OfficerState.ON_POST:
        raise TransitionNotAllowed(action="apply", state=str(officer_state), allowed=[])
    if certificate_state is not None and certificate_state not in ENDED:
        raise CertificateInHand(state=str(certificate_state))


def may_reassign(*, same: bool) -> None:
    """Within a subject the post changes, and the certificate stays."""
    if same:
        raise AlreadyThere


def may_become(*, staffing: str, certificate_state: str | None) -> None:
    """An officer who becomes auxiliary has given the certificate back before."""
    live = certificate_state is not None and certificate_state not in ENDED
    if staffing != Staffing.STAFF and live:
        raise AuxiliaryHoldsNoCertificate


def may_enforce(*, subject_state: str) -> None:
    """条例 art. 7: the body's own standing comes before its officers'."""
    if subject_state != "published":
        raise SubjectNotPublished


def is_issuer(*, issuer: str | None, office: str, district: str | None) -> bool:
    """条例 art. 18: the issuing office suspends and revokes.

    Where the officer's township has come to another district since, or the issuing district has
    ended, the office of the district that it lies in now stands in for it.
    """
    if issuer is None or office == issuer:
        return True
    return level_of(issuer) is Level.DISTRICT and issuer != district and office == district


def may_run_until(*, valid_to: date, today: date) -> None:
    """A certificate that is over when it is issued would be none."""
    if valid_to <= today:
        raise CertificatePeriodOver(valid_to=valid_to.isoformat())


def has_been(on: date, *, today: date) -> None:
    """A day on which something was done is not to come."""
    if on > today:
        raise DateInFuture(on=on.isoformat())


def allowed_actions(
    *,
    state: str,
    staffing: str,
    certificate_state: str | None,
    issuing: bool,
    permissions: Collection[str],
) -> list[str]:
    """What somebody in charge may do now; what concerns the certificate begins `certificate/`.

    `issuing` says whether they are of the office that issued it, if it was issued.
    """
    actions = OFFICER.allowed_actions(state, permissions)
    if state != OfficerState.ON_POST:
        return actions
    if certificate_state is not None and certificate_state not in ENDED:
        steps = CERTIFICATE.allowed_actions(certificate_state, permissions)
        return actions + [
            f"certificate/{step}" for step in steps if issuing or step not in _BY_ISSUER
        ]
    if staffing == Staffing.STAFF and "certificate:apply" in permissions:
        actions.append("certificate/apply")
    return actions
