"""Work beside the event loop, in a process of its own: a long computation makes no request wait.

The process runs one call after the other and ends when its input does, so it never outlives us.
"""

import asyncio
import gc
import os
import pickle
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

T = TypeVar("T")

IDLE_S = 60.0
"""A process that has had nothing to do for so long is ended; the next call starts another."""
_SIZE = 8


class WorkFailed(Exception):
    """The function raised, or the process ended under the call.

    Says what and where, never a value: they are other people's.
    """


class Beside:
    """One process, started when it is first needed."""

    def __init__(self) -> None:
        self._process: asyncio.subprocess.Process | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._turn = asyncio.Lock()
        self._idle: asyncio.TimerHandle | None = None

    async def call(self, function: Callable[..., T], *arguments: Any) -> T:
        """What `function` (of a module) returns there; calls wait for each other.

        Raises `WorkFailed`.
        """
        async with self._turn:
            process = await self.start()
            assert process.stdin is not None
            assert process.stdout is not None
            whole = False
            try:
                asked = pickle.dumps((function, arguments), pickle.HIGHEST_PROTOCOL)
                process.stdin.write(len(asked).to_bytes(_SIZE, "big") + asked)
                size = int.from_bytes(await process.stdout.readexactly(_SIZE), "big")
                answer = await process.stdout.readexactly(size)
                whole = True
            except (OSError, asyncio.IncompleteReadError) as error:
                raise WorkFailed("the process beside has died") from error
            finally:
                if not whole:  # also when we are cancelled: its answer would be the next call's
                    self.stop()
        returned, failure = pickle.loads(answer)  # noqa: S301 - from our own process
        if failure is not None:
            raise WorkFailed(failure)
        result: T = returned
        return result

    async def start(self) -> asyncio.subprocess.Process:
        """The process, running; a call starts it too, later."""
        loop = asyncio.get_running_loop()
        if self._process is None or self._process.returncode is not None or self._loop is not loop:
            path = os.pathsep.join(filter(None, [*sys.path, str(Path.cwd())]))
            self._process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", __name__),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env={"PYTHONPATH": path, "PATH": os.environ.get("PATH", "")},
            )
            self._loop = loop
        if self._idle is not None:
            self._idle.cancel()
        self._idle = loop.call_later(IDLE_S, self.stop)
        return self._process

    def stop(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if self._idle is not None:
            self._idle.cancel()
        if process is not None and process.stdin is not None:
            process.stdin.close()

    async def close(self) -> None:
        """End the process and wait until it has."""
        process = self._process
        self.stop()
        if process is not None:
            await process.wait()


def serve() -> None:
    """Answer calls until the input ends."""
    asked, answers = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # what a library prints is no answer
    # Thousands of small objects at once, and no cycles among them: looking for some would take
    # longer than the work.
    gc.disable()
    while size := asked.read(_SIZE):
        function, arguments = pickle.loads(asked.read(int.from_bytes(size, "big")))  # noqa: S301
        returned = failure = None
        try:
            returned = function(*arguments)
        except Exception as raised:  # noqa: BLE001 - whatever it is, the caller is told
            frame = traceback.extract_tb(raised.__traceback__)[-1]
            failure = f"{type(raised).__name__} in {frame.filename}:{frame.lineno}"
        answer = pickle.dumps((returned, failure), pickle.HIGHEST_PROTOCOL)
        answers.write(len(answer).to_bytes(_SIZE, "big") + answer)
        answers.flush()
        del function, arguments, returned, answer
        gc.collect()
        gc.freeze()


if __name__ == "__main__":
    serve()
