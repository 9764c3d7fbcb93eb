"""Powers: of the published subject, a draft and one in force."""

from tests.security.declared import Declared
from tests.security.people import DOMAIN
from tests.security.rows import Maker


async def power(make: Maker) -> str:
    """A power in force of the published subject; its id."""
    word = make.rows.word()
    body = {
        "subject_id": make.rows.ids["subject"][-1],
        "code": f"P{word[2:]}",
        "name": word,
        "kind": "penalty",
        "domains": [DOMAIN],
        "basis": [f"《{make.rows.word()}》第一条"],
    }
    made = await make.post("powers", body, kind="power")
    await make.post(f"powers/{made['id']}/activate", as_=make.colleague)
    return str(made["id"])


async def rows(make: Maker) -> None:
    id = await power(make)
    change = {"name": make.rows.word(), "reason": make.rows.word()}
    await make.post(f"powers/{id}/propose", change)


DECLARED = Declared(
    rows=rows,
    resources={"/registry/v1/powers/{id}": "power"},
    collections={"/registry/v1/powers": "power"},
    names={"power_id": "power"},
    harmless=frozenset({"township_allowed", "proposed", "unassigned"}),
)
