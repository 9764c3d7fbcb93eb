"""Decisions about certificates: values in, `Refused` out."""

from collections.abc import Collection
from datetime import date

from services.registry.officers.rules import OFFICER, OfficerState, Staffing
from services.registry.subjects.rules import ENDED as SUBJECT_ENDED
from services.registry.subjects.rules import SubjectState
from shared.law.divisions import Level, level_of
from shared.law.lifecycle import Lifecycle, Transition, TransitionNotAllowed
from shared.refusals import Refused
from shared.vocabulary import Term


class CertificateKind(Term):
    ENFORCEMENT = "enforcement", "行政执法证"


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

CERTIFICATE = Lifecycle(
    CertificateState.APPLIED,
    [
        Transition(
            "train", CertificateState.APPLIED, CertificateState.TRAINED, "certificate:examine"
        ),
        Transition(
            "examine",
            CertificateState.TRAINED,
            CertificateState.EXAMINED,
            "certificate:examine",
            needs="it was passed by rule certificate.examination",
        ),
        Transition(
            "fail",
            CertificateState.TRAINED,
            None,
            needs="an examination was not passed, which may be taken again",
        ),
        Transition(
            "issue",
            CertificateState.EXAMINED,
            CertificateState.ACTIVE,
            "certificate:issue",
            needs="another person than who recorded the examination, and a published subject",
        ),
        Transition(
            "renew",
            CertificateState.ACTIVE,
            None,
            "certificate:issue",
            needs="its issuer, a later last day, and a published subject",
        ),
        Transition(
            "suspend",
            CertificateState.ACTIVE,
            CertificateState.SUSPENDED,
            "certificate:suspend",
            needs="its issuer, and a reason",
        ),
        Transition(
            "reinstate",
            CertificateState.SUSPENDED,
            CertificateState.ACTIVE,
            "certificate:suspend",
            needs="its issuer, and a published subject",
        ),
        Transition(
            "revoke",
            HELD,
            CertificateState.REVOKED,
            "certificate:revoke",
            needs="its issuer, and a reason",
        ),
        Transition(
            "surrender",
            (*PREPARING, *HELD),
            CertificateState.SURRENDERED,
            "certificate:surrender",
            needs="a reason, also by reassignment, retirement and the end of the subject",
        ),
        Transition("expire", HELD, CertificateState.EXPIRED),
    ],
    terminal=ENDED,
)


_BY_ISSUER = frozenset({"renew", "suspend", "reinstate", "revoke"})
_OF_STANDING = frozenset({"issue", "renew", "reinstate"})


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
    zh = "所属执法主体未公示或已暂停，不得签发、延续或恢复执法证。"
    en = "The subject is not published, so no certificate is issued, renewed or reinstated."
    basis = "《重庆市行政执法监督条例》第七条"


class CertificateOfAnotherIssuer(Refused):
    """Who issued a certificate renews it and takes it away."""

    code = "certificate-of-another-issuer"
    status = 403
    zh = "执法证的延续、暂扣、吊销和恢复由发证机关（{issuer}）办理。"
    en = "Only its issuer ({issuer}) renews, suspends, reinstates and revokes a certificate."
    basis = "《重庆市行政执法监督条例》第十八条"


class CertificatePeriodOver(Refused):
    """The last day is not to come."""

    code = "certificate-period-over"
    status = 422
    zh = "有效期截止日 {valid_to} 须晚于今天。"
    en = "The last day {valid_to} must be later than today."


class CertificateNotExtended(Refused):
    """A renewal leads further than the certificate runs already."""

    code = "certificate-not-extended"
    status = 422
    zh = "延续后的截止日 {valid_to} 须晚于原截止日 {until}。"
    en = "The new last day {valid_to} must be later than the present one, {until}."


class IssuedByExaminer(Refused):
    """Two pairs of eyes: who examined does not issue alone."""

    code = "certificate-issued-by-examiner"
    zh = "登记考试结果的人员不得签发该执法证，须由另一人签发。"
    en = "Who recorded the examination does not issue the certificate: another person does."


class ScoreImpossible(Refused):
    """There are no more marks than the examination has."""

    code = "examination-score-impossible"
    status = 422
    zh = "成绩 {score} 超过满分 {full_mark}。"
    en = "The score {score} is above the full mark, {full_mark}."


