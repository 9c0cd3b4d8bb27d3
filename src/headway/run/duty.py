"""Threads of our own: none of them ends unnoticed because of a defect."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

Broken = Callable[[str], None]
"""Told in words what broke, on the thread that broke, while the exception is being handled. Whoever depends on that thread ends."""

log: Final = logging.getLogger(__name__)


def on_duty(act: Callable[..., None], *args: object, name: str, broken: Broken) -> threading.Thread:
    """A daemon thread, not started yet. What `act` raises is logged, and `broken` is told."""

    def serve() -> None:
        try:
            act(*args)
        except BaseException as error:  # noqa: BLE001 - whatever it is, a thread that others wait for has ended
            tell_broken(name, error, broken)

    return threading.Thread(target=serve, name=name, daemon=True)


def tell_broken(name: str, error: BaseException, broken: Broken) -> None:
    """Log a defect with its traceback, and tell of it."""
    words = f"{name} broke because of a defect: {type(error).__name__}: {error}"
    log.critical("%s", words, exc_info=error)
    broken(words)
