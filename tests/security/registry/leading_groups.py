"""A leading group with somebody in it."""

from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    place, word = make.case.place, make.rows.word
    if place.level == "city":
        return  # a leading group is that of a district or a township
    group = await make.post(
        "leading-groups",
        {
            "division": place.division,
            "name": word(),
            "duties": word(),
            "office": word(),
            "co_located_with": word(),
            "members": [{"role": "head", "name": word(), "post": word()}],
        },
        kind="leading_group",
    )
    director = {"role": "office_director", "name": word(), "post": word()}
    await make.post(f"leading-groups/{group['id']}/members", director)
    await make.post(f"leading-groups/{group['id']}/establish", as_=make.colleague)


DECLARED = Declared(
    rows=rows,
    resources={"/registry/v1/leading-groups/{id}": "leading_group"},
    collections={"/registry/v1/leading-groups": "leading_group"},
    names={"member_id": "leading_group"},
)
