"""Bodies and people that do not exist, with numbers that are formed right."""

from itertools import count
from typing import Any

from httpx2 import Response
from stdnum.cn import ric, uscc

from tests.servers import ServiceUnderTest

BASE = "/registry/v1"
DISTRICT, TOWNSHIP, SIBLING = "500106", "500106104", "500106105"
FOREIGN, FOREIGN_TOWNSHIP = "500116", "500116106"

_numbers = count(1)


def credit_code() -> str:
    """A new unified social credit code of a public body."""
    body = f"11500106{next(_numbers):09d}"
    return body + str(uscc.calc_check_digit(body))


def identity_number() -> str:
    """A new identity number."""
    body = f"50010619900101{next(_numbers) % 1000:03d}"
    return body + str(ric.calc_check_digit(body + "0"))


def subject_body(**fields: Any) -> dict[str, Any]:
    """What files a township government."""
    return {
        "name": "青木关镇人民政府",
        "uscc": credit_code(),
        "kind": "statutory",
        "level": "township",
        "division": TOWNSHIP,
        "domains": ["comprehensive"],
        "legal_basis": ["《中华人民共和国行政处罚法》第二十四条"],
        **fields,
    }


async def post(
    registry: ServiceUnderTest,
    path: str,
    role: str = "district_supervisor",
    at: str = DISTRICT,
    /,
    *,
    sub: str | None = None,
    organisation: str | None = None,
    headers: dict[str, str] | None = None,
    **body: Any,
) -> Response:
    """POST as somebody; without a body where no field is given."""
    token = registry.token(role, at, sub=sub, organisation=organisation)
    sent: dict[str, Any] = {"json": body} if body else {}
    return await registry.post(BASE + path, as_=token, headers=headers, **sent)


async def get(
    registry: ServiceUnderTest,
    path: str,
    role: str = "district_supervisor",
    at: str = DISTRICT,
    /,
    *,
    organisation: str | None = None,
    domains: list[str] | None = None,
    **params: Any,
) -> Response:
    """GET as somebody."""
    token = registry.token(role, at, organisation=organisation, domains=domains)
    return await registry.get(BASE + path, as_=token, params=params)


async def patch(
    registry: ServiceUnderTest,
    path: str,
    role: str = "district_supervisor",
    at: str = DISTRICT,
    /,
    *,
    version: int | str | None = None,
    organisation: str | None = None,
    **body: Any,
) -> Response:
    """PATCH as somebody, with If-Match where a version is given."""
    headers = {} if version is None else {"If-Match": f'"{version}"'}
    token = registry.token(role, at, organisation=organisation)
    return await registry.patch(BASE + path, as_=token, headers=headers, json=body)


def ok(response: Response, status: int = 200) -> Any:
    """The answer's JSON, if it has the status."""
    assert response.status_code == status, response.text
    return response.json()


def refused(response: Response, status: int, code: str) -> Any:
    """The problem, if it has status and code."""
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    problem = response.json()
    assert problem["code"] == code, problem
    return problem


def wrong_fields(response: Response) -> set[tuple[str, str]]:
    """Pointer and code of each field that was not accepted."""
    problem = refused(response, 422, "invalid-input")
    return {(error["pointer"], error["code"]) for error in problem["errors"]}


async def drafted(registry: ServiceUnderTest, **fields: Any) -> Any:
    """A draft, filed by the township itself, or by the legal office of a district or the city."""
    division = fields.get("division", TOWNSHIP)
    roles = {2: "bureau_supervisor", 6: "district_supervisor", 9: "township_enforcement"}
    role = roles[len(division)]
    return ok(
        await post(registry, "/subjects", role, division, sub="clerk", **subject_body(**fields)),
        201,
    )


async def published(registry: ServiceUnderTest, **fields: Any) -> Any:
    """A published subject: submitted by one person, reviewed by another.

    An entrusted or dispatched one rests on another that is published for it.
    """
    support = {"entrusted": "delegator_id", "dispatched": "parent_id"}.get(fields.get("kind", ""))
    if support and support not in fields:
        place = {name: fields[name] for name in ("division", "level") if name in fields}
        fields[support] = (await published(registry, **place))["id"]
    subject = await drafted(registry, **fields)
    path = f"/subjects/{subject['id']}"
    for step, sub in (("submit", "clerk"), ("review", "head"), ("publish", "head")):
        role, division = ("bureau_supervisor", "50")
        subject = ok(await post(registry, f"{path}/{step}", role, division, sub=sub))
    return subject


async def officer(registry: ServiceUnderTest, subject: Any, **fields: Any) -> Any:
    """Somebody registered under a subject."""
    body = {
        "subject_id": subject["id"],
        "name": "陈某",
        "identity_no": identity_number(),
        "post": "综合行政执法岗",
        "staffing": "staff",
        **fields,
    }
    return ok(await post(registry, "/officers", "bureau_supervisor", "50", **body), 201)


async def certified(
    registry: ServiceUnderTest, subject: Any, *, number: str, valid_to: str, **fields: Any
) -> Any:
    """An officer with an active certificate."""
    person = await officer(registry, subject, **fields)
    path = f"/officers/{person['id']}/certificate"
    for step in ("apply", "train", "examine"):
        ok(await post(registry, f"{path}/{step}"))
    issued: dict[str, Any] = {"certificate_no": number, "valid_to": valid_to}
    return ok(await post(registry, f"{path}/issue", sub="issuer", **issued))


def reversal_of(registry: ServiceUnderTest, path: str, entries: str) -> Any:
    """For a walk: what reverses an entry of a thing below `path`, if there is one that stands."""

    async def body(thing: dict[str, Any]) -> dict[str, Any]:
        found = await get(registry, f"{path}/{thing['id']}/{entries}", "bureau_supervisor", "50")
        standing = [one["id"] for one in ok(found)["items"] if not one["reversed_at"]]
        nothing = "019ab3a0-0000-7000-8000-000000000009"
        return {"entry_id": standing[0] if standing else nothing, "reason": "登记有误"}

    return body


def power_body(subject: Any, **fields: Any) -> dict[str, Any]:
    """What files a power of a subject."""
    return {
        "subject_id": subject["id"],
        "code": f"3302{next(_numbers):08d}",
        "name": "对擅自占用城市道路行为的处罚",
        "kind": "penalty",
        "domains": ["comprehensive"],
        "basis": ["《中华人民共和国行政处罚法》第二十四条"],
        **fields,
    }


async def power(
    registry: ServiceUnderTest, subject: Any, *, sub: str = "clerk", **fields: Any
) -> Any:
    """A draft of a power."""
    body = power_body(subject, **fields)
    return ok(await post(registry, "/powers", "bureau_supervisor", "50", sub=sub, **body), 201)


async def active_power(registry: ServiceUnderTest, subject: Any, **fields: Any) -> Any:
    """A power in force, since the day on which it was filed as true."""
    made = await power(registry, subject, **fields)
    token = registry.token("bureau_supervisor", "50", sub="head")
    body = {"since": made["since"]}
    path = f"{BASE}/powers/{made['id']}/activate"
    return ok(await registry.post(path, as_=token, json=body))
