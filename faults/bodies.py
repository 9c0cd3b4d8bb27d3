"""Bodies that do what a job should not do: the application of the workers in tests/faults, as `faults.bodies:jobs`."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import math
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time
from datetime import timedelta
from typing import Any, Final

from faults.application import DIARY, PLACE, jobs, write_down
from headway import Context

__all__ = ["DIARY", "PLACE", "jobs"]

SHORT_TEXT: Final = 20


class Unspeakable(Exception):
    """Its text raises."""

    def __str__(self) -> str:
        raise RuntimeError("no words")

    __repr__ = __str__


def deep(depth: int) -> list[Any]:
    """A list in a list, so many times."""
    found: list[Any] = []
    for _ in range(depth):
        found = [found]
    return found


def chain(length: int) -> BaseException:
    """An exception with so many causes."""
    found: BaseException = ValueError("the first")
    for number in range(length):
        following = ValueError(f"number {number}")
        following.__cause__ = found
        found = following
    return found


def value_of(what: str) -> Any:  # noqa: PLR0911 - a table
    """A result that no store takes as it is."""
    match what:
        case "nan":
            return float("nan")
        case "nul":
            return "a\0b"
        case "surrogate":
            return "a\ud800b"
        case "huge_number":
            return 10**5000
        case "set":
            return {1, 2}
        case "deep":
            return deep(100_000)
        case "big":
            return "x" * 100_000_000
        case "object":
            return object()
        case _:
            raise KeyError(what)


def error_of(what: str) -> BaseException:  # noqa: PLR0911 - a table
    """An exception that is hard to write down, or that would end a program."""
    match what:
        case "nul":
            return ValueError("a\0b")
        case "surrogate":
            return ValueError("a\ud800b")
        case "unspeakable":
            return Unspeakable()
        case "long":
            return ValueError("x" * 1_000_000)
        case "chain":
            return chain(1000)
        case "system_exit":
            return SystemExit(0)
        case "interrupt":
            return KeyboardInterrupt()
        case "generator_exit":
            return GeneratorExit()
        case "cancelled":
            return asyncio.CancelledError()
        case _:
            raise KeyError(what)


def end_process(how: str) -> None:
    """End this process without an outcome."""
    match how:
        case "exit_0":
            os._exit(0)
        case "abort":
            os.abort()
        case "segfault":
            ctypes.string_at(0)
        case "kill":
            os.kill(os.getpid(), signal.SIGKILL)
        case _:
            raise KeyError(how)


# -- how long -------------------------------------------------------------------------------------------------------


@jobs.job(takes_context=True, name="rests")
async def rests(ctx: Context, s: float) -> int:
    """A coroutine that sleeps."""
    write_down("S", ctx)
    await asyncio.sleep(s)
    write_down("E", ctx)
    return ctx.id


@jobs.job(takes_context=True, name="rests_on_thread")
def rests_on_thread(ctx: Context, s: float) -> int:
    """A thread that sleeps and hears nothing."""
    write_down("S", ctx)
    threading.Event().wait(s)
    write_down("E", ctx)
    return ctx.id


@jobs.job(takes_context=True, name="rests_apart", run_in="process")
def rests_apart(ctx: Context, s: float) -> int:
    """A process that sleeps."""
    write_down("S", ctx)
    try:
        time.sleep(s)
        write_down("E", ctx)
    finally:
        write_down("F", ctx)
    return ctx.id


@jobs.job(takes_context=True, name="blocks_loop")
async def blocks_loop(ctx: Context, s: float) -> int:
    """A coroutine that never awaits."""
    write_down("S", ctx)
    time.sleep(s)  # noqa: ASYNC251 - that is the fault
    write_down("E", ctx)
    return ctx.id


@jobs.job(takes_context=True, name="holds_gil")
async def holds_gil(ctx: Context, s: float) -> int:
    """An expression that holds the interpreter at least so long: each letter more doubles its time."""
    write_down("S", ctx)
    took = float("inf")
    for _ in range(3):  # the shortest of them was disturbed least
        begun = time.process_time()
        re.match("(a+)+$", "a" * SHORT_TEXT + "!")
        took = min(took, time.process_time() - begun)
    more = math.ceil(math.log2(s / took))
    re.match("(a+)+$", "a" * (SHORT_TEXT + more) + "!")
    write_down("E", ctx)
    return ctx.id


@jobs.job(takes_context=True, name="swallows_cancel", timeout=timedelta(seconds=20), grace=timedelta(seconds=0.5))
async def swallows_cancel(ctx: Context) -> None:
    """A coroutine that goes on whatever it is told."""
    write_down("S", ctx)
    while True:
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0.1)


@jobs.job(takes_context=True, name="deaf", run_in="process", grace=timedelta(seconds=0.3))
def deaf(ctx: Context) -> None:
    """A process that ignores SIGTERM and every exception."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    write_down("S", ctx)
    while True:
        with contextlib.suppress(BaseException):
            time.sleep(60)


# -- how it ends ----------------------------------------------------------------------------------------------------


@jobs.job(name="returns")
async def returns(what: str) -> Any:
    """Give back what no store takes."""
    return value_of(what)


@jobs.job(name="raises", retries=0)
async def raises(what: str) -> None:
    """Raise on the loop."""
    raise error_of(what)


@jobs.job(name="raises_on_thread", retries=0)
def raises_on_thread(what: str) -> None:
    """Raise on a thread."""
    raise error_of(what)


@jobs.job(name="raises_apart", retries=0, run_in="process")
def raises_apart(what: str) -> None:
    """Raise in a process."""
    raise error_of(what)


@jobs.job(name="exits_politely", retries=0)
def exits_politely() -> None:
    """Do as a script does at its end."""
    sys.exit(0)


@jobs.job(takes_context=True, name="dies_apart", run_in="process")
def dies_apart(ctx: Context, how: str) -> None:
    """End the process that runs nothing else."""
    write_down("S", ctx)
    end_process(how)


@jobs.job(takes_context=True, name="dies_among_others")
async def dies_among_others(ctx: Context, how: str) -> None:
    """End the process in which others run too."""
    write_down("S", ctx)
    end_process(how)


@jobs.job(name="wants_memory", retries=0, run_in="process")
def wants_memory() -> int:
    """Ask for more than this process may have."""
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, resource.getrlimit(resource.RLIMIT_AS)[1]))
    try:
        return len(bytearray(4 << 30))
    finally:
        resource.setrlimit(resource.RLIMIT_AS, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))


# -- what it leaves behind ------------------------------------------------------------------------------------------


@jobs.job(name="leaves_program", run_in="process")
def leaves_program() -> int:
    """Return while a program goes on that holds everything this process had open."""
    return subprocess.Popen(["sleep", "60"], close_fds=False, stdin=subprocess.DEVNULL).pid


@jobs.job(name="leaves_program_on_thread")
def leaves_program_on_thread() -> int:
    """The same from a host."""
    return subprocess.Popen(["sleep", "60"], close_fds=False, stdin=subprocess.DEVNULL).pid


@jobs.job(takes_context=True, name="forks")
def forks(ctx: Context) -> int:
    """Return twice."""
    os.fork()
    write_down("E", ctx)
    return ctx.id


@jobs.job(takes_context=True, name="forks_apart", run_in="process")
def forks_apart(ctx: Context) -> int:
    """Return twice from a process of its own."""
    os.fork()
    write_down("E", ctx)
    return ctx.id