class ResultContradictsScore(Refused):
    """The score decides whether it was passed."""

    code = "examination-result-contradicts-score"
    status = 422
    zh = "所填结论与成绩 {score} 不一致（合格线 {pass_mark}）。"
    en = "The result is not what the score {score} makes of it: the pass mark is {pass_mark}."


def may_apply(*, staffing: str, officer_state: str, certificate_state: str | None) -> None:
    """Staff on post, once at a time."""
    if staffing != Staffing.STAFF:
        raise AuxiliaryHoldsNoCertificate
    if officer_state != OfficerState.ON_POST:
        raise TransitionNotAllowed(action="apply", state=str(officer_state), allowed=[])
    if certificate_state is not None and certificate_state not in ENDED:
        raise CertificateInHand(state=str(certificate_state))


def may_become(*, staffing: str, certificate_state: str | None) -> None:
    """An officer who becomes auxiliary has given the certificate back before."""
    live = certificate_state is not None and certificate_state not in ENDED
    if staffing != Staffing.STAFF and live:
        raise AuxiliaryHoldsNoCertificate


def may_enforce(*, subject_state: str | None) -> None:
    """条例 art. 7: the body's own standing comes before its officers'."""
    if subject_state != SubjectState.PUBLISHED:
        raise SubjectNotPublished


def is_issuer(*, issuer: str | None, office: str, district: str | None) -> bool:
    """条例 art. 18: the issuing office suspends and revokes.

    Where the officer's township has come to another district since, or the issuing district has
    ended, the office of the district that it lies in now stands in for it.
    """
    if issuer is None or office == issuer:
        return True
    return level_of(issuer) is Level.DISTRICT and issuer != district and office == district


def may_issue(*, issuer: str, examiner: str | None) -> None:
    """An examination that nobody is named for was recorded before this rule."""
    if issuer == examiner:
        raise IssuedByExaminer


def has_passed(*, score: int | None, told: bool | None, pass_mark: int, full_mark: int) -> bool:
    """By the score where there is one; without one as told, and passed if nothing is said."""
    if score is None:
        return told is not False
    if score > full_mark:
        raise ScoreImpossible(score=score, full_mark=full_mark)
    passed = score >= pass_mark
    if told is not None and told != passed:
        raise ResultContradictsScore(score=score, pass_mark=pass_mark)
    return passed


def may_run_until(*, valid_to: date, today: date) -> None:
    """A certificate that is over when it is issued would be none."""
    if valid_to <= today:
        raise CertificatePeriodOver(valid_to=valid_to.isoformat())


def may_renew(*, valid_to: date, until: date) -> None:
    """What does not extend a certificate is no renewal."""
    if valid_to <= until:
        raise CertificateNotExtended(valid_to=valid_to.isoformat(), until=until.isoformat())


def is_usable(
    *,
    officer_state: str,
    subject_state: str | None,
    certificate_state: str | None,
    valid_to: date | None,
    on: date,
) -> bool:
    """Whether somebody may enforce with it on a day.

    While the subject is suspended none of its certificates can be used: an officer enforces in
    the name of the body. Each is as good as before once the body's standing is back.
    """
    return (
        officer_state == OfficerState.ON_POST
        and subject_state == SubjectState.PUBLISHED
        and certificate_state == CertificateState.ACTIVE
        and (valid_to is None or on <= valid_to)
    )


def allowed_actions(
    *,
    officer_state: str,
    staffing: str,
    subject_state: str | None,
    certificate_state: str | None,
    issuing: bool,
    examiner: bool,
    permissions: Collection[str],
) -> list[str]:
    """What somebody in charge may do now; what concerns the certificate begins `certificate/`.

    `issuing` says whether they are of the office that issued it, if it was issued; `examiner`
    whether they recorded the examination.
    """
    actions = OFFICER.allowed_actions(officer_state, permissions)
    if "officer:reveal" in permissions:
        actions.append("reveal")
    if officer_state != OfficerState.ON_POST:
        return actions
    if certificate_state is not None and certificate_state not in ENDED:
        steps = CERTIFICATE.allowed_actions(certificate_state, permissions)
        closed = {"issue"} if examiner else set()
        if not issuing:
            closed |= _BY_ISSUER
        if subject_state != SubjectState.PUBLISHED:
            closed |= _OF_STANDING
        return actions + [f"certificate/{step}" for step in steps if step not in closed]
    exists = subject_state not in SUBJECT_ENDED
    if exists and staffing == Staffing.STAFF and "certificate:apply" in permissions:
        actions.append("certificate/apply")
    return actions
