"""A transfer that was sent and one that came back, their files, the package under way."""

from typing import Any

from tests.escalation.handoffs import CASE, MATERIALS, PDF
from tests.security.declared import Declared
from tests.security.people import BUREAU_CODE, OWN_CODE
from tests.security.rows import Maker


async def attached(
    make: Maker, target: str, row: dict[str, Any], kind: str, *, as_: str | None = None
) -> str:
    """A file of a matter, kept among the rows."""
    answer = await make.service.post(
        "/escalation/v1/attachments",
        as_=as_ or make.agency,
        params={f"{target}_id": row["id"], "kind": kind, "name": f"{make.rows.word()}.pdf"},
        content=PDF + make.rows.word().encode(),
        headers={"Content-Type": "application/pdf"},
    )
    assert answer.status_code == 201, answer.text
    file = answer.json()
    make.rows.ids["attachment"].append(file["id"])
    make.rows.words.append(file["sha256"])
    return str(file["id"])


async def noted(make: Maker, row: dict[str, Any]) -> None:
    """The packages of a matter, kept among the rows."""
    answer = await make.service.get(
        f"/escalation/v1/packages?matter_id={row['id']}", as_=make.bureau
    )
    for package in answer.json()["items"]:
        make.rows.ids["package"].append(package["id"])
        make.rows.words += [package["digest"], package["matter_number"]]


def head_of(make: Maker) -> str:
    """Another person of the body."""
    place = make.case.place.division
    return make.service.token("agency_user", place, organisation=OWN_CODE, sub="head")


async def rows(make: Maker) -> None:
    word = make.rows.word
    told = {name: word() for name in ("title", "offence", "facts", "sender_name")}
    body = {**CASE, **told, "receiver": None, "receiver_name": word()}
    transfer = await make.post("transfers", body, as_=make.agency, kind="transfer")
    make.rows.words.append(transfer["number"])
    for kind in MATERIALS:
        await attached(make, "transfer", transfer, kind)
    path = f"transfers/{transfer['id']}"
    await make.post(f"{path}/approve", as_=head_of(make))
    await make.post(f"{path}/send", {}, as_=make.agency)
    await noted(make, transfer)
    back = await make.post(
        "reverse-transfers",
        {
            "title": word(),
            "organ": "court",
            "sender_name": word(),
            "receiver": OWN_CODE,
            "receiver_name": word(),
            "transfer_id": transfer["id"],
            "document_no": word(),
            "facts": word(),
        },
        as_=make.agency,
        kind="reverse_transfer",
    )
    make.rows.words.append(back["number"])


BY_LINK = "for whoever holds the link that the sender made to one package"
DECLARED = Declared(
    rows=rows,
    resources={
        "/escalation/v1/transfers/{id}": "transfer",
        "/escalation/v1/reverse-transfers/{id}": "reverse_transfer",
        "/escalation/v1/attachments/{id}": "attachment",
        "/escalation/v1/packages/{id}": "package",
    },
    collections={
        "/escalation/v1/transfers": "transfer",
        "/escalation/v1/reverse-transfers": "reverse_transfer",
        "/escalation/v1/attachments": "attachment",
        "/escalation/v1/packages": "package",
    },
    unscoped={
        "/escalation/v1/public/packages/{link}": BY_LINK,
        "/escalation/v1/public/packages/{link}/documents/{place}": BY_LINK,
        "/escalation/v1/public/packages/{link}/confirm": BY_LINK,
    },
    names={
        "transfer_id": "transfer",
        "reverse_transfer_id": "reverse_transfer",
        "matter_id": "transfer",
        "documents": "attachment",
    },
    harmless=frozenset({"due_step", "sender", "receiver", "organ", "matter", "purpose"}),
    free={"sender": OWN_CODE, "receiver": BUREAU_CODE},
)
