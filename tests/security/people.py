"""Who calls, and from where."""

from typing import Any, NamedTuple

from tests.oversight.scene import credit_code
from tests.servers import ServiceUnderTest

OWN_CODE, OTHER_CODE, BUREAU_CODE = credit_code(901), credit_code(902), credit_code(903)
DOMAIN, OTHER_DOMAIN = "urban_management", "agriculture"
AUTHOR = "author"


class Place(NamedTuple):
    """Where rows lie today."""

    division: str
    district: str | None = None

    @property
    def township(self) -> str | None:
        return self.division if len(self.division) == 9 else None

    @property
    def level(self) -> str:
        return {2: "city", 6: "district", 9: "township"}[len(self.division)]


TOWNSHIP = Place("500106001", "500106")
DISTRICT = Place("500106", "500106")
CITY = Place("50")
MOVED = Place("500112002", "500157")
"""It lay in 500112 until 2025-11-06; its code stayed."""


class Caller(NamedTuple):
    """A person by what their token says."""

    name: str
    role: str
    division: str = "50"
    organisation: str | None = None
    domains: tuple[str, ...] = ()

    def token(self, service: ServiceUnderTest, **more: Any) -> str:
        told = {
            "sub": self.name,
            "organisation": self.organisation,
            "domains": list(self.domains),
        }
        return service.token(self.role, self.division, **{**told, **more})


BUREAU = Caller("bureau", "bureau_supervisor")
ADMINISTRATORS = (
    Caller("auditor", "auditor"),
    Caller("system admin", "system_admin"),
    Caller("security admin", "security_admin"),
)
# Foreign to every row that these tests make, wherever it lies.
STRANGERS = (
    Caller("foreign district", "district_supervisor", "500116"),
    Caller("township of a foreign district", "township_supervision_office", "500116001"),
    Caller("integration of a foreign district", "integration", "500116"),
    Caller("bureau role in a foreign district", "bureau_supervisor", "500116"),
    Caller("other line department", "line_department", domains=(OTHER_DOMAIN,)),
    Caller("line department of nothing", "line_department"),
    Caller("lay monitor", "lay_monitor"),
    Caller("other agency", "agency_user", "50", OTHER_CODE),
    Caller("agency without a body", "agency_user"),
    Caller("district supervisor of no division", "district_supervisor", ""),
    *ADMINISTRATORS,
)


class Case(NamedTuple):
    """Rows at a place, who must not see any of them, and who together see all of them."""

    name: str
    place: Place
    foreigners: tuple[Caller, ...]
    natives: tuple[Caller, ...]
    concealed: bool = False
    more: tuple[Caller, ...] = ()
    """Further foreigners, of the long edition."""


def _at(place: Place) -> tuple[Caller, ...]:
    """Those whom rows at a place are for."""
    callers = [BUREAU, Caller("line department", "line_department", domains=(DOMAIN,))]
    if place.district:
        callers += [
            Caller("district", "district_supervisor", place.district),
            Caller("integration", "integration", place.district),
        ]
    if place.township:
        callers += [
            Caller("office", "township_supervision_office", place.township),
            Caller("enforcement", "township_enforcement", place.township),
        ]
    agency = Caller("agency", "agency_user", place.division, OWN_CODE)
    return (*callers, agency, Caller(AUTHOR, "lay_monitor", place.division))


CASES = (
    Case(
        "township",
        TOWNSHIP,
        (
            Caller("sibling office", "township_supervision_office", "500106002"),
            Caller("sibling enforcement", "township_enforcement", "500106002"),
            Caller("sibling district", "district_supervisor", "500107"),
            Caller("district role in a sibling township", "district_supervisor", "500106002"),
            Caller("agency of the place", "agency_user", TOWNSHIP.division, OTHER_CODE),
            Caller("lay monitor of the place", "lay_monitor", TOWNSHIP.division),
            *STRANGERS,
        ),
        _at(TOWNSHIP),
    ),
    Case(
        "district",
        DISTRICT,
        (
            Caller("child office", "township_supervision_office", "500106001"),
            Caller("child enforcement", "township_enforcement", "500106001"),
            Caller("sibling district", "district_supervisor", "500107"),
            Caller("agency of the place", "agency_user", DISTRICT.division, OTHER_CODE),
            Caller("lay monitor of the place", "lay_monitor", DISTRICT.division),
        ),
        _at(DISTRICT),
        more=STRANGERS,
    ),
    Case(
        "city",
        CITY,
        (
            Caller("child district", "district_supervisor", "500106"),
            Caller("grandchild office", "township_supervision_office", "500106001"),
            Caller("grandchild enforcement", "township_enforcement", "500106001"),
            Caller("other agency", "agency_user", CITY.division, OTHER_CODE),
            Caller("lay monitor", "lay_monitor", CITY.division),
        ),
        _at(CITY),
        more=STRANGERS,
    ),
    Case(
        "moved township",
        MOVED,
        (
            Caller("former district", "district_supervisor", "500112"),
            Caller("integration of the former district", "integration", "500112"),
            Caller("other heir of the former district", "district_supervisor", "500109"),
            Caller("former and present sibling", "township_supervision_office", "500112004"),
            Caller("foreign district", "district_supervisor", "500116"),
        ),
        _at(MOVED),
        more=STRANGERS,
    ),
    Case(
        "concealed inspection",
        TOWNSHIP,
        (
            Caller("office", "township_supervision_office", TOWNSHIP.division),
            Caller("enforcement", "township_enforcement", TOWNSHIP.division),
            Caller("agency", "agency_user", TOWNSHIP.division, OWN_CODE),
            Caller("line department", "line_department", domains=(DOMAIN,)),
            Caller("integration of the township", "integration", TOWNSHIP.division),
        ),
        (BUREAU, Caller("district", "district_supervisor", "500106")),
        concealed=True,
    ),
)
