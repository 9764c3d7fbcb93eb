"""What the registry counts: one line a measure."""

from collections.abc import Sequence

from services.registry.certificates.rules import CertificateState
from services.registry.certificates.tables import Certificate
from services.registry.contact_points.rules import ContactPointKind, ContactPointState
from services.registry.contact_points.tables import ContactPoint
from services.registry.delegations.rules import DelegationState
from services.registry.delegations.tables import Delegation
from services.registry.focus_tasks.rules import TaskState
from services.registry.focus_tasks.tables import FocusTask
from services.registry.officers.rules import OfficerState, Staffing
from services.registry.officers.tables import Officer
from services.registry.powers.rules import PowerKind, PowerState
from services.registry.powers.tables import Power
from services.registry.subjects.rules import SubjectKind, SubjectState
from services.registry.subjects.tables import Subject
from services.registry.supervision_officers.rules import SupervisionOfficerState
from services.registry.supervision_officers.tables import SupervisionOfficer
from shared.figures import PLACES, Dimension, Measure
from shared.law.divisions import Level

_SUBJECTS, _OFFICERS = "/registry/v1/subjects", "/registry/v1/officers"
_CERTIFICATES, _POWERS = "/registry/v1/certificates", "/registry/v1/powers"
_TASKS = "/registry/v1/tasks"

_SUBJECT = (
    *PLACES,
    Dimension("state", SubjectState),
    Dimension("kind", SubjectKind),
    Dimension("level", Level),
)
_OFFICER = (*PLACES, Dimension("state", OfficerState), Dimension("staffing", Staffing))
_CERTIFICATE = (*PLACES, Dimension("state", CertificateState))
_POWER = (
    *PLACES,
    Dimension("state", PowerState),
    Dimension("kind", PowerKind),
    Dimension("level", Level),
)
_TASK = (*PLACES, Dimension("state", TaskState))
# A certificate is seen through the officer who holds it.
_HOLDER = (Officer, "id", "officer_id")

MEASURES: Sequence[Measure] = (
    Measure("subjects", "行政执法主体（期末）", Subject, _SUBJECTS, "subject:read", by=_SUBJECT),
    Measure(
        "subjects_published",
        "公告的行政执法主体（期末）",
        Subject,
        _SUBJECTS,
        "subject:read",
        only={"state": SubjectState.PUBLISHED},
        by=_SUBJECT,
    ),
    Measure(
        "subjects_registered",
        "登记的行政执法主体",
        Subject,
        _SUBJECTS,
        "subject:read",
        on="created_at",
        days="registered",
        by=_SUBJECT,
    ),
    Measure(
        "subjects_publicised",
        "首次公告的行政执法主体",
        Subject,
        _SUBJECTS,
        "subject:read",
        on="publicised_on",
        days="publicised",
        by=_SUBJECT,
    ),
    Measure(
        "officers_on_post",
        "在岗行政执法人员（期末）",
        Officer,
        _OFFICERS,
        "officer:read",
        only={"state": OfficerState.ON_POST},
        by=_OFFICER,
        unit="人",
    ),
    Measure(
        "officers_registered",
        "登记的行政执法人员",
        Officer,
        _OFFICERS,
        "officer:read",
        on="created_at",
        days="registered",
        by=_OFFICER,
        unit="人",
    ),
    Measure(
        "certificates",
        "行政执法证（期末，含已暂扣、吊销、过期）",
        Certificate,
        _CERTIFICATES,
        "officer:read",
        by=_CERTIFICATE,
        owner=_HOLDER,
        unit="件",
    ),
    Measure(
        "certificates_issued",
        "核发的行政执法证",
        Certificate,
        _CERTIFICATES,
        "officer:read",
        on="issued_on",
        days="issued",
        by=_CERTIFICATE,
        owner=_HOLDER,
        unit="件",
    ),
    Measure("powers", "行政职权（期末）", Power, _POWERS, "power:read", by=_POWER, unit="项"),
    Measure(
        "powers_active",
        "有效的行政职权（期末）",
        Power,
        _POWERS,
        "power:read",
        only={"state": PowerState.ACTIVE},
        by=_POWER,
        unit="项",
    ),
    Measure(
        "powers_drafted",
        "起草的行政职权",
        Power,
        _POWERS,
        "power:read",
        on="created_at",
        days="drafted",
        by=_POWER,
        unit="项",
    ),
    Measure(
        "delegations",
        "委托执法（期末）",
        Delegation,
        "/registry/v1/delegations",
        "delegation:read",
        by=(*PLACES, Dimension("state", DelegationState)),
        unit="件",
    ),
    Measure(
        "supervision_officers_appointed",
        "任命的行政执法监督人员",
        SupervisionOfficer,
        "/registry/v1/supervision-officers",
        "supervision_officer:read",
        on="appointed_on",
        days="appointed",
        by=(*PLACES, Dimension("state", SupervisionOfficerState)),
        unit="人",
    ),
    Measure(
        "focus_tasks_added",
        "列入的重点任务",
        FocusTask,
        _TASKS,
        "task:read",
        on="created_at",
        days="added",
        by=_TASK,
        unit="项",
    ),
    Measure(
        "focus_tasks_stalled",
        "久无进展的重点任务（按发现日）",
        FocusTask,
        _TASKS,
        "task:read",
        on="stalled_at",
        days="stalled",
        by=_TASK,
        unit="项",
    ),
    Measure(
        "contact_points_opened",
        "设立的基层行政执法联系点",
        ContactPoint,
        "/registry/v1/contact-points",
        "contact_point:read",
        on="opened_on",
        days="opened",
        by=(
            *PLACES,
            Dimension("state", ContactPointState),
            Dimension("kind", ContactPointKind),
        ),
    ),
)
