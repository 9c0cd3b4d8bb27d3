"""How a worker's log is written, one line for people or one JSON object a record, the same in all of its processes."""

from __future__ import annotations

import logging
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any, Final

import msgspec

from headway.model.printable import safe_lines

FIELDS: Final = ("job_id", "job_name", "queue", "attempt", "epoch", "ref_id")
"""What records about a job carry besides their message."""
OWN_LOGGERS: Final = "headway."
JOB_LOGGERS: Final = "headway.job."
"""These loggers have the name of the job's handler as theirs."""


class TextFormatter(logging.Formatter):
    """`2026-11-22 14:03:05 WARNING shop.mail: job 7 send: text`, local time; no job where none logs."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(job)s%(message)s", "%Y-%m-%d %H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """A record as text that cannot steer a terminal."""
        record.job = _job(record)
        return safe_lines(super().format(record))


class JsonFormatter(logging.Formatter):
    """One JSON object a record; moments are UTC."""

    def format(self, record: logging.LogRecord) -> str:
        """A record as JSON."""
        at = datetime.fromtimestamp(record.created, UTC).replace(tzinfo=None)
        said: dict[str, Any] = {
            "at": at.isoformat(timespec="microseconds") + "Z",
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
        }
        said |= {name: value for name in FIELDS if (value := getattr(record, name, None)) is not None}
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return msgspec.json.encode(said, enc_hook=str).decode()


FORMATTERS: Final[Mapping[str, type[logging.Formatter]]] = MappingProxyType(
    {"text": TextFormatter, "json": JsonFormatter}
)


def in_use() -> str | None:
    """The format that was set up in this process, for the processes that it starts; None if none of these was."""
    for handler in logging.getLogger().handlers:
        for shape, kind in FORMATTERS.items():
            if isinstance(handler.formatter, kind):
                return shape
    return None


def speak(shape: str | None) -> None:
    """Write what no handler of the application takes like the worker's own log, to standard output; None: as Python does.

    So it is with warnings and worse in the processes of bodies, unless the application has set up its logging.
    """
    last = logging.lastResort
    if shape is None or last is None:
        return
    handler = logging.StreamHandler(sys.stdout)
    handler.setLevel(last.level)
    handler.setFormatter(FORMATTERS[shape]())
    logging.lastResort = handler


def _job(record: logging.LogRecord) -> str:
    """The job that logs, as far as the rest of the line does not say it; what is our own names its job itself."""
    number = getattr(record, "job_id", None)
    if number is None:
        return ""
    if record.name.startswith(JOB_LOGGERS):
        return f"job {number}: "
    return "" if record.name.startswith(OWN_LOGGERS) else f"job {number} {getattr(record, 'job_name', None) or ''}: "
