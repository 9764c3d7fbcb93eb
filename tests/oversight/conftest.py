"""The scene of oversight's tests."""

import pytest

from tests.oversight.scene import Scene
from tests.servers import ServiceUnderTest


@pytest.fixture
async def scene(oversight: ServiceUnderTest) -> Scene:
    """Oversight that knows one published subject and its officer without a certificate."""
    return await Scene(oversight).told()
