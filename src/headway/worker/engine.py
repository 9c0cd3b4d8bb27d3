"""The engine: one thread that turns endings into settlements, claims what fits, and hands it to the runners.

Outcomes ride in the transaction that claims anyway, so a busy worker makes one commit per turn. A turn that has
nothing to say and nothing to ask for is not made.
"""

from __future__ import annotations

import logging
import threading
from collections import deque
from typing import Final

from headway.model.clock import Clock
from headway.model.errors import HeadwayError
from headway.model.outcome import Ending, EndKind
from headway.run.duty import tell_broken
from headway.run.runner import Batch
from headway.run.unstarted import unheard
from headway.store.protocol import Ask, Beat, Exchange, Operation, Store
from headway.worker.capacity import UNSETTLED_MAX, Paces, asks
from headway.worker.crew import Crew
from headway.worker.doubt import Doubt
from headway.worker.fence import Fence
from headway.worker.fitness import Fitness
from headway.worker.handout import Handout
from headway.worker.herald import Herald
from headway.worker.judge import Judge
from headway.worker.ledger import Ledger
from headway.worker.looking import Looking
from headway.worker.lookout import Lookout
from headway.worker.node import Node
from headway.worker.orders import Orders
from headway.worker.room import Room
from headway.worker.settings import WorkerSettings
from headway.worker.standing import Standing
from headway.worker.stops import Stops
from headway.worker.unsettled import Unsettled

log = logging.getLogger("headway.worker")

ENDING_FAILURES_MAX: Final = 5
"""A worker that ends waits no longer for a store that fails; what was not settled is claimed again elsewhere."""


