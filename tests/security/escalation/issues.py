"""An issue that was decided; the others are made in `tests.security.rows`."""

from tests.security.declared import Declared
from tests.security.rows import Maker


def office(make: Maker, sub: str = "clerk") -> str:
    """A token of the level that has an issue of the place first."""
    place = make.case.place
    role = {"city": "bureau_supervisor", "district": "district_supervisor"}.get(
        place.level, "township_supervision_office"
    )
    return make.service.token(role, place.division, sub=sub)


async def rows(make: Maker) -> None:
    word = make.rows.word
    body = {"title": word(), "description": word(), "kind": "other"}
    issue = await make.post("issues", {**body, "division": make.case.place.division}, kind="issue")
    make.rows.words.append(issue["number"])
    decision = {"decision": word(), "measures": [word()]}
    await make.post(f"issues/{issue['id']}/decide", decision, as_=office(make))


DECLARED = Declared(
    rows=rows,
    collections={"/escalation/v1/routing-trials": "issue"},
    unscoped={
        "/escalation/v1/inbox/counts": "what waits for the caller's own level, and no other: see"
        " tests/escalation/test_oversight_from_above.py"
    },
    names={"parent_id": "issue"},
    harmless=frozenset({"deadline_state"}),
)
