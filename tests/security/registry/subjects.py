"""Subjects beyond what `rows` and `probes` tell of them: the bodies that rest on others."""

from tests.registry.samples import credit_code
from tests.security.declared import Declared
from tests.security.people import DOMAIN
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    """A dispatched and an entrusted draft, which rest on the published subject."""
    place, made = make.case.place, make.rows
    support = made.ids["subject"][-1]
    drafts = []
    for kind, field in (("dispatched", "parent_id"), ("entrusted", "delegator_id")):
        code = credit_code()
        made.codes.append(code)
        drafts.append(
            await make.post(
                "subjects",
                {
                    "name": made.word(),
                    "uscc": code,
                    "kind": kind,
                    "level": place.level,
                    "division": place.division,
                    "domains": [DOMAIN],
                    field: support,
                },
            )
        )
    # Before the published one, which others look for at the end.
    made.ids["subject"][:0] = [draft["id"] for draft in drafts]


DECLARED = Declared(
    rows=rows,
    names={"parent_id": "subject", "delegator_id": "subject", "successor_ids": "subject"},
)
