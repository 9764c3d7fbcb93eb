"""Reviews of case files. No fact tells a score before the subject is told."""

from datetime import date
from typing import ClassVar
from uuid import UUID

from shared.events import Audience, Event
from shared.events.oversight import Level


class CaseReviewFact(Event):
    """A review of case files, as it stands; told at the reviewing body until it is announced."""

    subject_field: ClassVar[str] = "case_review_id"

    case_review_id: UUID
    inspection_id: UUID
    subject_id: UUID
    subject_name: str
    organisation: str
    division: str
    title: str
    state: str
    authority_level: Level


class CaseReviewSampled(CaseReviewFact):
    """Files were drawn: whoever has the population can draw them again by the seed."""

    type: ClassVar[str] = "oversight.case_review.sampled.v1"

    population: int
    digest: str
    seed: str
    sample_size: int


class CaseReviewAssigned(CaseReviewFact):
    type: ClassVar[str] = "oversight.case_review.assigned.v1"

    scorers: list[str]
    """`sub` of the two reviewers and of the arbiter."""


class CaseReviewScored(CaseReviewFact):
    """Each file has its score."""

    type: ClassVar[str] = "oversight.case_review.scored.v1"


class CaseReviewAnnounced(CaseReviewFact):
    """The subject is told the result and may object."""

    type: ClassVar[str] = "oversight.case_review.announced.v1"

    score: str
    """The mean of the files, with two decimals."""
    due_on: date
    """The last day for an objection."""


class CaseReviewObjected(CaseReviewFact):
    type: ClassVar[str] = "oversight.case_review.objected.v1"

    case_files: list[UUID]


class CaseReviewConcluded(CaseReviewFact):
    """The result stands: accepted, not objected to, or decided on the objection."""

    type: ClassVar[str] = "oversight.case_review.concluded.v1"

    score: str
    adjusted: list[UUID]
    """Files whose score the decision changed."""


class CaseReviewCancelled(CaseReviewFact):
    type: ClassVar[str] = "oversight.case_review.cancelled.v1"


class CaseFileFact(Event):
    """A file of a review, as it stands."""

    subject_field: ClassVar[str] = "case_file_id"

    case_file_id: UUID
    case_review_id: UUID
    number: str
    subject_name: str
    division: str
    state: str


class CaseSheetHandedIn(CaseFileFact):
    """One of two reviewers is done; nobody is told, so that the other one stays blind."""

    type: ClassVar[str] = "oversight.case_file.sheet_handed_in.v1"
    audience: ClassVar[Audience] = "audit"


class CaseFileSettled(CaseFileFact):
    """Both are in and close enough, or the arbiter has scored."""

    type: ClassVar[str] = "oversight.case_file.settled.v1"

    arbitrated: bool


class CaseFileDisputed(CaseFileFact):
    """Both are in, too far apart: the arbiter scores."""

    type: ClassVar[str] = "oversight.case_file.disputed.v1"

    arbiter: list[str]


class CaseFileRaised(CaseFileFact):
    """A finding was made of its errors."""

    type: ClassVar[str] = "oversight.case_file.raised.v1"

    finding_id: UUID
