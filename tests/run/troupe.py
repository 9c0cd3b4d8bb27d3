"""The application that the tests of child processes run: its registry, as `tests.run.troupe:jobs`."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import faulthandler
import logging
import os
import select
import signal
import socket
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

from headway.model.context import Context
from headway.run.host import Host
from tests.run.stage import Company, forever, register

jobs = Company()
job = register


@job(jobs.registry)
def double(n: int) -> int:
    return 2 * n


@job(jobs.registry)
async def adouble(n: int) -> int:
    await asyncio.wait([forever()], timeout=0)
    return 2 * n


@job(jobs.registry)
def pid() -> int:
    return os.getpid()


@job(jobs.registry)
def fails() -> None:
    raise ValueError("no")


@job(jobs.registry)
def leaves(status: int) -> None:
    os._exit(status)


@job(jobs.registry)
def raises_exit() -> None:
    sys.exit(0)


@job(jobs.registry)
def interrupts() -> None:
    raise KeyboardInterrupt


@job(jobs.registry)
async def araises_exit() -> None:
    raise SystemExit(0)


@job(jobs.registry)
def segfaults() -> None:
    ctypes.string_at(0)


@job(jobs.registry)
def aborts() -> None:
    os.abort()


@job(jobs.registry)
def killed() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


@job(jobs.registry)
def hungry() -> int:
    return len(bytearray(8 << 30))


@job(jobs.registry, grace=timedelta(seconds=0.3))
def sleeps(seconds: float = 60) -> str:
    select.select((), (), (), seconds)  # a blocking call
    return "slept"


@job(jobs.registry, grace=timedelta(seconds=0.3))
async def asleeps(seconds: float = 60) -> str:
    await asyncio.wait([forever()], timeout=seconds)
    return "slept"


@job(jobs.registry)
async def awaits_file(path: str) -> str:
    while not os.path.exists(path):  # noqa: ASYNC240, PTH110 - a short look
        await asyncio.wait([forever()], timeout=0.01)
    return "found"


@job(jobs.registry, timeout=timedelta(seconds=0.2), grace=timedelta(seconds=0.3))
def too_long() -> None:
    select.select((), (), (), 60)


@job(jobs.registry, timeout=timedelta(seconds=0.2), grace=timedelta(seconds=0.3))
def deaf() -> None:
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    while True:
        with contextlib.suppress(BaseException):
            select.select((), (), (), 60)


@job(jobs.registry, timeout=timedelta(seconds=0.2), grace=timedelta(seconds=0.3))
async def blocks_loop() -> None:
    select.select((), (), (), 60)


@job(jobs.registry, timeout=timedelta(seconds=0.2), grace=timedelta(seconds=0.3))
def holds_gil() -> None:
    # PyDLL keeps the GIL during the call: nothing else in this process runs.
    ctypes.PyDLL(None).usleep(60_000_000)


@job(jobs.registry)
def spawns(path: str) -> None:
    """Leave a grandchild that keeps whatever it inherited."""
    child = subprocess.Popen(["sleep", "60"], close_fds=False)
    Path(path).write_text(str(child.pid))
    os._exit(7)


@job(jobs.registry)
def terminates_a_program() -> int:
    child = subprocess.Popen(["sleep", "60"])
    child.terminate()
    return child.wait(5)


@job(jobs.registry, takes_context=True)
def talks(ctx: Context) -> None:
    ctx.log.info("hello from %s", "the child")
    logging.getLogger("elsewhere").warning("a helper says")
    ctx.progress(50, "half")
    ctx.state["at"] = 5


@job(jobs.registry)
def current() -> int:
    return Context.current().id


@job(jobs.registry)
def undoes_faulthandler() -> None:
    faulthandler.disable()
    ctypes.string_at(0)


def broken(*_args: object, **_kwargs: object) -> None:
    raise LookupError("planted")


@job(jobs.registry)
def breaks_lane() -> None:
    """Plant a defect in the process that runs this."""
    Host.finished = broken  # type: ignore[assignment,method-assign]


@job(jobs.registry)
async def abreaks_lane() -> None:
    Host.finished = broken  # type: ignore[assignment,method-assign]


@job(jobs.registry)
async def closes_loop() -> None:
    """End the loop of all jobs for good; only a body that means it can."""
    loop = asyncio.get_running_loop()
    loop.stop()
    loop.is_running = lambda: False  # type: ignore[method-assign]
    loop.close()
    await forever()


@job(jobs.registry)
def hangs_up() -> None:
    """Close our half of every socket, and live on."""
    for name in os.listdir("/proc/self/fd"):
        with contextlib.suppress(OSError):
            socket.socket(fileno=os.dup(int(name))).shutdown(socket.SHUT_WR)
    select.select((), (), (), 60)
