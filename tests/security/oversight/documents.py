"""Documents: a draft, a decision that was served, and its re-examination; and where the case is a
concealed one, a document that is signed and not served."""

from typing import Any

from tests.oversight.documents import CONTENT, SERVICE
from tests.security.declared import Declared
from tests.security.people import OTHER_CODE
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    concealed = make.case.concealed
    division = "500106" if concealed else "50"
    role = "district_supervisor" if concealed else "bureau_supervisor"
    writer, reviewer, signer = (
        make.service.token(role, division, sub=sub, organisation=OTHER_CODE)
        for sub in ("writer", "reviewer", "signer")
    )
    name = "某司法局" if concealed else make.rows.word()
    issuer = {"division": division, "name": name, "prefix": "某司执监"}
    kind = None if concealed else "document_issuer"
    await make.post("document-issuers", issuer, as_=make.bureau, kind=kind)
    subjects = await make.service.get("/oversight/v1/subjects", as_=writer)
    subject_id = subjects.json()["items"][0]["id"]

    async def draft() -> dict[str, Any]:
        said = {name: make.rows.word() for name in ("title", "facts", "reasons", "requirement")}
        body = {**CONTENT, **said, "kind": "decision", "subject_id": subject_id}
        return await make.post("documents", body, as_=writer, kind="document")

    await draft()
    path = f"documents/{(await draft())['id']}"
    await make.post(f"{path}/submit", as_=writer)
    await make.post(f"{path}/approve", {"note": make.rows.word()}, as_=reviewer)
    signed = await make.post(f"{path}/sign", as_=signer)
    make.rows.words += [signed["number"], signed["digest"]]
    if concealed:
        return
    service = {**SERVICE, "served_on": signed["issued_on"], "proof": make.rows.word()}
    await make.post(f"{path}/serve", service, as_=writer)
    objection = {"document_id": signed["id"], "grounds": make.rows.word()}
    await make.post("re-examinations", objection, as_=make.agency, kind="re_examination")


DECLARED = Declared(
    rows=rows,
    resources={
        "/oversight/v1/documents/{id}": "document",
        "/oversight/v1/document-issuers/{id}": "document_issuer",
        "/oversight/v1/re-examinations/{id}": "re_examination",
    },
    collections={
        "/oversight/v1/documents/files": "document",
        "/oversight/v1/documents": "document",
        "/oversight/v1/document-issuers": "document_issuer",
        "/oversight/v1/re-examinations": "re_examination",
    },
    unscoped={
        "/oversight/v1/document-kinds": "the kinds are the same for all",
        "/oversight/v1/public/documents/{code}": "for whoever holds the page with the code",
    },
    names={
        "document_id": "document",
        "answers_id": "document",
        "rectification_id": "rectification",
    },
    harmless=frozenset({"number", "kind", "format"}),
    free={"number": "某司执监决〔2026〕1号", "kind": "decision"},
)
