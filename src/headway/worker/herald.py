"""The herald: has the application's hooks told what became of jobs, once that is durable."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from collections.abc import Set as AbstractSet

from headway.model.claim import Claim
from headway.model.clock import Clock
from headway.model.event import EventKind, JobEvent, event_of
from headway.model.job import State
from headway.model.outcome import Settlement

Listens = Callable[[], AbstractSet[EventKind]]
"""Answers which kinds of events the application has hooks for at this moment."""


class Herald:
    """Makes events of settlements that were accepted, and only of those that somebody listens to.

    At most once per attempt: an answer of the store that was lost is not told. What the reaper does to jobs of dead
    nodes is no attempt of this node's, and a job that was cancelled before it started had none.
    """

    def __init__(self, listens: Listens, tell: Callable[[Sequence[JobEvent]], None], clock: Clock) -> None:
        self._listens = listens
        self._tell = tell
        self._clock = clock

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
            event = None if state is None else event_of(claim, settlement, state, now_us)
            if event is not None and event.kind in kinds:
                events.append(event)
        if events:
            self._tell(events)
