"""Measures on the confirmed finding of the place."""

from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    """One that is decided on, and one that is proposed."""
    if not (findings := make.rows.ids["finding"]):
        return
    for kind, ground in (("off_post_training", "uncivil"), ("interview", "repeated")):
        body = {
            "finding_id": findings[-1],
            "kind": kind,
            "ground": ground,
            "reasons": make.rows.word(),
            "requirement": make.rows.word(),
        }
        measure = await make.post("measures", body, kind="measure")
        if kind == "off_post_training":
            decision = {"decision": make.rows.word()}
            await make.post(f"measures/{measure['id']}/decide", decision, as_=make.colleague)


DECLARED = Declared(
    rows=rows,
    resources={"/oversight/v1/measures/{id}": "measure"},
    collections={"/oversight/v1/measures": "measure"},
    harmless=frozenset({"ground", "executor"}),
)
