"""Focus tasks with milestones, pilot townships; programmes themselves are public."""

from tests.security.declared import Declared
from tests.security.rows import Maker


async def _rows(make: Maker) -> None:
    """A milestone of the focus task, and a pilot township that is nobody's of the callers."""
    place, rows = make.case.place, make.rows
    if place.level != "district":
        return
    for task in rows.ids["task"]:
        await make.post(f"tasks/{task}/progress", {"state": "in_progress", "note": rows.word()})
        planned = await make.post(
            f"tasks/{task}/milestones", {"title": rows.word(), "due_on": "2030-12-20"}
        )
        rows.ids["milestone"] += [one["id"] for one in planned["milestones"]]
    designation = await make.post(
        f"pilots/{place.division}/townships",
        {"programme_id": rows.programme, "township": f"{place.division}104"},
        kind="pilot_township",
    )
    await make.post(f"pilot-townships/{designation['id']}/end", {"reason": rows.word()})


DECLARED = Declared(
    rows=_rows,
    resources={
        "/registry/v1/milestones/{id}": "milestone",
        "/registry/v1/pilot-townships/{id}": "pilot_township",
    },
    collections={"/registry/v1/pilots/{code}/townships": "pilot_township"},
    unscoped={"/registry/v1/programmes/{id}/leave": "programmes rest on public notices"},
    names={"programme_id": "programme"},
    harmless=frozenset({"stalled", "tag", "on"}),
    free={"tag": "法治政府建设", "on": "2035-01-01"},
)
