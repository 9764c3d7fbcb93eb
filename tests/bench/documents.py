"""Documents rendered: how many a second by the service's own renderer, and how long the loop waits.

The baseline is the same work without processes beside, on the loop itself.
"""

import asyncio
import os
import time

from shared.documents.official import Official
from shared.documents.rendering import DocumentFormat, Renderer, render
from tests.bench.figures import Figure
from tests.documents.samples import official


async def measure(*, count: int, rounds: int) -> list[Figure]:
    """`count` different documents of each format a round."""
    renderer = Renderer()
    found: list[Figure] = []
    try:
        for kind in DocumentFormat:
            rates, waits = [], []
            await renderer(official(), kind, None)
            for number in range(rounds):
                rate, wait = await _round(renderer, kind, count, number)
                rates.append(rate)
                waits.append(wait)
            told = official()
            began = time.perf_counter()
            for _ in range(max(3, count // 50)):
                render(told, kind, None)
            one = max(3, count // 50) / (time.perf_counter() - began)
            load = os.getloadavg()[0]
            name = f"documents.{kind}"
            found.append(Figure(name, "documents/s", rates, [one] * rounds, load=load))
            found.append(Figure(f"{name}.longest_wait_of_the_loop", "ms", waits, load=load))
    finally:
        await renderer.close()
    return found


async def _round(
    renderer: Renderer, kind: DocumentFormat, count: int, number: int
) -> tuple[float, float]:
    papers: list[Official] = [
        official(number=f"沙司执监决〔2026〕{number * count + place}号") for place in range(count)
    ]
    began = time.perf_counter()
    working = asyncio.gather(*(_one(renderer, paper, kind) for paper in papers))
    longest = 0.0
    while not working.done():
        before = time.perf_counter()
        await asyncio.sleep(0.005)
        longest = max(longest, time.perf_counter() - before - 0.005)
    await working
    return count / (time.perf_counter() - began), longest * 1000


_TURNS = asyncio.Semaphore(8)
"""Not all at once: those that wait for a process would lose their patience."""


async def _one(renderer: Renderer, paper: Official, kind: DocumentFormat) -> None:
    async with _TURNS:
        await renderer(paper, kind, None)
