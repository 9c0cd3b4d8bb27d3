"""The herald: has the application's hooks told what became of jobs, once that is durable."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet
from typing import Final, Protocol

from headway.model.claim import Claim
from headway.model.clock import Clock
from headway.model.event import ENDED, EventKind, JobEvent, event_of, event_of_row
from headway.model.job import JobRow, State
from headway.model.outcome import Settlement
from headway.store.presence import Bystander
from headway.store.protocol import Operation

Listens = Callable[[], AbstractSet[EventKind]]
"""Answers which kinds of events the application has hooks for at this moment."""
Tell = Callable[[Sequence[JobEvent]], None]
Read = Callable[[JobRow | None, BaseException | None], None]


class ReadsJobs(Protocol):
    """What is needed of a store's reader."""

    def job(self, id_or_ref: int | str, *, app: str | None = None) -> Operation[JobRow | None]:
        """One job's row."""
        ...

    def submit(self, operation: Operation[JobRow | None], done: Read) -> None:
        """Have it read, and told."""
        ...


WITHOUT_ATTEMPT: Final = frozenset(ENDED.values())

log = logging.getLogger("headway.worker")


class Herald:
    """Makes events of settlements that were accepted, and of jobs that this process ended otherwise; only of those that
    somebody listens to.

    At most once: an answer of the store that was lost is not told. What another process ended without an attempt (a
    client that cancels a job that has not started) is that process's to tell, and it has nobody who would.
    """

    def __init__(self, listens: Listens, tell: Tell, clock: Clock, reader: ReadsJobs, app: str) -> None:
        self._listens = listens
        self._tell = tell
        self._clock = clock
        self._reader = reader
        self._app = app

    def proclaim(
        self, claims: Sequence[Claim], settlements: Sequence[Settlement], states: Sequence[State | None]
    ) -> None:
        """These settlements were written with these states (None: refused)."""
        kinds = self._listens()
        if not kinds:
            return
        now_us = self._clock.now_us()
        events: list[JobEvent] = []
        for claim, settlement, state in zip(claims, settlements, states, strict=True):
            event = None if state is None else event_of(claim, settlement, state, now_us, kinds)
            if event is not None:
                events.append(event)
        if events:
            self._tell(events)

    def hear(self, ended: Sequence[Bystander]) -> None:
        """These ended without a settlement; on the thread that committed, so their rows are read and told on the reader's."""
        if not self._listens() & WITHOUT_ATTEMPT:
            return
        for one in ended:
            self._reader.submit(self._reader.job(one.id), self._reading(one))

    def _reading(self, one: Bystander) -> Read:
        def read(row: JobRow | None, error: BaseException | None) -> None:
            if error is not None:
                log.warning("job %d ended, and hooks are not told: it could not be read: %s", one.id, error)
            elif row is not None and row.app == self._app:  # workers of one app also keep the jobs of others in order
                event = event_of_row(row, was_running=one.was_running, kinds=self._listens())
                if event is not None:
                    self._tell((event,))

        return read
