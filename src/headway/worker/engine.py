"""The engine: one thread that turns endings into settlements, claims what fits, and hands it to the runners.

Outcomes ride in the transaction that claims anyway, so a busy worker makes one commit per turn. A turn that has
nothing to say and nothing to ask for is not made.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from collections.abc import Sequence
from typing import Final

from headway.model.claim import Claim
from headway.model.clock import Clock
from headway.model.errors import HeadwayError
from headway.model.outcome import Ending, EndKind, Report, Settlement
from headway.run.ending import unstarted
from headway.run.runner import Batch, StopAttempt, StopReason
from headway.store.protocol import Ask, Beat, Exchange, Stop, Store
from headway.worker.capacity import UNSETTLED_MAX, Pace, asks
from headway.worker.crew import Crew
from headway.worker.doubt import Doubt
from headway.worker.herald import Herald
from headway.worker.hold import HoldNotice
from headway.worker.judge import Judge
from headway.worker.ledger import Ledger
from headway.worker.node import Node
from headway.worker.room import RoomNotice
from headway.worker.settings import WorkerSettings

log = logging.getLogger("headway.worker")

NOBODY: Final = frozenset[str]()
IDLE_WAIT_S: Final = 1.0
"""The longest sleep between two looks at the store, should every wake-up be lost."""
RETRY_PAUSE_S: Final = 0.2
"""After the store failed; doubled each time up to the maximum."""
RETRY_PAUSE_MAX_S: Final = 5.0
ENDING_FAILURES_MAX: Final = 5
"""A worker that ends waits no longer for a store that fails; what was not settled is claimed again elsewhere."""


class Engine:
    """Joins a store and the runners of a crew."""

    def __init__(
        self, store: Store, node: Node, crew: Crew, judge: Judge, clock: Clock, settings: WorkerSettings, herald: Herald
    ) -> None:
        """Nothing runs before `start`."""
        self._store = store
        self._node = node
        self._crew = crew
        self._judge = judge
        self._clock = clock
        self._settings = settings
        self._herald = herald
        self._ledger = Ledger()
        self._pace = Pace()
        self._batches: deque[Batch] = deque()
        self._settlements: list[Settlement] = []
        self._settled_claims: list[Claim] = []
        """Of each settlement, the claim."""
        self._reports: list[Report] = []
        self._stops: deque[Sequence[Stop]] = deque()
        self._wake = threading.Event()
        self._accepting = True
        self._ending = False
        self._lost = False
        self._look = True
        self._next_due_us: int | None = None
        self._failures = 0
        self._turning = False
        self._room = RoomNotice()
        self._doubt = Doubt(store, node)
        self._hold = HoldNotice(store.place)
        self.damage: str | None = None
        """Why this worker can go on no more; whoever runs it ends it then."""
        self.idle = threading.Event()
        """Set while nothing runs, nothing is unsettled and the latest look found nothing to claim."""
        self._thread = threading.Thread(target=self._run, name="headway-engine", daemon=True)

    # -- from other threads --------------------------------------------------------------------------------------

    def start(self) -> None:
        """Start the thread; the crew must have been started with `deliver`."""
        self._thread.start()

    def deliver(self, batch: Batch) -> None:
        """A runner has something to say."""
        self._batches.append(batch)
        self._wake.set()

    def ring(self) -> None:
        """There may be something new in the store."""
        self._look = True
        self.idle.clear()
        self._wake.set()

    def heard(self, beat: Beat) -> None:
        """The store answered a beat."""
        if not beat.alive:
            self.lose()
        elif beat.stops:
            self._stops.append(beat.stops)
            self._wake.set()

    def break_off(self, damage: str) -> None:
        """The store's files were tampered with: claim and settle nothing more; what runs is claimed again elsewhere."""
        if self.damage is None:
            log.critical("%s", damage)
            self.damage = damage
            self._accepting = False

    def lose(self) -> None:
        """The lease is over: stop every body, settle nothing, take a new identity."""
        self._lost = True
        self._wake.set()

    def stop_claiming(self) -> None:
        """Claim nothing more; give back what has not started."""
        self._accepting = False
        self._crew.release()
        self._wake.set()

    def end(self, timeout_s: float) -> None:
        """Settle what has ended and stop the thread."""
        self._ending = True
        self._wake.set()
        self._thread.join(timeout_s)

    @property
    def running(self) -> int:
        """Attempts under way."""
        return len(self._ledger)

    @property
    def quiet(self) -> bool:
        """Whether nothing runs and every end is durable and told; ends that the store cannot take now do not count."""
        # In this order: an end leaves the ledger inside a turn, and that turn is over only when it is told.
        ended = not len(self._ledger)
        return ended and (bool(self._failures) or not (self._batches or self._settlements or self._turning))

    # -- the loop ------------------------------------------------------------------------------------------------

    def _run(self) -> None:
        while self.step(woken=self._wake.wait(self.pause_s())):
            pass

    def step(self, *, woken: bool) -> bool:
        """One turn, whatever becomes of it; False when it was the last. Whoever owns the time may call it without a thread."""
        if not woken:
            self._look = True  # no wake-up came: look all the same, should one have been lost
        self._wake.clear()
        if self.damage is not None:
            return False
        self._turning = True
        try:
            self.turn()
            self._failures = 0
        except HeadwayError as error:
            self._failures += 1
            log.warning("the store failed (%d in a row), trying again: %s", self._failures, error)
            self._look = True
            if self._ending and self._failures > ENDING_FAILURES_MAX:
                return False
        except Exception:
            self._failures += 1
            log.exception("the engine failed; it goes on")
        finally:
            self._turning = False
        return not self._ending or bool(self._batches or self._settlements)

    def pause_s(self) -> float:
        """How long to wait for a wake-up before the next turn."""
        if self._failures:
            return min(RETRY_PAUSE_S * (1 << min(self._failures - 1, 10)), RETRY_PAUSE_MAX_S)
        if self._next_due_us is None:
            return IDLE_WAIT_S
        return max(0.0, min(IDLE_WAIT_S, (self._next_due_us - self._clock.now_us()) / 1e6))

    def turn(self) -> None:
        """One turn: hear the runners, exchange with the store, hand out what was granted."""
        if self._lost or self._node.is_past_deadline():
            self._give_up_all()
        self._hear()
        for claim in self._doubt.settle(self._ledger, self._settlements):
            self._settle(claim, unstarted(claim))
        look, self._look = self._look, False
        wanted = self._asks() if self._accepting else ()
        due = self._next_due_us is not None and self._next_due_us <= self._clock.now_us()
        if self._settlements or self._reports or (wanted and (look or due)):
            self._exchange(wanted)
        self._pass_on_stops()

    def _hear(self) -> None:
        ended = 0
        while self._batches:
            batch = self._batches.popleft()
            for ending in batch.endings:
                ended += self._ended(ending)
            self._reports += batch.reports
            for warning in batch.warnings:
                log.warning("%s", warning)
        if ended:
            self._pace.ended(ended, self._clock.monotonic())

    def _ended(self, ending: Ending) -> int:
        flight = self._ledger.take(ending.id, ending.epoch)
        if flight is None:
            return 0
        if flight.lost and ending.kind is not EndKind.RETURNED:
            return 1  # it was stopped because it is somebody else's now; a late success is still offered, and refused
        self._settle(flight.claim, ending)
        return 1

    def _settle(self, claim: Claim, ending: Ending) -> None:
        self._settlements.append(self._judge.settlement(claim, ending))
        self._settled_claims.append(claim)

    def _asks(self) -> tuple[Ask, ...]:
        if len(self._settlements) > UNSETTLED_MAX or not self._has_room():
            return ()
        names, (hosts, children) = self._judge.names, self._crew.able()
        return asks(
            queues=self._settings.queues,
            concurrency=self._settings.concurrency,
            children=self._settings.children,
            host_names=names.host if hosts else NOBODY,
            child_names=names.child if children else NOBODY,
            by_queue=self._ledger.by_queue,
            in_hosts=self._ledger.in_hosts,
            in_children=self._ledger.in_children,
            lookahead=self._pace.lookahead(self._clock.monotonic()),
        )

    def _has_room(self) -> bool:
        room = self._store.has_room()
        if self._room.hear(room=room):
            self._look = True
        return room

    def _exchange(self, wanted: tuple[Ask, ...]) -> None:
        settlements, self._settlements = self._settlements, []
        claims, self._settled_claims = self._settled_claims, []
        reports, self._reports = self._reports, []
        operation = self._store.exchange(
            self._node.id, settlements=settlements, reports=reports, asks=wanted, lease_us=self._node.lease_us
        )
        begun = self._clock.monotonic()
        try:
            answer: Exchange = self._store.call(operation)
        except BaseException:
            # Not written: kept for the next turn (the fence makes a repeat harmless).
            self._settlements = settlements + self._settlements
            self._settled_claims = claims + self._settled_claims
            self._reports = reports + self._reports
            self._doubt.arise()
            raise
        self._pace.took(self._clock.monotonic() - begun)
        self._next_due_us = answer.next_due_us
        self._hold.hear(answer, asked=bool(wanted))
        if not answer.alive:
            self._lost = True
            self._wake.set()
        self._herald.proclaim(claims, settlements, answer.states)
        for settlement, accepted in zip(settlements, answer.accepted, strict=True):
            if not accepted:
                log.warning("late result of job %d, epoch %d: ignored", settlement.id, settlement.epoch)
        if answer.claims:
            self.idle.clear()
            for runner, flights in self._crew.assign(answer.claims):
                for flight in flights:
                    self._ledger.add(flight)
                runner.give([flight.claim for flight in flights])
        elif wanted and not (self._look or len(self._ledger) or self._batches or self._settlements):
            self.idle.set()
        if answer.stops:
            self._stops.append(answer.stops)

    def _pass_on_stops(self) -> None:
        while self._stops:
            for stop in self._stops.popleft():
                flight = self._ledger.find(stop.id, stop.epoch)
                if flight is not None and not flight.stopping:
                    flight.stopping = True
                    flight.runner.stop([StopAttempt(stop.id, stop.epoch, StopReason.CANCEL)])

    def _give_up_all(self) -> None:
        """The self-fence: by our own reckoning (or the store's word) nothing here is ours any more."""
        log.error("this node's lease is over: stopping %d running jobs and starting anew", len(self._ledger))
        for flight in self._ledger:
            if not flight.lost:
                flight.lost = True
                flight.runner.stop([StopAttempt(flight.claim.id, flight.claim.epoch, StopReason.LEASE_LOST)])
        self._reports.clear()
        self._node.enter_again(self._judge.names.every)
        self._lost = False
        self._look = True
