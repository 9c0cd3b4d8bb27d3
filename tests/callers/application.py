"""Jobs for workers in processes of their own, on the store that HEADWAY_URL names: `tests.callers.application:jobs`."""

from __future__ import annotations

import os
import signal
import threading
from datetime import timedelta
from pathlib import Path
from typing import Final

from headway import Context, Fixed, Jobs

DIARY: Final = Path(os.environ.get("CALLERS_DIARY", os.devnull))

jobs = Jobs()


def write_down(word: str) -> None:
    """One line, appended in one write."""
    handle = os.open(DIARY, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
    try:
        os.write(handle, f"{word}\n".encode())
    finally:
        os.close(handle)


def die_or_stand(how: str) -> None:
    """By our own hand, or until somebody kills the whole tree."""
    write_down("there")
    if how == "host":
        os.kill(os.getpid(), signal.SIGKILL)
    threading.Event().wait()


@jobs.job(name="pays", takes_context=True, retries=3, backoff=Fixed(timedelta(0)))
def pays(ctx: Context, at: str, how: str) -> str:
    """Writes one order; its first attempt dies inside of the transaction, or right behind its commit."""
    write_down(f"body {ctx.epoch}")
    transaction = ctx.transaction()
    with transaction as connection:
        connection.execute(f"INSERT INTO orders VALUES ({ctx.epoch})")
        transaction.result = f"order {ctx.epoch}"
        if at == "inside" and ctx.epoch == 1:
            die_or_stand(how)
    if at == "behind" and ctx.epoch == 1:
        die_or_stand(how)
    return "returned"


@jobs.job(name="ships")
def ships(number: int) -> int:
    """What is enqueued in transactions."""
    return number


@jobs.job(name="moves", takes_context=True)
async def moves(ctx: Context) -> str:
    """Awaits its transaction, and leaves another call with it."""
    async with ctx.transaction() as connection:
        await connection.execute("INSERT INTO orders VALUES (7)")
        return (await jobs.within(connection).aenqueue(ships, 7)).ref_id
