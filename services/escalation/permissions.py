"""Who may do what here. What a level may do with an issue of another level is the issue's rule."""

from shared.access.actor import Permissions, Role

SUPERVISORS = frozenset(
    {Role.BUREAU_SUPERVISOR, Role.DISTRICT_SUPERVISOR, Role.TOWNSHIP_SUPERVISION_OFFICE}
)
RAISERS = SUPERVISORS | {Role.TOWNSHIP_ENFORCEMENT, Role.LAY_MONITOR, Role.INTEGRATION}
READERS = RAISERS | {Role.AGENCY_USER, Role.LINE_DEPARTMENT}

PERMISSIONS: Permissions = {
    "issue:raise": RAISERS,
    "issue:read": READERS,
    "issue:read_history": READERS - {Role.LAY_MONITOR},
    "inbox:read": SUPERVISORS,
    "issue:triage": SUPERVISORS,
    "issue:escalate": SUPERVISORS,
    "issue:return": SUPERVISORS,
    "issue:pause": SUPERVISORS,
    "issue:resume": SUPERVISORS,
    "issue:decide": SUPERVISORS,
    "issue:feedback": SUPERVISORS,
    "issue:close": SUPERVISORS,
}
