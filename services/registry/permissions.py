"""Who may do what in the registry, and on whose rows."""

from shared.access.actor import Actor, Permissions, Role
from shared.access.visibility import sees_scope

EVERYONE = frozenset(Role)
BUREAU = frozenset({Role.BUREAU_SUPERVISOR})
# The legal offices that review, publicise and issue (条例 art. 7: at the same level).
SUPERVISORS = BUREAU | {Role.DISTRICT_SUPERVISOR}
# Bodies that enforce: they file for themselves.
BODIES = frozenset({Role.TOWNSHIP_ENFORCEMENT, Role.AGENCY_USER})
FILING = SUPERVISORS | BODIES
# Townships for themselves, and the legal offices for their townships.
TOWNSHIPS = SUPERVISORS | {Role.TOWNSHIP_ENFORCEMENT}
READING = FILING | {Role.TOWNSHIP_SUPERVISION_OFFICE, Role.INTEGRATION}
# What is the legal offices' own business: their people, posts and means.
OFFICES = SUPERVISORS | {Role.TOWNSHIP_SUPERVISION_OFFICE, Role.INTEGRATION}
# The legal offices of all three levels: in a township the justice office (司法所).
LEGAL_OFFICES = SUPERVISORS | {Role.TOWNSHIP_SUPERVISION_OFFICE}

PERMISSIONS: Permissions = {
    "division:read": EVERYONE,
    "division:move": BUREAU,
    "search:read": READING | {Role.LINE_DEPARTMENT},
    "subject:read": READING | {Role.LINE_DEPARTMENT},
    "subject:draft": FILING,
    "subject:submit": FILING,
    "subject:review": SUPERVISORS,
    "subject:publish": SUPERVISORS,
    "subject:change": SUPERVISORS,
    "subject:suspend": SUPERVISORS,
    "subject:revoke": SUPERVISORS,
    "subject:merge": SUPERVISORS,
    "subject:split": SUPERVISORS,
    "officer:read": READING,
    "officer:register": FILING,
    "officer:reassign": FILING,
    "officer:retire": FILING,
    "officer:train": FILING,
    "officer:reveal": SUPERVISORS,
    "certificate:apply": FILING,
    "certificate:examine": SUPERVISORS,
    "certificate:issue": SUPERVISORS,
    "certificate:suspend": SUPERVISORS,
    "certificate:revoke": SUPERVISORS,
    "certificate:surrender": FILING,
    "suspension_request:read": OFFICES,
    "suspension_request:decide": SUPERVISORS,
    "power:read": READING | {Role.LINE_DEPARTMENT},
    "power:draft": FILING,
    "power:approve": SUPERVISORS,
    "power:repeal": SUPERVISORS,
    "policy:read": EVERYONE,
    "policy:write": BUREAU,
    "rule_set:read": EVERYONE,
    "rule_set:propose": BUREAU,
    "rule_set:enact": BUREAU,
    "item_list:read": READING | {Role.LINE_DEPARTMENT},
    "item_list:draft": TOWNSHIPS,
    "item_list:review": SUPERVISORS,
    "item_list:publish": TOWNSHIPS,
    "item_list:evaluate": SUPERVISORS,
    "procedure:read": READING | {Role.LINE_DEPARTMENT},
    "procedure:lay_down": TOWNSHIPS,
    "import:read": FILING,
    "import:run": FILING,
    "delegation:read": READING | {Role.LINE_DEPARTMENT},
    "delegation:draft": FILING,
    "delegation:evaluate": SUPERVISORS,
    "delegation:approve": SUPERVISORS,
    "delegation:file": FILING,
    "delegation:publish": FILING,
    "delegation:revoke": FILING,
    "guidance:read": READING | {Role.LINE_DEPARTMENT},
    "guidance_link:assign": SUPERVISORS,
    "guidance:plan": SUPERVISORS | {Role.AGENCY_USER},
    "guidance:review": SUPERVISORS,
    "empowerment:read": READING | {Role.LINE_DEPARTMENT},
    "empowerment:propose": FILING,
    "empowerment:check": SUPERVISORS,
    "empowerment:hand_over": FILING,
    "empowerment:take_over": FILING,
    "empowerment:evaluate": SUPERVISORS,
    "empowerment:withdraw": SUPERVISORS,
    "authority:read": READING | {Role.LINE_DEPARTMENT},
    "coverage:read": READING,
    "figure:freeze": BUREAU,
    "programme:read": EVERYONE,
    "programme:manage": BUREAU,
    "programme:join": SUPERVISORS,
    "task:read": READING,
    "task:report": SUPERVISORS,
    "supervision_officer:read": OFFICES,
    "supervision_officer:nominate": SUPERVISORS,
    "supervision_officer:appoint": SUPERVISORS,
    "contact_point:read": READING,
    "contact_point:propose": LEGAL_OFFICES,
    "contact_point:open": SUPERVISORS,
    "contact_point:suspend": SUPERVISORS,
    "contact_point:close": SUPERVISORS,
    "contact_point:visit": LEGAL_OFFICES,
    "staffing:read": OFFICES,
    "staffing:file": SUPERVISORS,
    "staffing:approve": SUPERVISORS,
    "task:plan": SUPERVISORS,
    "task:reverse": SUPERVISORS,
    "pilot_township:read": READING,
    "pilot_township:designate": SUPERVISORS,
    "grid:read": READING,
    "grid:manage": LEGAL_OFFICES,
    "lay_monitor:read": READING | {Role.LAY_MONITOR},
    "lay_monitor:nominate": LEGAL_OFFICES,
    "lay_monitor:vet": SUPERVISORS,
    "lay_monitor:appoint": SUPERVISORS,
    "lay_monitor:assign": LEGAL_OFFICES,
    "lay_monitor:reverse": SUPERVISORS,
    "lay_monitor:leave": SUPERVISORS,
    "lay_monitor:end": SUPERVISORS,
    "lay_monitor:dismiss": SUPERVISORS,
    "lay_monitor:log": LEGAL_OFFICES | {Role.LAY_MONITOR},
    "team:read": READING,
    "team:plan": LEGAL_OFFICES | {Role.TOWNSHIP_ENFORCEMENT},
    "team:form": SUPERVISORS,
    "team:assign": SUPERVISORS,
    "team:dissolve": SUPERVISORS,
    "leading_group:read": READING,
    "leading_group:propose": LEGAL_OFFICES,
    "leading_group:establish": SUPERVISORS,
    "leading_group:dissolve": SUPERVISORS,
    "responsibility:read": READING,
    "responsibility:draft": FILING,
    "responsibility:approve": SUPERVISORS,
    "responsibility_report:read": READING,
    "responsibility_report:call": SUPERVISORS,
    "responsibility_report:open_year": BUREAU,
    "responsibility_report:submit": FILING,
    "responsibility_report:accept": SUPERVISORS,
    "budget:read": READING,
    "budget:draft": FILING,
    "budget:approve": SUPERVISORS,
    "budget:spend": FILING,
    "budget:reverse": SUPERVISORS,
    "provision:read": READING,
    "provision:plan": FILING,
    "provision:approve": SUPERVISORS,
    "training:read": READING,
    "training:plan": SUPERVISORS,
    "training:hold": SUPERVISORS,
    "training:reverse": SUPERVISORS,
}


