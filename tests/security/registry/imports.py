"""Imports: a file of one wrong row, sent from the place itself and worked off."""

import csv
import io

from tests.security.declared import Declared
from tests.security.rows import Maker

ROLES = {"city": "bureau_supervisor", "district": "district_supervisor"}


async def rows(make: Maker) -> None:
    place = make.case.place
    out = io.StringIO()
    row = {
        "subject": "11500228709467150P",
        "name": make.rows.word(),
        "identity_no": "500112199001010017",
        "post": "",
        "staffing": "staff",
    }
    csv.writer(out).writerows([list(row), list(row.values())])
    answer = await make.service.post(
        "/registry/v1/imports",
        as_=make.service.token(ROLES.get(place.level, "township_enforcement"), place.division),
        headers={"Content-Type": "text/csv"},
        params={"kind": "officers"},
        content=out.getvalue().encode(),
    )
    assert answer.status_code == 201, answer.text
    await make.service.fire_timers()
    make.rows.ids["import"].append(answer.json()["id"])
    make.rows.words.append(answer.json()["digest"])


DECLARED = Declared(
    rows=rows,
    resources={"/registry/v1/imports/{id}": "import"},
    collections={
        "/registry/v1/imports": "import",
        "/registry/v1/subjects/export": "subject",
        "/registry/v1/officers/export": "officer",
        "/registry/v1/powers/export": "power",
        "/registry/v1/item-lists/export": "item_list",
        "/registry/v1/delegations/export": "delegation",
    },
    unscoped={"/registry/v1/imports/template": "the columns are the same for all"},
    harmless=frozenset({"format"}),
)
