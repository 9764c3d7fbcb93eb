"""Facts of powers handed down to townships."""

from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from shared.events import Event


class EmpowermentFact(Event):
    """An empowerment as it stands: which township has, or had, which power of which body."""

    subject_field: ClassVar[str] = "empowerment_id"

    empowerment_id: UUID
    power_id: UUID
    power_code: str
    power_name: str
    grantor_id: UUID
    grantor_organisation: str
    """Credit code of the district's body."""
    subject_id: UUID
    organisation: str
    """Credit code of the township's subject."""
    division: str
    domains: list[str]
    decision_no: str
    effective_on: date
    began_on: date | None
    state: str


class EmpowermentProposed(EmpowermentFact):
    type: ClassVar[str] = "registry.empowerment.proposed.v1"


class EmpowermentChanged(EmpowermentFact):
    type: ClassVar[str] = "registry.empowerment.changed.v1"


class EmpowermentTransferred(EmpowermentFact):
    """The body that handed the power down has ended: it is that of the one that took it over."""

    type: ClassVar[str] = "registry.empowerment.transferred.v1"

    former_grantor_id: UUID
    reason: str


class EmpowermentCapacityChecked(EmpowermentFact):
    """The township can take the power up."""

    type: ClassVar[str] = "registry.empowerment.capacity_checked.v1"

    certified_officers: int


class EmpowermentTrained(EmpowermentFact):
    type: ClassVar[str] = "registry.empowerment.trained.v1"

    hours: int
    participants: int


class EmpowermentCasesHandedOver(EmpowermentFact):
    """The district's body handed its running cases over; the township has to confirm."""

    type: ClassVar[str] = "registry.empowerment.cases_handed_over.v1"

    cases: int


class EmpowermentCasesTakenOver(EmpowermentFact):
    """The township confirmed: the power begins on its first day, at once if that is past."""

    type: ClassVar[str] = "registry.empowerment.cases_taken_over.v1"

    cases: int


class EmpowermentBegan(EmpowermentFact):
    """From now on the township exercises the power, in the place of the district's body."""

    type: ClassVar[str] = "registry.empowerment.began.v1"


class EmpowermentEvaluationDue(EmpowermentFact):
    """The yearly evaluation is near."""

    type: ClassVar[str] = "registry.empowerment.evaluation_due.v1"

    evaluation_due_at: datetime


class EmpowermentEvaluationOverdue(EmpowermentFact):
    """The term for the yearly evaluation is over, and there was none."""

    type: ClassVar[str] = "registry.empowerment.evaluation_overdue.v1"

    evaluation_due_at: datetime


class EmpowermentEvaluated(EmpowermentFact):
    type: ClassVar[str] = "registry.empowerment.evaluated.v1"

    result: str
    """`keep`, `adjust` or `withdraw`."""


class EmpowermentWithdrawn(EmpowermentFact):
    """Taken back: the district's body exercises the power again."""

    type: ClassVar[str] = "registry.empowerment.withdrawn.v1"

    reason: str
    cases: int
    """Running cases that went back."""


class EmpowermentDropped(EmpowermentFact):
    """It never came into force."""

    type: ClassVar[str] = "registry.empowerment.dropped.v1"

    reason: str
