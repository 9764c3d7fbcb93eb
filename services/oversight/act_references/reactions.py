"""Delegations and township lists as the registry tells of them, and what acts waited for."""

from collections.abc import Sequence
from typing import Any
from uuid import uuid5

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from services.oversight.act_references.tables import DelegationView, ListedItemView
from services.oversight.act_resolutions.actions import note
from services.oversight.subject_views.tables import SubjectView
from shared.access.visibility import unscoped
from shared.clock import legal_day
from shared.events.registry import delegations, item_lists
from shared.facts.inbox import Fact


async def on_delegation(
    session: AsyncSession, event: delegations.DelegationFact, fact: Fact
) -> None:
    """The delegation as it stands now; an older fact that is replayed late changes nothing."""
    values = _told(event, fact)
    told = insert(DelegationView).values(id=event.delegation_id, **values)
    new: dict[str, Any] = {name: told.excluded[name] for name in values}
    new["parties"] = func.array_remove(DelegationView.parties, told.excluded.district)
    await session.execute(
        told.on_conflict_do_update(
            index_elements=[DelegationView.id],
            set_=new,
            where=DelegationView.fact_index < told.excluded.fact_index,
        )
    )
    if event.deed_no:
        await note(session, [f"delegation:{event.deed_no}"])


async def on_delegation_transferred(
    session: AsyncSession, event: delegations.DelegationTransferred, fact: Fact
) -> None:
    """It goes on in the successor's name; until this day it was the former delegator's, whose acts
    may still come in, under the same deed."""
    former = await session.scalar(
        select(SubjectView.organisation).where(
            SubjectView.id == event.former_delegator_id,
            unscoped(SubjectView, reason="a fact of the registry names it"),
        )
    )
    if former is not None:
        ended: dict[str, Any] = {
            **_told(event, fact),
            "delegator_id": event.former_delegator_id,
            "organisation": former,
            "ended_on": legal_day(fact.time),
        }
        id = uuid5(event.delegation_id, str(event.former_delegator_id))
        await session.execute(
            insert(DelegationView).values(id=id, **ended).on_conflict_do_nothing()
        )
    await on_delegation(session, event, fact)


async def on_item_list_published(
    session: AsyncSession, event: item_lists.ItemListPublished, fact: Fact
) -> None:
    """A chunk of a published list; the same again is the same."""
    rows = [
        {
            "item_list_id": event.item_list_id,
            "code": item.code,
            "division": event.division,
            "kind": item.kind,
            "power_kind": item.power_kind,
            "power_id": item.power_id,
            "delegation_id": item.delegation_id,
            "effective_from": event.effective_from,
            "effective_to": event.effective_to,
        }
        for item in event.items
    ]
    if rows:
        await session.execute(insert(ListedItemView).on_conflict_do_nothing(), rows)
        codes = (f"item:{item.code}" for item in event.items)
        await note(session, [f"list:{event.division}", *codes])


async def on_item_list_superseded(
    session: AsyncSession, event: item_lists.ItemListSuperseded, fact: Fact
) -> None:
    """From a day on another list is in force."""
    await session.execute(
        update(ListedItemView)
        .where(ListedItemView.item_list_id == event.item_list_id)
        .values(effective_to=event.effective_to)
        .execution_options(synchronize_session=False)
    )


def _told(event: delegations.DelegationFact, fact: Fact) -> dict[str, Any]:
    return {
        "delegator_id": event.delegator_id,
        "organisation": event.organisation,
        "trustee_kind": event.trustee_kind,
        "trustee_id": event.trustee_id,
        "trustee_code": event.trustee_code,
        "trustee_name": event.trustee_name,
        "power_codes": event.power_codes,
        "domains": event.domains,
        "division": event.division,
        "valid_from": event.valid_from,
        "valid_to": event.valid_to,
        "ended_on": getattr(event, "ended_on", None),
        "deed_no": event.deed_no,
        "state": event.state,
        "district": fact.scope.district,
        "township": fact.scope.township,
        "parties": [],
        "fact_index": fact.stream_index,
        "told_at": fact.time,
    }


REACTIONS: Sequence[tuple[Any, Any]] = [
    *(
        (kind, on_delegation)
        for kind in (
            delegations.DelegationDrafted,
            delegations.DelegationChanged,
            delegations.DelegationEvaluated,
            delegations.DelegationReturned,
            delegations.DelegationApproved,
            delegations.DelegationRefused,
            delegations.DelegationSigned,
            delegations.DelegationFilingOverdue,
            delegations.DelegationFiled,
            delegations.DelegationPublished,
            delegations.DelegationActivated,
            delegations.DelegationExpiring,
            delegations.DelegationExpired,
            delegations.DelegationRevoked,
        )
    ),
    (delegations.DelegationTransferred, on_delegation_transferred),
    (item_lists.ItemListPublished, on_item_list_published),
    (item_lists.ItemListSuperseded, on_item_list_superseded),
]
