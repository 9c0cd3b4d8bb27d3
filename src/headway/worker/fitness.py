"""Whether a worker can go on: its store may be tampered with, moved or changed, or something in it may break because of a defect."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from headway.model.displaced import is_displaced
from headway.model.errors import WorkerBroken
from headway.worker.signals import EXIT_STORE

EXIT_BROKEN: Final = 70
"""Exit code of a worker that stopped because of a defect; what it ran was given back."""

log = logging.getLogger("headway.worker")


class Fitness:
    """Good until the first word against it; safe from any thread."""

    def __init__(self) -> None:
        """Good."""
        self._lock = threading.Lock()
        self.damage: str | None = None
        """What was done to the store: nothing that is written here now would be seen by others."""
        self.defect: str | None = None
        """What broke: an end that the worker waits for may never come."""
        self.on_defect: Callable[[], None] = _nobody
        """Called once, when something broke; must be quick."""

    @property
    def is_good(self) -> bool:
        """Whether the worker can go on."""
        return self.damage is None and self.defect is None

    @property
    def exit_code(self) -> int:
        """What a process ends with that is nothing but this worker."""
        if self.damage is not None:
            return EXIT_STORE
        return 0 if self.defect is None else EXIT_BROKEN

    def spoil(self, damage: str) -> None:
        """The store's files were tampered with, or it has moved, or has tables that this code does not work with."""
        with self._lock:
            first, self.damage = self.damage is None, self.damage or damage
        if first:
            log.critical("%s", damage)

    def meet(self, error: BaseException, *, in_a_row: int) -> None:
        """The store failed, so often `in_a_row`; it is tried again, unless there is nothing to try any more."""
        if is_displaced(error):
            self.spoil(str(error))
        else:
            log.warning("the store failed (%d in a row), trying again: %s", in_a_row, error)

    def break_down(self, defect: str) -> None:
        """Something broke; it was logged where it was caught."""
        with self._lock:
            first, self.defect = self.defect is None, self.defect or defect
        if first:
            log.critical("this worker stops, and what it runs is given back: %s", defect)
            self.on_defect()

    def check(self) -> None:
        """Raise WorkerBroken if something broke."""
        if self.defect is not None:
            raise WorkerBroken(f"the worker stopped: {self.defect}")


def _nobody() -> None:
    """Nobody listens yet."""
