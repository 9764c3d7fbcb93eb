"""Officers and their certificates over HTTP: see `officers.rules` for the life of each."""

from datetime import date
from typing import Annotated
from uuid import UUID

from fastapi import Query, Request, Response

from services.registry.certificates import actions as certificates
from services.registry.certificates.tables import Held
from services.registry.officers import actions
from services.registry.officers.schemas import (
    EXPORTED,
    CertificateQuery,
    CertificateView,
    ExamRequest,
    IssueRequest,
    OfficerExport,
    OfficerPatch,
    OfficerQuery,
    OfficerRequest,
    OfficerView,
    ReasonRequest,
    ReassignRequest,
    RenewRequest,
    RevealedIdentityView,
    RevealRequest,
    TrainingRequest,
)
from shared.access.actor import Actor, May
from shared.clock import today
from shared.db import ReadSession, Session
from shared.past import AsOfQuery
from shared.web import router as router_of
from shared.web.exports import FILES, export
from shared.web.paging import Page

router = router_of("/registry/v1/officers", "officers")


def _view(session: Session, held: Held, actor: Actor, as_of: date | None = None) -> OfficerView:
    on, seal = as_of or today(session), session.info["seal"]
    return OfficerView.of(held, actor, seal, on=on, past=as_of is not None)


