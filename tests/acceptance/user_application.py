"""Jobs that run as users, for workers in processes of their own: `tests.acceptance.user_application:jobs`."""

from __future__ import annotations

import asyncio
import json
import os
import threading
from pathlib import Path

from headway import Context, Fixed, Jobs
from tests.acceptance.moments import SHORT

HERE = os.environ.get("FAULTS_STORE", "")

jobs = Jobs(HERE or None)


def _found(user_id: str) -> list[str] | None:
    """Their roles as they are now, and where they were found."""
    roles = json.loads(Path(HERE).with_name("roles.json").read_text(encoding="utf-8")).get(user_id)
    return None if roles is None else [user_id, *roles, str(os.getpid())]


if os.environ.get("LOADER") == "async":

    @jobs.load_user
    async def afind(user_id: str) -> list[str] | None:
        """Awaits on the loop."""
        await (asyncio.Event().wait() if user_id == "endless" else asyncio.to_thread(len, user_id))
        return _found(user_id)

else:

    @jobs.load_user
    def find(user_id: str) -> list[str] | None:
        """Would hold up a loop."""
        return _found(user_id)


@jobs.job(name="coroutine", takes_context=True)
async def coroutine(ctx: Context) -> tuple[list[str], str]:
    """On the loop of a host."""
    return ctx.user, str(os.getpid())


@jobs.job(name="function", takes_context=True)
def function(ctx: Context) -> tuple[list[str], str]:
    """On a thread of a host."""
    return ctx.user, str(os.getpid())


@jobs.job(name="apart", takes_context=True, run_in="process")
def apart(ctx: Context) -> tuple[list[str], str]:
    """Alone in a child process."""
    return ctx.user, str(os.getpid())


@jobs.job(name="apart_coroutine", takes_context=True, run_in="process", retries=3, backoff=Fixed(SHORT))
async def apart_coroutine(ctx: Context) -> tuple[list[str], str]:
    """A coroutine alone in a child process."""
    threading.Event().wait(0)
    return ctx.user, str(os.getpid())
