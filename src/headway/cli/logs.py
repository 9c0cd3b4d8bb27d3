"""The log of a worker's own process: one line for people, or one JSON object, for each record; to standard output."""

from __future__ import annotations

import logging
import sys
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from headway.view.words import safe_lines

FORMATS: Final = ("text", "json")
FIELDS: Final = ("job_id", "job_name", "queue", "attempt", "epoch", "ref_id")
"""What records about a job carry besides their message."""


class TextFormatter(logging.Formatter):
    """`2026-11-22 14:03:05 INFO headway.worker: text`, local time."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(name)s: %(message)s", "%Y-%m-%d %H:%M:%S")

    def format(self, record: logging.LogRecord) -> str:
        """A record as text that cannot steer a terminal."""
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
        said |= {name: getattr(record, name) for name in FIELDS if hasattr(record, name)}
        if record.exc_info:
            said["traceback"] = self.formatException(record.exc_info)
        return msgspec.json.encode(said, enc_hook=str).decode()


def set_up(shape: str, level: str) -> None:
    """Send every record of this process to standard output."""
    handler = logging.StreamHandler(sys.stdout)
    handler.setFormatter(JsonFormatter() if shape == "json" else TextFormatter())
    logging.basicConfig(handlers=[handler], level=level.upper(), force=True)