@router.get("")
async def list_officers(
    session: ReadSession,
    actor: Annotated[Actor, May("officer:read")],
    query: Annotated[OfficerQuery, Query()],
) -> Page[OfficerView]:
    """The officers (行政执法人员) and auxiliaries that the caller may see."""
    rows, cursor, count = await actions.page(session, actor, query)
    items = [_view(session, held, actor, query.as_of) for held in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.get("/export", response_class=Response, responses=FILES)
async def export_officers(
    request: Request,
    actor: Annotated[Actor, May("officer:read")],
    query: Annotated[OfficerExport, Query()],
) -> Response:
    """The same list as a file, identity numbers masked as everywhere (导出)."""
    return await export(
        request, actor, query, list_officers, of=OfficerQuery, name="officers", columns=EXPORTED
    )


@router.post("", status_code=201)
async def register_officer(
    session: Session, actor: Annotated[Actor, May("officer:register")], body: OfficerRequest
) -> OfficerView:
    """Register somebody under a subject. The identity number is sealed, and shown masked."""
    return _view(session, await actions.register(session, actor, body), actor)


@router.get("/{id}")
async def get_officer(
    session: ReadSession,
    actor: Annotated[Actor, May("officer:read")],
    id: UUID,
    query: Annotated[AsOfQuery, Query()],
) -> OfficerView:
    """One officer with the newest certificate, now or as of a day."""
    held = await actions.read(session, actor, id, query.as_of)
    return _view(session, held, actor, query.as_of)


@router.patch("/{id}")
async def change_officer(
    session: Session,
    actor: Annotated[Actor, May("officer:register")],
    id: UUID,
    body: OfficerPatch,
) -> OfficerView:
    """Change name, post or staffing. Who becomes auxiliary surrenders the certificate first."""
    return _view(session, await actions.change(session, actor, id, body), actor)


@router.post("/{id}/reassign")
async def reassign_officer(
    session: Session,
    actor: Annotated[Actor, May("officer:reassign")],
    id: UUID,
    body: ReassignRequest,
) -> OfficerView:
    """Move the officer to another subject of the caller's; a certificate is surrendered."""
    return _view(session, await actions.reassign(session, actor, id, body), actor)


@router.post("/{id}/retire")
async def retire_officer(
    session: Session,
    actor: Annotated[Actor, May("officer:retire")],
    id: UUID,
    body: ReasonRequest,
) -> OfficerView:
    """Take the officer off post; a certificate is surrendered."""
    return _view(session, await actions.retire(session, actor, id, body.reason), actor)


@router.post("/{id}/reveal")
async def reveal_officer_identity(
    session: Session,
    response: Response,
    actor: Annotated[Actor, May("officer:reveal")],
    id: UUID,
    body: RevealRequest,
) -> RevealedIdentityView:
    """The identity number in full, for a legal office in charge; each look is in the audit trail.

    Kept in no cache.
    """
    response.headers["Cache-Control"] = "no-store"
    number = await actions.reveal(session, actor, id, body.reason)
    return RevealedIdentityView(officer_id=id, identity_no=number)


@router.get("/{id}/certificates")
async def list_officer_certificates(
    session: ReadSession,
    actor: Annotated[Actor, May("officer:read")],
    id: UUID,
    query: Annotated[CertificateQuery, Query()],
) -> Page[CertificateView]:
    """All certificates (行政执法证) that the officer ever held or applied for."""
    rows, cursor, count = await actions.certificates_of(session, actor, id, query)
    items = [CertificateView.model_validate(row) for row in rows]
    return Page(items=items, next_cursor=cursor, count=count)


@router.post("/{id}/certificate/apply")
async def apply_for_certificate(
    session: Session, actor: Annotated[Actor, May("certificate:apply")], id: UUID
) -> OfficerView:
    """Apply for a certificate: for staff on post only, never for auxiliaries."""
    return _view(session, await certificates.apply(session, actor, id), actor)


@router.post("/{id}/certificate/train")
async def record_training(
    session: Session,
    actor: Annotated[Actor, May("certificate:examine")],
    id: UUID,
    body: TrainingRequest | None = None,
) -> OfficerView:
    """The training before the examination was completed."""
    request = body or TrainingRequest()
    held = await certificates.train(session, actor, id, hours=request.hours, on=request.on)
    return _view(session, held, actor)


@router.post("/{id}/certificate/examine")
async def record_examination(
    session: Session,
    actor: Annotated[Actor, May("certificate:examine")],
    id: UUID,
    body: ExamRequest | None = None,
) -> OfficerView:
    """The result of the examination; who failed it may take it again."""
    request = body or ExamRequest()
    held = await certificates.examine(
        session, actor, id, score=request.score, passed=request.passed, on=request.on
    )
    return _view(session, held, actor)


@router.post("/{id}/certificate/issue")
async def issue_certificate(
    session: Session,
    actor: Annotated[Actor, May("certificate:issue")],
    id: UUID,
    body: IssueRequest,
) -> OfficerView:
    """Issue the certificate by the caller's legal office; it expires after its last day.

    Never by the person who recorded the examination.
    """
    held = await certificates.issue(
        session, actor, id, certificate_no=body.certificate_no, valid_to=body.valid_to
    )
    return _view(session, held, actor)


@router.post("/{id}/certificate/renew")
async def renew_certificate(
    session: Session,
    actor: Annotated[Actor, May("certificate:issue")],
    id: UUID,
    body: RenewRequest,
) -> OfficerView:
    """Let an active certificate run on (延续), by the legal office that issued it."""
    return _view(session, await certificates.renew(session, actor, id, body.valid_to), actor)


@router.post("/{id}/certificate/suspend")
async def suspend_certificate(
    session: Session,
    actor: Annotated[Actor, May("certificate:suspend")],
    id: UUID,
    body: ReasonRequest,
) -> OfficerView:
    """Suspend the certificate (暂扣), by the legal office that issued it only."""
    return _view(session, await certificates.suspend(session, actor, id, body.reason), actor)


@router.post("/{id}/certificate/reinstate")
async def reinstate_certificate(
    session: Session, actor: Annotated[Actor, May("certificate:suspend")], id: UUID
) -> OfficerView:
    """End a suspension, by the legal office that issued the certificate."""
    return _view(session, await certificates.reinstate(session, actor, id), actor)


@router.post("/{id}/certificate/revoke")
async def revoke_certificate(
    session: Session,
    actor: Annotated[Actor, May("certificate:revoke")],
    id: UUID,
    body: ReasonRequest,
) -> OfficerView:
    """Revoke the certificate for good (吊销), by the legal office that issued it only."""
    return _view(session, await certificates.revoke(session, actor, id, body.reason), actor)


@router.post("/{id}/certificate/surrender")
async def surrender_certificate(
    session: Session,
    actor: Annotated[Actor, May("certificate:surrender")],
    id: UUID,
    body: ReasonRequest,
) -> OfficerView:
    """Give the certificate back, or withdraw the application."""
    return _view(session, await certificates.surrender(session, actor, id, body.reason), actor)
