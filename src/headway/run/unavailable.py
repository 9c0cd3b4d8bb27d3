"""What is told when the first host of an application does not come up."""

from __future__ import annotations

from headway.model.errors import HeadwayError
from headway.run.frames import ImportFailed, StartFailed
from headway.run.process import Death

Failure = ImportFailed | StartFailed | Death


class HostUnavailable(HeadwayError):
    """The application's host process did not start: <why>."""

    def __init__(self, message: str, *, traceback: str = "") -> None:
        super().__init__(message)
        self.traceback = traceback
        """Of the failed import or hook."""


class HostUnstarted(HostUnavailable):
    """The application's host process did not start: an on_startup hook failed."""


def unavailable(application: str, failure: Failure | None, timeout_s: float) -> HostUnavailable:
    """The error that says how it failed; None: it took too long."""
    match failure:
        case ImportFailed(traceback):
            return HostUnavailable(f"{application} could not be imported:\n{traceback}", traceback=traceback)
        case StartFailed(traceback):
            return HostUnstarted(f"{application} could not be started:\n{traceback}", traceback=traceback)
        case Death():
            return HostUnavailable(f"{application}: {failure.reason} while it was imported", traceback=failure.fault)
        case None:
            return HostUnavailable(f"{application} was not imported within {timeout_s:g} s")
