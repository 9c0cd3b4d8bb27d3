"""The desk: a node of the store that claims and settles one job at a time, with the verbs and the judge of a worker."""

from __future__ import annotations

import os
from collections import deque
from typing import TYPE_CHECKING, Any, Final

from headway.model.ids import uuid7
from headway.model.job import State
from headway.model.version import VERSION
from headway.store.protocol import Ask, Exchange, NodeInfo
from headway.testing.declared import declare
from headway.testing.performer import DRAW
from headway.worker.herald import Herald, Read
from headway.worker.judge import Judge

if TYPE_CHECKING:
    from headway.client.jobs import Jobs
    from headway.model.claim import Claim
    from headway.model.event import JobEvent
    from headway.model.job import JobRow
    from headway.model.outcome import Ending
    from headway.model.schedule import Definition
    from headway.run.attempt import Key
    from headway.store.presence import Bystander
    from headway.store.protocol import Operation, Store
    from headway.testing.clock import FakeClock


class AtOnce:
    """Reads a job's row before it answers: here nothing goes on beside."""

    def __init__(self, store: Store) -> None:
        self._reader = store.reader

    def job(self, id_or_ref: int | str, *, app: str | None = None) -> Operation[JobRow | None]:
        """One job's row."""
        return self._reader.job(id_or_ref, app=app)

    def submit(self, operation: Operation[JobRow | None], done: Read) -> None:
        """Read it, and tell."""
        done(self._reader.call(operation), None)


LEASE_US: Final = 30_000_000


class Desk:
    """Enters the store at its first turn. Every write goes through the store's fence, as a worker's does."""

    def __init__(self, jobs: Jobs, store: Store, clock: FakeClock) -> None:
        self._registry = jobs.registry
        self._store = store
        self._judge = Judge((), draw=lambda: DRAW)
        self._clock = clock
        self._app = jobs.app
        self._node: int | None = None
        self._declared: tuple[int | None, tuple[Definition, ...]] = (None, ())
        self._bystanders: deque[Bystander] = deque()
        self._events: list[JobEvent] = []
        self._herald = Herald(self._registry.listens, self._events.extend, clock, AtOnce(store), self._app)
        store.attend(self._bystanders.extend)
        self.next_due_us: int | None = None
        """When the next scheduled job is due, as the latest look at the store found it."""
        self.next_instant_us: int | None = None
        """When the next schedule is due, as the latest look for due ones found it."""

    def claim(self) -> Claim | None:
        """The next job that is due, as a worker would get it; None if none is."""
        self._learn()
        answer = self._turn(asks=(Ask(limit=1, names=frozenset(self._judge.names.every)),))
        self.next_due_us = answer.next_due_us
        return answer.claims[0] if answer.claims else None

    def settle(self, claim: Claim, ending: Ending) -> State | None:
        """Decide and write; answers the state that was written, None when the attempt no longer held the job."""
        settlement = self._judge.settlement(claim, ending)
        states = self._turn(settlements=(settlement,)).states
        self._herald.proclaim((claim,), (settlement,), states)
        return states[0]

    def news(self) -> tuple[JobEvent, ...]:
        """What hooks are to be told, since the latest call: how attempts ended, then what ended with them or by itself."""
        ended = tuple(self._bystanders)
        self._bystanders.clear()
        self._herald.hear(ended)
        events = tuple(self._events)
        self._events.clear()
        return events

    def tend(self) -> int:
        """The store's upkeep; answers how many jobs changed."""
        return self._store.call(self._store.tend())

    def declare(self) -> None:
        """Register the schedules that code has; some may be declared inside a test."""
        made = self._registry.schedules
        if not made or self._declared == (self._node, made):
            return
        self._learn()
        assert self._node is not None  # it has learnt
        declare(self._store, self._app, made, self._node)
        self._declared = (self._node, made)

    def fire(self) -> bool:
        """Let schedules fire that are due; whether there were any."""
        self.declare()
        found = False
        while True:
            fired = self._store.call(self._store.fire(self._app))
            found = found or bool(fired.runs or fired.skipped or fired.passed or fired.set_back)
            if not fired.more:
                self.next_instant_us = fired.next_us
                return found

    def is_stopping(self, key: Key) -> bool:
        """Whether the cancellation of a running attempt was asked for."""
        return any((one.id, one.epoch) == key for one in self._turn().stops)

    def _learn(self) -> None:
        """Handlers may be registered at any time, also inside a test."""
        if self._node is not None and set(self._judge.names.every) == set(self._registry.names()):
            return
        self._judge.learn(handler.info() for handler in self._registry)
        if self._node is None:
            self._enter()
        else:
            self._store.call(self._store.learn(self._node, self._judge.names.every, self._judge.limits))

    def _enter(self) -> None:
        """As a worker does, but without its sign of life and its bell, which are for other processes."""
        info = NodeInfo(
            uid=uuid7(self._clock.now_us(), os.urandom(10)),
            app=self._app,
            host="test",
            pid=os.getpid(),
            names=self._judge.names.every,
            queues=None,
            concurrency=1,
            version=VERSION,
            limits=self._judge.limits,
        )
        self._node = self._store.call(self._store.register(info, lease_us=LEASE_US))

    def _turn(self, **said: Any) -> Exchange:
        answer = self._exchange(**said)
        if answer.alive or said.keys() != {"asks"}:
            return answer
        # Declared dead, by a sweep after the test made time jump: like a worker, it comes back as somebody else.
        self._enter()
        return self._exchange(**said)

    def _exchange(self, **said: Any) -> Exchange:
        assert self._node is not None  # whoever settles or looks has claimed
        return self._store.call(self._store.exchange(self._node, lease_us=LEASE_US, **said))
