"""Who may do what here. What a level may do with an issue of another level is the issue's rule."""

from shared.access.actor import Permissions, Role

SUPERVISORS = frozenset(
    {Role.BUREAU_SUPERVISOR, Role.DISTRICT_SUPERVISOR, Role.TOWNSHIP_SUPERVISION_OFFICE}
)
RAISERS = SUPERVISORS | {Role.TOWNSHIP_ENFORCEMENT, Role.LAY_MONITOR, Role.INTEGRATION}
COORDINATORS = frozenset({Role.BUREAU_SUPERVISOR, Role.DISTRICT_SUPERVISOR})
PARTIES = frozenset({Role.AGENCY_USER, Role.TOWNSHIP_ENFORCEMENT, Role.TOWNSHIP_SUPERVISION_OFFICE})
"""Who acts for a body that disputes something with another."""
READERS = RAISERS | {Role.AGENCY_USER, Role.LINE_DEPARTMENT}
BODIES = frozenset({Role.AGENCY_USER, Role.TOWNSHIP_ENFORCEMENT})
"""Who acts for the body of their token."""
BETWEEN = BODIES | SUPERVISORS
"""Who hands something to another, receives it, or supervises that it arrives."""

PERMISSIONS: Permissions = {
    "issue:raise": RAISERS,
    "issue:attach": RAISERS | {Role.AGENCY_USER},
    "issue:read": READERS,
    "issue:read_history": READERS - {Role.LAY_MONITOR},
    "complaint:receive": SUPERVISORS | {Role.INTEGRATION},
    "complaint:import": frozenset({Role.INTEGRATION, Role.BUREAU_SUPERVISOR}),
    "complaint:read": SUPERVISORS | {Role.AGENCY_USER},
    "complaint:accept": SUPERVISORS,
    "complaint:refuse": SUPERVISORS,
    "complaint:assign": SUPERVISORS,
    "complaint:report": SUPERVISORS | {Role.AGENCY_USER},
    "complaint:answer": SUPERVISORS,
    "complaint:request_extension": SUPERVISORS,
    "complaint:extend": SUPERVISORS,
    "complaint:escalate": SUPERVISORS,
    "complaint:close": SUPERVISORS,
    "complaint:reveal": SUPERVISORS,
    "field_report:report": SUPERVISORS | {Role.INTEGRATION},
    "field_report:lead": frozenset({Role.LAY_MONITOR}),
    "field_report:read": SUPERVISORS | {Role.LAY_MONITOR},
    "field_report:triage": SUPERVISORS,
    "field_report:escalate": SUPERVISORS,
    "field_report:answer": SUPERVISORS,
    "routing:try": frozenset({Role.BUREAU_SUPERVISOR, Role.DISTRICT_SUPERVISOR}),
    "inbox:read": SUPERVISORS,
    "issue:triage": SUPERVISORS,
    "issue:escalate": SUPERVISORS,
    "issue:approve": SUPERVISORS,
    "issue:extend": SUPERVISORS,
    "issue:urge": SUPERVISORS,
    "issue:withdraw": SUPERVISORS,
    "issue:reopen": SUPERVISORS,
    "issue:assign": SUPERVISORS,
    "issue:merge": SUPERVISORS,
    "issue:batch": SUPERVISORS,
    "assignment:read": SUPERVISORS | {Role.AGENCY_USER},
    "assignment:report": SUPERVISORS | {Role.AGENCY_USER},
    "assignment:accept": SUPERVISORS,
    "assignment:send_back": SUPERVISORS,
    "assignment:urge": SUPERVISORS,
    "assignment:withdraw": SUPERVISORS,
    "issue:return": SUPERVISORS,
    "issue:pause": SUPERVISORS,
    "issue:resume": SUPERVISORS,
    "issue:decide": SUPERVISORS,
    "issue:feedback": SUPERVISORS,
    "issue:close": SUPERVISORS,
    "dispute:open": PARTIES,
    "dispute:take_part": PARTIES,
    "dispute:read": COORDINATORS | PARTIES,
    "dispute:accept": COORDINATORS,
    "dispute:coordinate": COORDINATORS,
    "dispute:opine": COORDINATORS,
    "accountability:propose": COORDINATORS,
    "accountability:approve": COORDINATORS,
    "accountability:handle": frozenset({Role.AGENCY_USER}),
    "accountability:read": COORDINATORS | {Role.AGENCY_USER},
    "accountability:reveal": COORDINATORS | {Role.AGENCY_USER},
    "conference:call": COORDINATORS,
    "conference:issue": COORDINATORS,
    "conference:answer": COORDINATORS | PARTIES,
    "conference:read": COORDINATORS | PARTIES,
    "resolution:read": COORDINATORS | PARTIES,
    "resolution:report": COORDINATORS | PARTIES,
    "resolution:check": COORDINATORS,
    "attachment:read": BETWEEN,
    "attachment:add": BETWEEN,
    "package:read": BETWEEN,
    "package:link": BETWEEN,
    "package:confirm": BETWEEN,
    "transfer:read": BETWEEN,
    "transfer:register": BODIES,
    "transfer:approve": BODIES,
    "transfer:send": BODIES,
    "transfer:answer": BODIES,
    "transfer:urge": SUPERVISORS,
    "reverse_transfer:read": BETWEEN,
    "reverse_transfer:register": BODIES,
    "reverse_transfer:decide": BODIES,
    "reverse_transfer:reply": BODIES,
}
