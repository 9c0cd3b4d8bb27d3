"""Keeping an event loop turning for the bodies on it, whatever these leave behind, and winding it up."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import Final

JOIN_S: Final = 1.0
"""How long the own loop's thread may take to end after its bodies were stopped."""


def turn(loop: asyncio.AbstractEventLoop, is_closing: Callable[[], bool]) -> None:
    """Run a loop until it is to close. SystemExit in an asyncio task that a job started would otherwise end it for all jobs."""
    while True:
        try:
            loop.run_forever()
        except BaseException:
            logging.getLogger(__name__).exception("something that a job left on the event loop tried to end it")
            if loop.is_closed():
                raise
        if is_closing():
            return


def wind_up(loop: asyncio.AbstractEventLoop) -> None:
    """Cancel what is left on a loop that stopped and let it react once; a body that ignores even that is abandoned."""
    left = asyncio.all_tasks(loop)
    for task in left:
        task.cancel()
        task._log_destroy_pending = False  # type: ignore[attr-defined] # noqa: SLF001 - it was reported as leaked
    if left:
        loop.call_later(JOIN_S / 4, loop.stop)
        loop.run_forever()
    loop.close()
