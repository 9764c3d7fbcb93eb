import pytest

from tests.escalation.handoffs import Handoffs
from tests.escalation.people import People
from tests.servers import ServiceUnderTest


@pytest.fixture
def people(escalation: ServiceUnderTest) -> People:
    return People(escalation)


@pytest.fixture
def handoffs(escalation: ServiceUnderTest) -> Handoffs:
    return Handoffs(escalation)
