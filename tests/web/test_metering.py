"""What a coroutine costs is what it does itself."""

import asyncio

import pytest

from headway.model.clock import busy_s
from headway.web.metering import Metered

BUSY_S = 0.05


def burn() -> None:
    until = busy_s() + BUSY_S
    while busy_s() < until:
        pass


async def test_waiting_and_what_others_do_meanwhile_cost_nothing() -> None:
    other = asyncio.Event()

    async def mine() -> int:
        await other.wait()
        return 7

    async def another() -> None:
        burn()
        other.set()

    metered = Metered(mine())
    task = asyncio.create_task(another())
    assert await metered == 7
    await task
    assert metered.cost_s < BUSY_S / 2


async def test_work_counts_also_when_it_ends_in_an_error() -> None:
    async def mine() -> None:
        await asyncio.to_thread(lambda: None)
        burn()
        raise KeyError

    metered = Metered(mine())
    with pytest.raises(KeyError):
        await metered
    assert metered.cost_s >= BUSY_S


async def test_a_cancellation_reaches_what_is_awaited() -> None:
    cleaned = asyncio.Event()
    begun = asyncio.Event()

    async def mine() -> None:
        try:
            begun.set()
            await asyncio.Event().wait()
        finally:
            cleaned.set()

    async def outer() -> None:
        await Metered(mine())

    task = asyncio.create_task(outer())
    await begun.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert cleaned.is_set()
