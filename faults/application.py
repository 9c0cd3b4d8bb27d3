"""The application whose workers are killed: its bodies write down, outside the store, when they began and ended."""

from __future__ import annotations

import asyncio
import os
import random
import threading
import time
from datetime import timedelta
from typing import Final

from headway import Context, Fixed, Jobs

PLACE: Final = os.environ.get("FAULTS_STORE", "")
DIARY: Final = os.environ.get("FAULTS_DIARY", "")

jobs = Jobs(PLACE or None)


def write_down(mark: str, ctx: Context) -> None:
    """One line, appended in one write: whole or not there."""
    line = f"{mark} {ctx.id} {ctx.epoch} {os.getpid()} {time.time():.6f}\n"
    handle = os.open(DIARY, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, line.encode())
    finally:
        os.close(handle)


@jobs.job(name="nothing")
async def nothing() -> None:
    """What is counted in the store alone."""


@jobs.job(takes_context=True, name="short")
async def short(ctx: Context, ms: int) -> int:
    """A coroutine that sleeps a little."""
    write_down("S", ctx)
    await asyncio.sleep(random.random() * ms / 1000)
    write_down("E", ctx)
    return ctx.id


@jobs.job(takes_context=True, name="plain")
def plain(ctx: Context, ms: int) -> int:
    """A function on a thread, with progress and a log line."""
    write_down("S", ctx)
    ctx.progress(50)
    ctx.log.info("half way")
    threading.Event().wait(random.random() * ms / 1000)
    write_down("E", ctx)
    return ctx.id


@jobs.job(takes_context=True, name="apart", run_in="process")
def apart(ctx: Context, ms: int) -> int:
    """A function in a process of its own."""
    write_down("S", ctx)
    threading.Event().wait(random.random() * ms / 1000)
    write_down("E", ctx)
    return ctx.id


@jobs.job(takes_context=True, name="flaky", retries=20, backoff=Fixed(timedelta(milliseconds=20)))
async def flaky(ctx: Context) -> int:
    """Fails now and then."""
    write_down("S", ctx)
    if random.random() < 0.3:
        msg = "not this time"
        raise RuntimeError(msg)
    write_down("E", ctx)
    return ctx.id
