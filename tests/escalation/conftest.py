import pytest

from tests.escalation.people import People
from tests.servers import ServiceUnderTest


@pytest.fixture
def people(escalation: ServiceUnderTest) -> People:
    return People(escalation)