class Engine:
    """Joins a store and the runners of a crew."""

    def __init__(
        self,
        store: Store,
        node: Node,
        crew: Crew,
        judge: Judge,
        clock: Clock,
        settings: WorkerSettings,
        herald: Herald,
        lookout: Lookout,
    ) -> None:
        """Nothing runs before `start`."""
        self._store = store
        self._node = node
        self._crew = crew
        self._judge = judge
        self._clock = clock
        self._settings = settings
        self._herald = herald
        self.fitness = Fitness()
        """Once it is bad, nothing more is claimed or settled; whoever runs the worker ends it then."""
        self._ledger = Ledger()
        self._paces = Paces()
        self._handout = Handout(crew, self._ledger, self._paces, clock, self.fitness.break_down)
        self._batches: deque[Batch] = deque()
        self._unsettled = Unsettled()
        self._doubt = Doubt(store, node)
        self._standing = Standing(store, self._granted, self._doubt.arise)
        self._room = Room(store)
        self._stops = Stops()
        self._wake = threading.Event()
        self._accepting, self._ending = True, False
        self._fence = Fence(node, self._ledger)
        self._looking = Looking(lookout, clock)
        self._failures, self._turning = 0, False
        self._orders = Orders(store.place, crew.release)
        self.idle = threading.Event()
        """Set while nothing runs, nothing is unsettled and the latest look found nothing to claim."""
        self._thread = threading.Thread(target=self._run, name="headway-engine", daemon=True)

    def start(self) -> None:
        """Start the thread; the crew must have been started with `deliver`."""
        self._thread.start()

    def deliver(self, batch: Batch) -> None:
        """A runner has something to say."""
        self._batches.append(batch)
        self._wake.set()

    def ring(self) -> None:
        """There may be something new in the store."""
        self._looking.is_wanted = True
        self.idle.clear()
        self._wake.set()

    def heard(self, beat: Beat) -> None:
        """The store answered a beat."""
        if not beat.alive:
            self.lose()
        elif any((self._doubt.hear(beat, self._ledger), self._orders.hear_of_drain(beat), beat.stops)):
            self._stops.hear(beat.stops)
            self.ring()

    def lose(self) -> None:
        """The lease is over: stop every body at once, settle nothing, take a new identity. From any thread."""
        self._fence.close()
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
        return ended and (bool(self._failures) or not (self._batches or self._unsettled or self._turning))

    def _run(self) -> None:
        while self.step(woken=self._wake.wait(self.pause_s())):
            pass

    def step(self, *, woken: bool) -> bool:
        """One turn, whatever becomes of it; False when it was the last. Whoever owns the time may call it without a thread."""
        self._looking.begin(woken=woken)
        self._wake.clear()
        goes_on = self.fitness.is_good and self._turn_safely()
        if not goes_on:
            self._standing.end()  # what it was granted now goes back when the node leaves
        return goes_on

    def pause_s(self) -> float:
        """How long to wait for a wake-up before the next turn."""
        return self._looking.pause_s(self._failures)

    def _turn_safely(self) -> bool:
        """A turn that may fail; False when there need be no other."""
        self._turning = True
        try:
            self.turn()
            self._failures = 0
        except (HeadwayError, OSError) as error:
            self._failures += 1
            self.fitness.meet(error, in_a_row=self._failures)
            self._looking.is_wanted = True
            if self._ending and self._failures > ENDING_FAILURES_MAX:
                return False
        except Exception as error:  # noqa: BLE001 - what it was about to write may be lost: nothing here can be trusted any more
            tell_broken("the worker's engine", error, self.fitness.break_down)
        finally:
            self._turning = False
        return not self._ending or bool(self._batches or self._unsettled.settlements)

    def turn(self) -> None:
        """One turn: hear the runners, exchange with the store, hand out what was granted."""
        granted = self._standing.end()
        if self._fence.is_closed:
            self._give_up_all()  # and with them what was just granted
        elif granted is not None:
            self._heed(granted, asked=True)
        self._hear()
        for claim in self._doubt.settle(self._ledger, self._unsettled.settlements):
            self._unsettled.add(self._judge.settlement(claim, unheard(claim)), claim)
        look, due = self._looking.take(), self._looking.is_due
        wanted = self._asks() if self._accepting and self.fitness.is_good else ()
        if self._unsettled or (wanted and (look or due)):
            self._exchange(wanted)
        elif wanted:
            self._stand_by(wanted)
        elif due:
            self._looking.next_due_us = None  # there is no room for it, and the end of a body wakes us anyway
        self._stops.pass_on(self._ledger)
        self._orders.pass_on(self._ledger)

    def _hear(self) -> None:
        before = self._ledger.in_hosts, self._ledger.in_children
        while self._batches:
            batch = self._batches.popleft()
            for ending in batch.endings:
                self._ended(ending)
            self._unsettled.reports += batch.reports
            if batch.broken is not None:
                self.fitness.break_down(batch.broken)
            for warning in batch.warnings:
                log.warning("%s", warning)
        if (after := (self._ledger.in_hosts, self._ledger.in_children)) != before:
            self._paces.ended(before, after, self._clock.monotonic())

    def _ended(self, ending: Ending) -> None:
        flight = self._ledger.take(ending.id, ending.epoch)
        if flight is None or (flight.lost and ending.kind is not EndKind.RETURNED):
            return  # it was stopped because it is somebody else's now; a late success is still offered, and refused
        self._unsettled.add(self._judge.settlement(flight.claim, ending), flight.claim)

    def _asks(self) -> tuple[Ask, ...]:
        if len(self._unsettled.settlements) > UNSETTLED_MAX or not self._room.look():
            return ()
        names, (hosts, children) = self._judge.names, self._crew.able()
        now = self._clock.monotonic()
        return asks(
            queues=self._settings.queues,
            concurrency=self._settings.concurrency,
            children=self._settings.children,
            host_names=names.host if hosts else frozenset(),
            child_names=names.child if children else frozenset(),
            by_queue=self._ledger.by_queue,
            in_hosts=self._ledger.in_hosts,
            in_children=self._ledger.in_children,
            lookahead=self._paces.hosts.lookahead(now),
            child_lookahead=self._paces.children.lookahead(now),
        )

    def _exchange(self, wanted: tuple[Ask, ...]) -> None:
        taken = self._unsettled.take()
        begun = self._clock.monotonic()
        try:
            answer = self._store.call(self._operation(wanted, taken))
        except BaseException:
            self._unsettled.put_back(taken)
            self._doubt.arise()
            raise
        self._paces.took(self._clock.monotonic() - begun)
        self._herald.proclaim(taken.claims, taken.settlements, answer.states)
        taken.tell_refused(answer.accepted)
        self._heed(answer, asked=bool(wanted))
        if not answer.claims and wanted and not self._looking.is_wanted:
            if not (len(self._ledger) or self._batches or self._unsettled.settlements):
                self.idle.set()
            self._stand_by(wanted)

    def _operation(self, wanted: tuple[Ask, ...], taken: Unsettled | None = None) -> Operation[Exchange]:
        settlements, reports = (taken.settlements, taken.reports) if taken is not None else ((), ())
        return self._store.exchange(
            self._node.id, settlements=settlements, reports=reports, asks=wanted, lease_us=self._node.lease_us
        )

    def _heed(self, answer: Exchange, *, asked: bool) -> None:
        """Do what the store said."""
        self._looking.next_due_us = answer.next_due_us
        self._orders.hear(answer, asked=asked)
        if not answer.alive:
            self.lose()
        if answer.claims:
            self.idle.clear()
            if not self._fence.is_closed:  # an answer that came too late: others may have them
                self._handout.give(answer.claims)
        if answer.stops:
            self._stops.hear(answer.stops)

    def _stand_by(self, wanted: tuple[Ask, ...]) -> None:
        if not self._orders.draining:  # it would take the turn of a node that is granted something
            self._standing.offer(self._operation(wanted), self._node.uid, sum(ask.limit for ask in wanted))

    def _granted(self, answer: Exchange) -> bool:
        """A standing claim was served; called on the thread that committed, before whoever enqueued is told.

        A host in this process gets its jobs at once: by way of the engine's thread they would wait for one more change
        of threads. Answers whether it got them; the engine then sleeps on until a body has something to say.
        """
        fit = answer.alive and self._accepting and not (self._ending or self._fence.is_closed)
        given = bool(answer.claims) and fit and self._handout.is_near(answer.claims)
        if answer.claims:
            self.idle.clear()
        if given:
            self._handout.give(answer.claims)
        if not given or answer.stops or answer.next_due_us != self._looking.next_due_us:
            self._wake.set()
        return given

    def _give_up_all(self) -> None:
        """The self-fence: by our own reckoning (or the store's word) nothing here is ours any more."""
        self.idle.clear()  # nothing rings before the new entry is made, however long the store fails
        self._fence.close()
        self._unsettled.reports.clear()
        self._node.enter_again(self._judge.names.every, self._judge.limits)
        self._orders.carry_over(self._store, self._node.uid)
        self._fence.open()
        self._looking.is_wanted = True
