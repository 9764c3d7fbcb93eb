"""Which roles may do what in notify."""

from shared.access.actor import Permissions, Role

SUPERVISORS = frozenset(
    {Role.BUREAU_SUPERVISOR, Role.DISTRICT_SUPERVISOR, Role.TOWNSHIP_SUPERVISION_OFFICE}
)
# Whoever can be addressed has an inbox; what is in it is decided by the addressing alone.
ADDRESSEES = SUPERVISORS | {
    Role.TOWNSHIP_ENFORCEMENT,
    Role.AGENCY_USER,
    Role.LINE_DEPARTMENT,
    Role.LAY_MONITOR,
}

PERMISSIONS: Permissions = {
    "message:read": ADDRESSEES,
    "message:acknowledge": ADDRESSEES,
    "message:receipts": SUPERVISORS,
}
