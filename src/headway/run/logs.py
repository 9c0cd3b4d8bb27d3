"""The bridge from `logging` to a job's log: whatever is logged inside a job, also by helpers, becomes a line of it."""

from __future__ import annotations

import logging
import threading
from typing import Final

from headway.model.context import CURRENT
from headway.model.joblog import LOGGED_MARK, formatted

FIELDS: Final = ("job_id", "job_name", "attempt", "queue")
"""Attributes that records logged inside a job have; outside they are None where JobFields is used."""


class JobFields(logging.Filter):
    """Gives every record the attributes of the job that logs it; put it on a handler of your own to format them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let everything pass."""
        context = CURRENT.get()
        if context is not None:
            record.job_id = context.id
            record.job_name = context.name
            record.attempt = context.attempt
            record.queue = context.queue
        elif not hasattr(record, "job_id"):
            record.job_id = record.job_name = record.attempt = record.queue = None
        return True


class JobLogHandler(logging.Handler):
    """Sits on the root logger while a host runs. Looks at the context of who logs; a record outside of any job passes."""

    def __init__(self, level: int) -> None:
        super().__init__(logging.NOTSET)
        self._least = level
        self._busy = threading.local()
        self._root_level: int | None = None
        self.addFilter(JobFields())

    def install(self) -> None:
        """Put it first on the root logger, so that the handlers after it see the job's attributes too.

        Where the application has not set up logging, the root's level is lowered to ours, and warnings still go to
        standard error as they would without this handler.
        """
        root = logging.getLogger()
        if not root.handlers and root.level > self._least:
            self._root_level = root.level
            root.setLevel(self._least)
        root.addHandler(self)
        root.handlers.remove(self)
        root.handlers.insert(0, self)

    def remove(self) -> None:
        """Leave the root logger as it was."""
        root = logging.getLogger()
        root.removeHandler(self)
        if self._root_level is not None and root.level == self._least:
            root.setLevel(self._root_level)
        self._root_level = None

    def createLock(self) -> None:  # noqa: N802 - logging's own name
        """Needs none: the buffer it writes to has its own."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        """Enter the record in the log of the job that logged it."""
        self._stand_in(record)
        context = CURRENT.get()
        if context is None or record.levelno < self._least or getattr(record, LOGGED_MARK, False):
            return
        if getattr(self._busy, "now", False):
            return  # formatting the record logged something itself
        self._busy.now = True
        try:
            # No lazy args of other libraries are formatted twice by us: the text is made here and not kept in the record.
            args = record.args if isinstance(record.args, tuple) else (record.args,) if record.args else ()
            context._voice.line(record.levelno, formatted(record.msg, args, record.exc_info))  # noqa: SLF001 - the room's own
        finally:
            self._busy.now = False

    def _stand_in(self, record: logging.LogRecord) -> None:
        # With this handler alone on the root, logging would think that the application has set up its logging, and
        # would no longer show warnings by itself.
        last = logging.lastResort
        if (
            last is not None
            and record.levelno >= last.level
            and logging.getLogger().handlers == [self]
            and not _has_own(record)
        ):
            last.handle(record)


def _has_own(record: logging.LogRecord) -> bool:
    """Whether a logger below the root showed the record already."""
    logger: logging.Logger | None = logging.getLogger(record.name)
    while logger is not None and logger.parent is not None:
        if logger.handlers:
            return True
        logger = logger.parent
    return False
