"""A checklist of the place's inspection; in the concealed case nobody has been on site."""

from tests.security.declared import Declared
from tests.security.rows import Maker


async def rows(make: Maker) -> None:
    """The template is the same for all; what it is used for is not."""
    template = await make.post(
        "checklists",
        {
            "code": f"list-{make.rows.ids['inspection'][0][-12:]}",
            "title": "现场执法规范检查表",
            "items": [{"code": "recording", "text": "执法全过程记录完整", "weight": 2}],
        },
    )
    await make.post(f"checklists/{template['id']}/publish", as_=make.colleague)
    made = await make.post(
        f"inspections/{make.rows.ids['inspection'][0]}/checklists",
        {"template_id": template["id"]},
        kind="inspection_checklist",
    )
    assert made["items"]


WHY = "templates are the same for all"
DECLARED = Declared(
    rows=rows,
    resources={"/oversight/v1/inspection-checklists/{id}": "inspection_checklist"},
    unscoped={
        "/oversight/v1/checklists": WHY,
        "/oversight/v1/checklists/{id}": WHY,
        "/oversight/v1/checklists/{id}/publish": WHY,
        "/oversight/v1/checklists/{id}/discard": WHY,
    },
    names={"template_id": "checklist", "client_id": "checklist_result"},
)
