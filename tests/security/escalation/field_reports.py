"""A report of a contact point and a lead of a monitor, both of the place."""

from datetime import date
from uuid import uuid4

from shared.events.registry.contact_points import ContactPointOpened
from shared.events.registry.lay_monitors import LayMonitorAppointed
from tests.notify.examples import example
from tests.security.declared import Declared
from tests.security.people import AUTHOR
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    place, word = make.case.place, make.rows.word
    point = uuid4()
    told = example(ContactPointOpened, state="open", division=place.division, name=word())
    await make.service.react(told.model_copy(update={"contact_point_id": point}))
    monitor = example(
        LayMonitorAppointed,
        state="appointed",
        division=place.division,
        account=AUTHOR,
        name=word(),
        term_to=date(2036, 1, 1),
    )
    await make.service.react(monitor)
    seen = {"title": word(), "content": word(), "place": word()}
    made = await make.post(
        "point-reports", {**seen, "contact_point_id": str(point)}, kind="point_report"
    )
    make.rows.words.append(made["number"])
    make.rows.ids["field_report"].append(made["id"])
    made = await make.post(
        "leads", {**seen, "division": place.division}, as_=make.author, kind="lead"
    )
    make.rows.words.append(made["number"])
    make.rows.ids["field_report"].append(made["id"])
    make.rows.ids["contact_point"].append(str(point))


DECLARED = Declared(
    rows=rows,
    resources={"/escalation/v1/field-reports/{id}": "field_report"},
    collections={
        "/escalation/v1/point-reports": "point_report",
        "/escalation/v1/leads": "lead",
    },
    names={"origin_id": "contact_point", "contact_point_id": "contact_point"},
)
