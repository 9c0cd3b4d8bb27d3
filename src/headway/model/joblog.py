"""A job's own logger: each line enters the job's log and normal logging."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any, Final

LOGGED_MARK: Final = "headway_logged"
"""Set on records that are in the job's log already, so that capturing `logging` does not enter them twice."""
OWN_FRAMES: Final = 2
"""`JobLog.log` itself is not the caller that a record should name."""

# The class is generic for type checkers only.
_Adapter = logging.LoggerAdapter


class JobLog(_Adapter):  # type: ignore[type-arg] # see _Adapter
    """A LoggerAdapter of `headway.job.<name>`; whether the application shows its lines is the application's choice."""

    def __init__(self, name: str, fields: dict[str, Any], line: Callable[[int, str], None], level: int) -> None:
        super().__init__(logging.getLogger(f"headway.job.{name}"), fields)
        self._line = line
        self._level = level

    def __call__(self, msg: object, *args: object) -> None:
        """Log at level INFO."""
        self.log(logging.INFO, msg, *args, stacklevel=2)

    def isEnabledFor(self, level: int) -> bool:  # noqa: N802 - logging's own name
        """Whether a line of this level goes anywhere."""
        return level >= self._level or self.logger.isEnabledFor(level)

    def log(self, level: int, msg: object, *args: object, **kwargs: Any) -> None:
        """Enter the line in the job's log and hand it to normal logging; never raises for its formatting."""
        if level >= self._level:
            self._line(level, formatted(msg, args, kwargs.get("exc_info")))
        if self.logger.isEnabledFor(level):
            extra = {**(self.extra or {}), **(kwargs.pop("extra", None) or {}), LOGGED_MARK: True}
            stacklevel = kwargs.pop("stacklevel", 1) - 1 + OWN_FRAMES
            self.logger.log(level, msg, *args, extra=extra, stacklevel=stacklevel, **kwargs)


def formatted(msg: object, args: tuple[object, ...], exc_info: object = None) -> str:
    """The text of a log call, with its traceback; arguments that do not fit the message are shown instead of raising."""
    record = logging.LogRecord("", 0, "", 0, msg, args, None)
    try:
        text = record.getMessage()
    except Exception as error:  # noqa: BLE001 - a user's __str__ may raise anything
        text = f"(a log line that could not be formatted: {type(error).__name__})"
    if not exc_info:
        return text
    import sys

    if isinstance(exc_info, BaseException):
        info: Any = (type(exc_info), exc_info, exc_info.__traceback__)
    elif isinstance(exc_info, tuple):
        info = exc_info
    else:
        info = sys.exc_info()
    return f"{text}\n{logging.Formatter().formatException(info)}" if info[0] is not None else text
