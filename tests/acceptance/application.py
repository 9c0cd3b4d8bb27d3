"""Jobs for workers in processes of their own: `tests.acceptance.application:jobs`."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import threading
import time
from datetime import timedelta

from faults.application import PLACE, jobs, write_down
from headway import Context, Fixed

__all__ = ["PLACE", "jobs"]

DEADLINE_S = 15.0


@jobs.job(name="burns", run_in="process")
def burns(seconds: float) -> int:
    """Computes, holding the interpreter."""
    count, end = 0, time.monotonic() + seconds
    while time.monotonic() < end:
        count += 1
    return os.getpid()


@jobs.job(name="feels", takes_context=True)
async def feels(ctx: Context, seconds: float) -> float:
    """The longest time that the loop took to come back, in seconds."""
    write_down("S", ctx)
    worst, end = 0.0, time.monotonic() + seconds
    while (before := time.monotonic()) < end:
        await asyncio.to_thread(threading.Event().wait, 0.005)
        worst = max(worst, time.monotonic() - before - 0.005)
    return worst


@jobs.job(name="once", takes_context=True, on_interrupt="fail")
async def once(ctx: Context) -> None:
    """Must not run a second time."""
    write_down("S", ctx)
    await asyncio.Event().wait()


@jobs.job(name="second_time", takes_context=True)
async def second_time(ctx: Context) -> str:
    """Never ends but at its second start."""
    write_down("S", ctx)
    if ctx.epoch == 1:
        await asyncio.Event().wait()
    return "done"


@jobs.job(name="imports", takes_context=True, retries=2, backoff=Fixed(timedelta(0)))
def imports(ctx: Context, items: int) -> list[int]:
    """Goes on where the attempt before it died."""
    begin = ctx.state.get("next", 0)
    for item in range(begin, items):
        if item == items // 2 and ctx.attempt == 1:
            raise ConnectionError("the line went dead")
        ctx.state["next"] = item + 1
    return [begin, ctx.state["next"]]


@jobs.job(name="waits_async", takes_context=True)
async def waits_async(ctx: Context) -> None:
    """A coroutine that waits."""
    write_down("S", ctx)
    try:
        await asyncio.Event().wait()
    finally:
        write_down("E", ctx)


@jobs.job(name="waits_thread", takes_context=True)
def waits_thread(ctx: Context) -> None:
    """A thread that looks at its token."""
    write_down("S", ctx)
    try:
        end = time.monotonic() + DEADLINE_S
        while time.monotonic() < end:
            ctx.raise_if_cancelled()
            threading.Event().wait(0.01)
    finally:
        write_down("E", ctx)


@jobs.job(name="waits_process", takes_context=True, run_in="process", grace=timedelta(seconds=1))
def waits_process(ctx: Context) -> None:
    """A process that waits and looks at nothing."""
    write_down("S", ctx)
    threading.Event().wait(DEADLINE_S)


@jobs.job(name="deaf_process", takes_context=True, run_in="process", grace=timedelta(milliseconds=300))
def deaf_process(ctx: Context) -> None:
    """A process that hears no signal, and swallows every exception."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    write_down("S", ctx)
    end = time.monotonic() + DEADLINE_S
    while time.monotonic() < end:
        with contextlib.suppress(BaseException):
            threading.Event().wait(DEADLINE_S)


@jobs.job(name="later", takes_context=True, retries=1, backoff=Fixed(timedelta(seconds=4)))
async def later(ctx: Context) -> float:
    """Fails, and succeeds four seconds later."""
    write_down("S", ctx)
    if ctx.attempt == 1:
        raise ConnectionError
    return time.time()


@jobs.job(name="counts", takes_context=True)
async def counts(ctx: Context) -> int:
    """Has a result for its callback."""
    write_down("S", ctx)
    return 42


@jobs.job(name="tells", takes_context=True)
async def tells(ctx: Context, result: int) -> int:
    """A callback."""
    write_down("S", ctx)
    return result


@jobs.job(name="tells_second_time", takes_context=True)
async def tells_second_time(ctx: Context, result: int) -> int:
    """A callback that never ends but at its second start."""
    write_down("S", ctx)
    if ctx.epoch == 1:
        await asyncio.Event().wait()
    return result


@jobs.job(name="in_line", takes_context=True)
async def in_line(ctx: Context, ms: int) -> None:
    """Takes its time, and says when it began and ended."""
    write_down("S", ctx)
    await asyncio.to_thread(threading.Event().wait, ms / 1000)
    write_down("E", ctx)


@jobs.job(name="adds", takes_context=True)
async def adds(ctx: Context, a: int, b: int) -> int:
    """Long enough for the other process to take the next one."""
    write_down("S", ctx)
    await asyncio.to_thread(threading.Event().wait, 0.02)
    write_down("E", ctx)
    return a + b


@jobs.job(name="breaks", takes_context=True, retries=0)
async def breaks(ctx: Context) -> int:
    """Fails for good."""
    write_down("S", ctx)
    raise ConnectionError("the line went dead")


@jobs.job(name="works_again", takes_context=True, retries=0)
async def works_again(ctx: Context) -> int:
    """Fails for good, until somebody has it done again."""
    write_down("S", ctx)
    if ctx.epoch == 1:
        raise ConnectionError("the line went dead")
    return ctx.epoch


@jobs.job(name="asks_for_ten", takes_context=True, retries=2, backoff=Fixed(timedelta(0)))
async def asks_for_ten(ctx: Context) -> int:
    """Asks for ten jobs in every attempt, and succeeds in the third."""
    write_down("S", ctx)
    for number in range(10):
        ctx.enqueue(adds.call(number, ctx.attempt))
    if ctx.attempt < 3:
        raise ConnectionError("the line went dead")
    return ctx.attempt
