"""Powers given to others to exercise: delegations and empowerments, made over HTTP."""

import itertools
from datetime import date, timedelta
from typing import Any

from httpx2 import Response
from stdnum.cn import uscc

from shared.clock import today as legal_day
from tests.registry.samples import (
    DISTRICT,
    certified,
    credit_code,
    get,
    ok,
    post,
    published,
)
from tests.servers import ServiceUnderTest

BUREAU = ("bureau_supervisor", "50")
DIGEST = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
EVALUATION: dict[str, Any] = {
    "administers_public_affairs": True,
    "qualified_staff": 6,
    "equipped": True,
    "opinion": "能够承接",
}
_numbers = itertools.count(1)


def company_code() -> str:
    """A code that a market regulator gave."""
    body = f"91500106{next(_numbers):09d}"
    return body + str(uscc.calc_check_digit(body))


async def today(registry: ServiceUnderTest) -> date:
    """The legal day by the registry's clock."""
    async with registry.session() as session:
        return legal_day(session)


async def office(registry: ServiceUnderTest, **fields: Any) -> Any:
    """A published body of the district."""
    body = {"level": "district", "division": DISTRICT, "name": "沙坪坝区城市管理局"}
    return await published(registry, **{**body, **fields})


# ---------------------------------------------------------------- delegations


def trustee(**fields: Any) -> dict[str, Any]:
    """A public body that is no subject."""
    return {
        "kind": "public_affairs",
        "name": "沙坪坝区市政设施管理中心",
        "credit_code": credit_code(),
        **fields,
    }


async def terms(
    registry: ServiceUnderTest, delegator: Any, *powers: Any, days: int = 300, **fields: Any
) -> dict[str, Any]:
    """What draws up a delegation from today on."""
    day = await today(registry)
    return {
        "delegator_id": delegator["id"],
        "trustee": trustee(),
        "power_ids": [power["id"] for power in powers],
        "division": delegator["division"],
        "authority": "调查取证、作出警告",
        "basis": ["《重庆市市容环境卫生管理条例》第六条"],
        "valid_from": day.isoformat(),
        "valid_to": (day + timedelta(days=days)).isoformat(),
        **fields,
    }


async def draw_up(
    registry: ServiceUnderTest, delegator: Any, *powers: Any, sub: str = "clerk", **fields: Any
) -> Response:
    """The answer to a draft."""
    body = await terms(registry, delegator, *powers, **fields)
    return await post(registry, "/delegations", *BUREAU, sub=sub, **body)


def deed() -> dict[str, Any]:
    """What signs a delegation."""
    return {"deed_no": f"沙城管委〔2026〕{next(_numbers)}号", "sha256": DIGEST}


_STEPS: list[tuple[str, str, Any]] = [
    ("evaluate", "office", lambda: EVALUATION),
    ("approve", "head", dict),
    ("sign", "clerk", deed),
    ("file", "clerk", dict),
    ("publish", "clerk", lambda: {"published_in": "区政府网站"}),
]


async def led_to(registry: ServiceUnderTest, made: Any, last: str) -> Any:
    """A draft of a delegation after its steps up to `last`."""
    for action, sub, body in _STEPS:
        path = f"/delegations/{made['id']}/{action}"
        made = ok(await post(registry, path, *BUREAU, sub=sub, **body()))
        if action == last:
            break
    return made


async def in_force(registry: ServiceUnderTest, delegator: Any, *powers: Any, **fields: Any) -> Any:
    """A delegation that was published, and has begun if its first day has come."""
    made = ok(await draw_up(registry, delegator, *powers, **fields), 201)
    made = await led_to(registry, made, "publish")
    await registry.fire_timers()
    return ok(await get(registry, f"/delegations/{made['id']}", *BUREAU))


# ---------------------------------------------------------------- empowerments


async def capable_township(registry: ServiceUnderTest, **fields: Any) -> Any:
    """A published township with two certified officers."""
    township = await published(registry, **fields)
    for _ in range(2):
        number = f"渝A-5001-{next(_numbers):04d}"
        await certified(registry, township, number=number, valid_to="2033-01-01")
    return township


def empowerment_body(power: Any, township: Any, day: date, **fields: Any) -> dict[str, Any]:
    """What proposes that a power be handed down."""
    return {
        "power_id": power["id"],
        "subject_id": township["id"],
        "decision": {
            "decision_no": "渝府令〔2026〕1号",
            "decided_by": "重庆市人民政府",
            "decided_on": "2026-05-20",
            "published_on": "2026-06-01",
            "published_in": "重庆市人民政府公报",
        },
        "basis": ["《中华人民共和国行政处罚法》第二十四条"],
        "effective_on": day.isoformat(),
        **fields,
    }


async def propose(
    registry: ServiceUnderTest, power: Any, township: Any, *, sub: str = "clerk", **fields: Any
) -> Response:
    """The answer to a proposal."""
    body = empowerment_body(power, township, await today(registry), **fields)
    return await post(registry, "/empowerments", *BUREAU, sub=sub, **body)


_PREPARATIONS: list[tuple[str, str, dict[str, Any]]] = [
    ("check", "office", {"equipment": True, "premises": True, "opinion": "能够有效承接"}),
    ("train", "clerk", {"topic": "占道经营案件办理", "hours": 16, "participants": 2}),
    ("handover", "clerk", {"cases": 3, "list_ref": "移交清单1号"}),
    ("takeover", "town", {}),
]


async def lead_on(registry: ServiceUnderTest, made: Any, last: str) -> Any:
    """A proposal after its preparations up to `last`."""
    for action, sub, body in _PREPARATIONS:
        path = f"/empowerments/{made['id']}/{action}"
        made = ok(await post(registry, path, *BUREAU, sub=sub, **body))
        if action == last:
            break
    return made


async def empowered(registry: ServiceUnderTest, power: Any, township: Any, **fields: Any) -> Any:
    """A power that was handed down, and is in force if its first day has come."""
    made = ok(await propose(registry, power, township, **fields), 201)
    made = await lead_on(registry, made, "takeover")
    await registry.fire_timers()
    return ok(await get(registry, f"/empowerments/{made['id']}", *BUREAU))
