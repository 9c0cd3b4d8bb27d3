"""What a Context needs of the runner behind it: somewhere for its words to go, and a token that tells of a stop request."""

from __future__ import annotations

from typing import Any, Protocol

from headway.model.claim import NewJob
from headway.model.errors import HeadwayError
from headway.model.stats import Stats


class NotInJob(HeadwayError, LookupError):
    """No job is running here: Context.current() answers only in a handler and in what it calls."""


class Token(Protocol):
    """The stop request of one attempt; may be handed to helpers that know nothing else of the job."""

    @property
    def cancelled(self) -> bool:
        """Whether the attempt was asked to stop."""
        ...

    @property
    def reason(self) -> str | None:
        """Why: cancel, timeout, shutdown or lease_lost; None as long as nobody asked."""
        ...


class Voice(Protocol):
    """Where a context's words go and stop requests come from; given by the runner, safe from any thread."""

    @property
    def token(self) -> Token:
        """The attempt's stop request."""
        ...

    @property
    def log_level(self) -> int:
        """The least level that enters the job's log."""
        ...

    def progress(self, fraction: float, message: str | None, *, bare: bool) -> None:
        """Take a progress report; `bare`: it was given as a bare percentage."""
        ...

    def status(self, text: str) -> None:
        """Take a status text."""
        ...

    def line(self, level: int, text: str) -> None:
        """Take a line for the job's log."""
        ...

    def watch_stats(self, stats: Stats) -> None:
        """Report these counters from now on."""
        ...

    def watch_state(self, state: dict[str, Any]) -> None:
        """Save this checkpoint from now on, whenever it differs from what was saved."""
        ...

    def done(self, result: str) -> None:
        """Take the result, as JSON, that was committed in the job's own transaction: it is the attempt's, if that succeeds."""
        ...

    def enqueue(self, job: NewJob) -> None:
        """Keep a child job until the attempt succeeds."""
        ...
