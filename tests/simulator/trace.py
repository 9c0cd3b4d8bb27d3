"""What happened in a world, in words, in order; two worlds of one seed have the same."""

from __future__ import annotations

import logging
from hashlib import blake2b
from typing import Final

from headway.model.errors import HeadwayError

SHOWN_MAX: Final = 400
"""Lines of a trace that a failure shows, the latest."""


class Trace(logging.Handler):
    """Takes what the world does, and what the product logs meanwhile."""

    def __init__(self, folder: str) -> None:
        """`folder` has another name in every run, and is left out."""
        super().__init__(logging.WARNING)
        self._folder = folder
        self.now_us = 0
        """Kept by whoever moves the time."""
        self.speaker = "world"
        """Who is at work: the product's loggers do not know which of several nodes they belong to."""
        self.lines: list[str] = []
        self.strange: BaseException | None = None
        """An exception that the product logged and that is none of its own."""

    def say(self, words: str, who: str | None = None) -> None:
        """Write down."""
        self.lines.append(f"{self.now_us / 1e6:10.6f}  {who or self.speaker:<8} {words}".replace(self._folder, ""))

    def emit(self, record: logging.LogRecord) -> None:
        """The product says something."""
        self.say(f"log: {record.getMessage()}")
        error = record.exc_info[1] if record.exc_info else None
        if error is not None and not isinstance(error, HeadwayError):
            self.strange = error

    @property
    def digest(self) -> str:
        """Short for all of it."""
        return blake2b("\n".join(self.lines).encode(), digest_size=12).hexdigest()

    def __str__(self) -> str:
        left_out = max(0, len(self.lines) - SHOWN_MAX)
        head = [f"... {left_out} earlier lines"] if left_out else []
        return "\n".join(head + self.lines[left_out:])
