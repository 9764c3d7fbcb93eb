"""The main story over four real services, a real broker and the gateway: what `make demo` plays."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy import demo
from deploy.local import Stack

pytestmark = pytest.mark.xdist_group("stack")


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(tmp_path_factory.mktemp("demo"), fsync=False) as stack:
        yield stack


@pytest.mark.timeout(180)
async def test_the_story_can_be_played_again_and_again(
    running: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    for _ in range(2):
        assert await demo.run(running.url, running.development_key) == 0, capsys.readouterr()
        assert "The story is complete" in capsys.readouterr().out


@pytest.mark.timeout(60)
async def test_a_step_that_fails_is_named_and_the_exit_code_says_so(
    running: Stack, capsys: pytest.CaptureFixture[str]
) -> None:
    running.services["oversight"].kill()
    assert await demo.run(running.url, running.development_key) == 1
    assert "503" in capsys.readouterr().err


def test_a_fact_that_did_not_arrive_is_missed(tmp_path: Path) -> None:
    story = demo.Demo(None, tmp_path)  # type: ignore[arg-type]
    story.facts = [{"type": f"xiejian.{name}.v1"} for name in demo.EXPECTED[1:]]
    assert demo.missing(story) == [demo.EXPECTED[0]]
