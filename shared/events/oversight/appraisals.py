"""Appraisals and their schemes."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event
from shared.events.oversight import Level


class AppraisalSchemeFact(Event):
    """An edition of the scheme of a division and a year, as it stands."""

    subject_field: ClassVar[str] = "scheme_id"

    scheme_id: UUID
    division: str
    year: int
    edition: int
    title: str
    state: str
    appraised: str = "subjects"
    """Whom it is for: subjects, or the governments of a level below."""


class AppraisalSchemeDrafted(AppraisalSchemeFact):
    type: ClassVar[str] = "oversight.appraisal_scheme.drafted.v1"


class AppraisalSchemeChanged(AppraisalSchemeFact):
    """The draft was changed."""

    type: ClassVar[str] = "oversight.appraisal_scheme.changed.v1"


class AppraisalSchemeAdopted(AppraisalSchemeFact):
    type: ClassVar[str] = "oversight.appraisal_scheme.adopted.v1"


class AppraisalSchemeSuperseded(AppraisalSchemeFact):
    """A later edition was adopted; what was opened by this one goes on by it."""

    type: ClassVar[str] = "oversight.appraisal_scheme.superseded.v1"


class AppraisalSchemeDiscarded(AppraisalSchemeFact):
    type: ClassVar[str] = "oversight.appraisal_scheme.discarded.v1"


class AppraisalFact(Event):
    """The appraisal of a subject, as it stands. Points are told once they are published."""

    subject_field: ClassVar[str] = "appraisal_id"

    appraisal_id: UUID
    scheme_id: UUID
    scheme_title: str
    year: int
    subject_id: UUID
    organisation: str
    subject_name: str
    division: str
    state: str
    authority_level: Level
    """Whose body appraises."""


class AppraisalOpened(AppraisalFact):
    """The subject is to score itself before `due_at`."""

    type: ClassVar[str] = "oversight.appraisal.opened.v1"

    due_at: datetime


class AppraisalSelfScored(AppraisalFact):
    type: ClassVar[str] = "oversight.appraisal.self_scored.v1"


class AppraisalSelfScoreOverdue(AppraisalFact):
    """The subject did not score itself in time; the appraisal goes on without it."""

    type: ClassVar[str] = "oversight.appraisal.self_score_overdue.v1"


class AppraisalReviewed(AppraisalFact):
    """The subject may object before `due_at`."""

    type: ClassVar[str] = "oversight.appraisal.reviewed.v1"

    due_at: datetime


class AppraisalAccepted(AppraisalFact):
    """The subject has no objection."""

    type: ClassVar[str] = "oversight.appraisal.accepted.v1"


class AppraisalObjected(AppraisalFact):
    type: ClassVar[str] = "oversight.appraisal.objected.v1"

    points: list[str]
    """Codes of the indicators and vetoes that it objects to."""


class AppraisalHeard(AppraisalFact):
    """The objection was heard and decided."""

    type: ClassVar[str] = "oversight.appraisal.heard.v1"

    heard_on: date


class AppraisalPublished(AppraisalFact):
    type: ClassVar[str] = "oversight.appraisal.published.v1"

    score: str
    """Points, with two decimals."""
    full_score: str
    grade: str
    vetoes: list[str]
    """Codes of the vetoes that it fell under."""
    published_on: date


class AppraisalUsed(AppraisalFact):
    """The result was used, for an appointment or a commendation, say."""

    type: ClassVar[str] = "oversight.appraisal.used.v1"

    purposes: list[str]
    grade: str


class AppraisalDropped(AppraisalFact):
    """It was opened by mistake, or the subject has ended."""

    type: ClassVar[str] = "oversight.appraisal.dropped.v1"


class GovernmentAppraisalFact(Event):
    """The appraisal of the government of a division by the one above, as it stands."""

    subject_field: ClassVar[str] = "appraisal_id"

    appraisal_id: UUID
    scheme_id: UUID
    scheme_title: str
    year: int
    division: str
    name: str
    """Of the division."""
    level: Level
    """Whose government it is."""
    state: str
    authority_level: Level
    """Whose body appraises."""


class GovernmentAppraisalOpened(GovernmentAppraisalFact):
    """The government is to score itself before `due_at`."""

    type: ClassVar[str] = "oversight.government_appraisal.opened.v1"

    due_at: datetime


class GovernmentAppraisalSelfScored(GovernmentAppraisalFact):
    type: ClassVar[str] = "oversight.government_appraisal.self_scored.v1"


class GovernmentAppraisalSelfScoreOverdue(GovernmentAppraisalFact):
    """The government did not score itself in time; the appraisal goes on without it."""

    type: ClassVar[str] = "oversight.government_appraisal.self_score_overdue.v1"


class GovernmentAppraisalReviewed(GovernmentAppraisalFact):
    """The government may object before `due_at`."""

    type: ClassVar[str] = "oversight.government_appraisal.reviewed.v1"

    due_at: datetime


class GovernmentAppraisalAccepted(GovernmentAppraisalFact):
    """The government has no objection."""

    type: ClassVar[str] = "oversight.government_appraisal.accepted.v1"


class GovernmentAppraisalObjected(GovernmentAppraisalFact):
    type: ClassVar[str] = "oversight.government_appraisal.objected.v1"

    points: list[str]
    """Codes of the indicators and vetoes that it objects to."""


class GovernmentAppraisalHeard(GovernmentAppraisalFact):
    """The objection was heard and decided."""

    type: ClassVar[str] = "oversight.government_appraisal.heard.v1"

    heard_on: date


class GovernmentAppraisalPublished(GovernmentAppraisalFact):
    type: ClassVar[str] = "oversight.government_appraisal.published.v1"

    score: str
    """Points, with two decimals."""
    full_score: str
    grade: str
    vetoes: list[str]
    """Codes of the vetoes that it fell under."""
    published_on: date


class GovernmentAppraisalUsed(GovernmentAppraisalFact):
    """The result was used, for an appointment or a commendation, say."""

    type: ClassVar[str] = "oversight.government_appraisal.used.v1"

    purposes: list[str]
    grade: str


class GovernmentAppraisalDropped(GovernmentAppraisalFact):
    """It was opened by mistake."""

    type: ClassVar[str] = "oversight.government_appraisal.dropped.v1"


OF_GOVERNMENTS: dict[type[AppraisalFact], type[GovernmentAppraisalFact]] = {
    AppraisalOpened: GovernmentAppraisalOpened,
    AppraisalSelfScored: GovernmentAppraisalSelfScored,
    AppraisalSelfScoreOverdue: GovernmentAppraisalSelfScoreOverdue,
    AppraisalReviewed: GovernmentAppraisalReviewed,
    AppraisalAccepted: GovernmentAppraisalAccepted,
    AppraisalObjected: GovernmentAppraisalObjected,
    AppraisalHeard: GovernmentAppraisalHeard,
    AppraisalPublished: GovernmentAppraisalPublished,
    AppraisalUsed: GovernmentAppraisalUsed,
    AppraisalDropped: GovernmentAppraisalDropped,
}
"""What is told of a government in the place of what is told of a subject."""