def covers(actor: Actor, district: str | None, township: str | None) -> bool:
    """Whether a place lies in the division of `actor`, whatever the role."""
    match len(actor.division):
        case 2:
            return True
        case 6:
            return district == actor.division
        case _:
            return township is not None and township == actor.division


def in_charge(
    actor: Actor, *, district: str | None, township: str | None, organisation: str
) -> bool:
    """Whether `actor` may act on what a body at a place files, and not only read it.

    The legal office in its own division (a former district, a party by then, only reads), and an
    enforcement body for itself.
    """
    if actor.roles & SUPERVISORS and sees_scope(actor, district, township):
        return True
    if not covers(actor, district, township):
        return False
    # A township government is known by its township; an agency only by its credit code.
    if Role.AGENCY_USER in actor.roles and actor.organisation == organisation:
        return True
    return (
        Role.TOWNSHIP_ENFORCEMENT in actor.roles
        and actor.division == township
        and actor.organisation in (None, organisation)
    )


def acts_in(actor: Actor, district: str | None, township: str | None) -> bool:
    """Whether `actor` may act at a place: its legal office, or those who run the township.

    What each of them may do there is said by the permissions.
    """
    acting = LEGAL_OFFICES | {Role.TOWNSHIP_ENFORCEMENT}
    return bool(actor.roles & acting) and sees_scope(actor, district, township)


def in_charge_of_place(actor: Actor, *, district: str | None, township: str | None) -> bool:
    """Whether `actor` may act on what a township has as such, and no single body in it."""
    if actor.roles & SUPERVISORS and sees_scope(actor, district, township):
        return True
    return Role.TOWNSHIP_ENFORCEMENT in actor.roles and (
        township is not None and actor.division == township
    )
