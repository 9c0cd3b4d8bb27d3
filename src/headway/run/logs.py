"""The bridge from `logging` to a job's log: whatever is logged inside a job, also by helpers, becomes a line of it."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Final

from headway.model.context import CURRENT
from headway.model.joblog import LOGGED_MARK, formatted
from headway.model.voice import Voice
from headway.run.attempt import Attempt
from headway.run.site import Site

Owns = Callable[[Voice], bool]

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
    """Sits on the root logger while a host runs. Looks at the context of who logs; a record outside of any job passes.

    There may be several in a process, one for each host: a record is entered by the one that `owns` the attempt.
    """

    def __init__(self, level: int, owns: Owns) -> None:
        super().__init__(logging.NOTSET)
        self.least = level
        """The least level that enters a job's log."""
        self._owns = owns
        self._busy = threading.local()
        self._root_level: int | None = None
        self.addFilter(JobFields())

    def install(self) -> None:
        """Put it first on the root logger, so that the handlers after it see the job's attributes too.

        Where the application has not set up logging, the root's level is lowered to ours, and warnings still go to
        standard error as they would without this handler.
        """
        root = logging.getLogger()
        if len(_ours(root)) == len(root.handlers) and root.level > self.least:
            self._root_level = root.level
            root.setLevel(self.least)
        root.addHandler(self)
        root.handlers.remove(self)
        root.handlers.insert(0, self)

    def remove(self) -> None:
        """Leave the root logger as it was."""
        root = logging.getLogger()
        root.removeHandler(self)
        heirs = _ours(root)
        if self._root_level is not None:
            if heirs:
                heirs[0].remember(self._root_level)
            if root.level == self.least:
                root.setLevel(min(heir.least for heir in heirs) if heirs else self._root_level)
        self._root_level = None

    def remember(self, root_level: int) -> None:
        """The root's level was lowered from that; each handler of ours only ever lowers it."""
        self._root_level = max(root_level, self._root_level or 0)

    def createLock(self) -> None:  # noqa: N802 - logging's own name
        """Needs none: the buffer it writes to has its own."""
        self.lock = None

    def emit(self, record: logging.LogRecord) -> None:
        """Enter the record in the log of the job that logged it."""
        self._stand_in(record)
        context = CURRENT.get()
        if context is None or record.levelno < self.least or getattr(record, LOGGED_MARK, False):
            return
        voice = context._voice  # noqa: SLF001 - the room's own
        if not self._owns(voice):
            return
        if getattr(self._busy, "now", False):
            return  # formatting the record logged something itself
        self._busy.now = True
        try:
            # No lazy args of other libraries are formatted twice by us: the text is made here and not kept in the record.
            args = record.args if isinstance(record.args, tuple) else (record.args,) if record.args else ()
            voice.line(record.levelno, formatted(record.msg, args, record.exc_info))
        finally:
            self._busy.now = False

    def _stand_in(self, record: logging.LogRecord) -> None:
        # With nothing but handlers of ours on the root, logging would think that the application has set up its logging,
        # and would no longer show warnings by itself.
        last, root = logging.lastResort, logging.getLogger()
        if (
            last is not None
            and record.levelno >= last.level
            and root.handlers[:1] == [self]
            and len(_ours(root)) == len(root.handlers)
            and not _has_own(record)
        ):
            last.handle(record)


def of_site(site: Site) -> Owns:
    """Owns the attempts of one host."""
    return lambda voice: isinstance(voice, Attempt) and voice.site is site


def _ours(root: logging.Logger) -> list[JobLogHandler]:
    return [one for one in root.handlers if isinstance(one, JobLogHandler)]


def _has_own(record: logging.LogRecord) -> bool:
    """Whether a logger below the root showed the record already."""
    logger: logging.Logger | None = logging.getLogger(record.name)
    while logger is not None and logger.parent is not None:
        if logger.handlers:
            return True
        logger = logger.parent
    return False
