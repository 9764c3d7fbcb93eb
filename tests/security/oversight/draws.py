"""A draw of the place's own campaign, drawn; in the concealed case nobody may see it coming."""

from shared.db import Scope, new_id
from tests.oversight.scene import BUREAU_CODE, credit_code, subject_published
from tests.security.declared import Declared
from tests.security.oversight.campaigns import divisions, supervisor
from tests.security.people import DOMAIN
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    place = make.case.place
    word = make.rows.word
    (code,) = divisions(make)
    pool = Scope(
        district=code[:6] if place.level == "city" else place.district, township=place.township
    )
    told = subject_published(
        new_id(),
        uscc=credit_code(977),
        name="某局" if make.case.concealed else word(),
        level="district" if place.level == "city" else place.level,
        division=code,
        domains=[DOMAIN],
    )
    await make.service.react(told, pool)
    if not make.case.concealed and place.level != "city":
        make.rows.ids["subject"].append(str(told.subject_id))
    campaign = make.rows.ids["campaign"][0]
    body = {"campaign_id": campaign}
    draw = await make.post("draws", body, as_=supervisor(make), kind="draw")
    inspectors = [{"sub": word(), "name": word(), "organisation": BUREAU_CODE} for _ in range(3)]
    await make.post(
        f"draws/{draw['id']}/fix",
        {"wanted": 1, "each": 2, "inspectors": inspectors},
        as_=supervisor(make),
    )
    said = {"witness": word()}
    await make.post(f"draws/{draw['id']}/draw", said, as_=supervisor(make, "approver"))


DECLARED = Declared(
    rows=rows,
    resources={"/oversight/v1/draws/{id}": "draw"},
    collections={"/oversight/v1/draws": "draw"},
)
