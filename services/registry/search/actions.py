"""One question to all that is named: the best of each kind, ranked together, in one statement."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import (
    Integer,
    Select,
    bindparam,
    func,
    literal_column,
    null,
    select,
    union_all,
)

from services.registry.contact_points.tables import ContactPoint
from services.registry.delegations.tables import Delegation
from services.registry.lay_monitors.tables import LayMonitor
from services.registry.officers.tables import Officer
from services.registry.powers.tables import Power
from services.registry.search.rules import SearchKind
from services.registry.search.schemas import HitView, SearchQuery, SearchView
from services.registry.subjects.tables import Subject
from services.registry.supervision_officers.tables import SupervisionOfficer
from shared.access.actor import Actor
from shared.access.visibility import visible
from shared.db import Statements
from shared.law.places import smallest_of
from shared.refusals import Forbidden
from shared.search import ranked, terms


class Sought(NamedTuple):
    """How a kind of thing is searched."""

    table: Any
    """Scoped and `Searched`; has a `state`."""
    name: Any
    code: Any
    """The column by which people know it beside its name, or None."""
    permission: str
    """The list's, under `path`."""
    path: str


SOUGHT: Mapping[SearchKind, Sought] = {
    SearchKind.SUBJECT: Sought(Subject, Subject.name, Subject.uscc, "subject:read", "subjects"),
    SearchKind.OFFICER: Sought(
        Officer, Officer.name, Officer.certificate_no, "officer:read", "officers"
    ),
    SearchKind.POWER: Sought(Power, Power.name, Power.code, "power:read", "powers"),
    # Under the name of who is entrusted.
    SearchKind.DELEGATION: Sought(
        Delegation, Delegation.trustee_name, Delegation.deed_no, "delegation:read", "delegations"
    ),
    SearchKind.CONTACT_POINT: Sought(
        ContactPoint, ContactPoint.name, None, "contact_point:read", "contact-points"
    ),
    SearchKind.LAY_MONITOR: Sought(
        LayMonitor, LayMonitor.name, None, "lay_monitor:read", "lay-monitors"
    ),
    SearchKind.SUPERVISION_OFFICER: Sought(
        SupervisionOfficer,
        SupervisionOfficer.name,
        SupervisionOfficer.card_no,
        "supervision_officer:read",
        "supervision-officers",
    ),
}


async def search(session: Statements, actor: Actor, query: SearchQuery) -> SearchView:
    """The hits that `actor` may see, of the kinds that the roles may read."""
    kinds = [query.kind] if query.kind else [k for k in SOUGHT if actor.may(SOUGHT[k].permission)]
    for kind in kinds:
        if not actor.may(SOUGHT[kind].permission):
            raise Forbidden(permission=SOUGHT[kind].permission)
    statement = _statement(actor, tuple(kinds))
    rows = (await session.execute(statement, {**terms(query.q), "most": query.limit + 1})).all()
    items = [
        HitView(
            kind=row.kind,
            id=row.id,
            name=row.name,
            code=row.code,
            state=row.state,
            division=row.division,
            link=f"/registry/v1/{SOUGHT[row.kind].path}/{row.id}",
        )
        for row in rows[: query.limit]
    ]
    return SearchView(items=items, more=len(rows) > query.limit)


@lru_cache(maxsize=256)
def _statement(actor: Actor, kinds: tuple[SearchKind, ...]) -> Select[Any]:
    # Made once a caller: it is long, and making it anew would cost more than running it.
    hits = union_all(*(_hits(kind, actor) for kind in kinds)).subquery()
    best = (hits.c.rank, func.char_length(hits.c.name), hits.c.name, hits.c.id)
    return select(hits).order_by(*best).limit(bindparam("most", type_=Integer))


def _hits(kind: SearchKind, actor: Actor) -> Select[Any]:
    sought = SOUGHT[kind]
    table = sought.table
    columns = [
        literal_column(f"'{kind.value}'").label("kind"),
        table.id,
        sought.name.label("name"),
        (null() if sought.code is None else sought.code).label("code"),
        table.state,
        smallest_of(table).label("division"),
    ]
    return ranked(table, columns, visible(table, actor))
