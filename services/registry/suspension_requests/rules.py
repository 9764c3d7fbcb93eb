"""A suspension that oversight decided on, before the certificate's issuer: yes, or no and why."""

from collections.abc import Collection

from services.registry.certificates.rules import CertificateState
from shared.law.lifecycle import Lifecycle, Transition
from shared.refusals import Refused
from shared.vocabulary import Term


class SuspensionRequestState(Term):
    RECEIVED = "received", "待发证机关决定"
    APPROVED = "approved", "已暂扣"
    REFUSED = "refused", "不予暂扣"
    LAPSED = "lapsed", "已失效"


class Lapse(Term):
    """Why nothing is left to decide."""

    NO_CERTIFICATE = "no_certificate", "该人员未持有有效的行政执法证"
    MEASURE_REVOKED = "measure_revoked", "监督处理决定已撤回"


_S = SuspensionRequestState
DECIDE = "suspension_request:decide"

LIFECYCLE = Lifecycle(
    SuspensionRequestState.RECEIVED,
    [
        Transition(
            "approve",
            _S.RECEIVED,
            _S.APPROVED,
            DECIDE,
            "by the issuer, of a certificate that is in force",
        ),
        Transition("refuse", _S.RECEIVED, _S.REFUSED, DECIDE, "by the issuer, with a reason"),
        Transition("lapse", _S.RECEIVED, _S.LAPSED, None, "the measure was revoked"),
    ],
    terminal=[_S.APPROVED, _S.REFUSED, _S.LAPSED],
)


class SuspensionOfAnotherIssuer(Refused):
    """条例 art. 18: who issued a certificate takes it."""

    code = "suspension-request-of-another-issuer"
    status = 403
    zh = "暂扣执法证由发证机关（{issuer}）决定。"
    en = "The certificate's issuer ({issuer}) decides on its suspension."
    basis = "《重庆市行政执法监督条例》第十八条"


class CertificateNotInForce(Refused):
    code = "suspension-request-certificate-not-in-force"
    status = 409
    zh = "该执法证当前不是有效状态（{state}），不能暂扣。"
    en = "The certificate is not in force ({state}), so it cannot be suspended."


def may_decide(action: str, *, state: str, issuer: str, is_issuer: bool, held: str) -> None:
    """`held` is the state of the certificate that the request is about."""
    LIFECYCLE.may(action, state)
    if not is_issuer:
        raise SuspensionOfAnotherIssuer(issuer=issuer)
    if action == "approve" and held != CertificateState.ACTIVE:
        raise CertificateNotInForce(state=held)


def allowed_actions(
    *, state: str, is_issuer: bool, held: str | None, permissions: Collection[str]
) -> list[str]:
    """What a holder of `permissions` may do now."""
    if not is_issuer:
        return []
    return [
        action
        for action in LIFECYCLE.allowed_actions(state, permissions)
        if action != "approve" or held == CertificateState.ACTIVE
    ]
