"""Checklists and their results."""

from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event


class ChecklistFact(Event):
    """An edition of a checklist as it stands."""

    subject_field: ClassVar[str] = "checklist_id"

    checklist_id: UUID
    code: str
    edition: int
    title: str
    domains: list[str]
    items: int
    state: str


class ChecklistDrafted(ChecklistFact):
    type: ClassVar[str] = "oversight.checklist.drafted.v1"


class ChecklistChanged(ChecklistFact):
    type: ClassVar[str] = "oversight.checklist.changed.v1"


class ChecklistPublished(ChecklistFact):
    """It is used from now on; `supersedes` is the edition that is used no more."""

    type: ClassVar[str] = "oversight.checklist.published.v1"

    supersedes: UUID | None


class ChecklistDiscarded(ChecklistFact):
    type: ClassVar[str] = "oversight.checklist.discarded.v1"


class InspectionChecklistFact(Event):
    """A checklist that an inspection is held by."""

    subject_field: ClassVar[str] = "inspection_checklist_id"

    inspection_checklist_id: UUID
    inspection_id: UUID
    code: str
    edition: int
    division: str


class ChecklistChosen(InspectionChecklistFact):
    type: ClassVar[str] = "oversight.inspection_checklist.chosen.v1"


class ChecklistPrepared(InspectionChecklistFact):
    """The same of an unannounced inspection before the inspectors are on site."""

    type: ClassVar[str] = "oversight.inspection_checklist.prepared.v1"
    audience: ClassVar[Audience] = "internal"


class ChecklistResultsRecorded(InspectionChecklistFact):
    """A batch brought `accepted` new results; `answered` of the `items` have one now."""

    type: ClassVar[str] = "oversight.inspection_checklist.results_recorded.v1"

    accepted: int
    answered: int
    items: int
