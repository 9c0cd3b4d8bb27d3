"""One node of the world: a process with a store of its own and all of a worker but its threads."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING, Final

from headway.model.event import EventKind
from headway.model.handler import HandlerInfo, OnInterrupt, RunIn
from headway.model.retry import Fixed
from headway.store.protocol import Exchange
from headway.store.thread import Ticket
from headway.worker.core import Core
from headway.worker.crew import Crew
from headway.worker.judge import Judge
from headway.worker.settings import WorkerSettings
from tests.simulator.bodies import Bodies
from tests.simulator.flow import ALIAS, NO_FLOW, Flow
from tests.simulator.script import Terms
from tests.simulator.store import SimulatedStore

if TYPE_CHECKING:
    from tests.simulator.world import World

SECOND_US: Final = 1_000_000
NEVER: Final = 1 << 62


def info(name: str, run_in: RunIn = RunIn.LOOP, *, alias: str | None = None, flow: Flow = NO_FLOW) -> HandlerInfo:
    """A handler's facts."""
    return HandlerInfo(
        name=name,
        aliases=() if alias is None else (alias,),
        run_in=run_in,
        queue="default",
        timeout_us=None,
        grace_us=1_000_000,
        backoff=Fixed(timedelta(seconds=1)).to_json(),
        on_interrupt=OnInterrupt.RETRY,
        retry_on_timeout=True,
        timeout_cancels=False,
        max_concurrency=flow.limit if name == "work" else None,
        rate=flow.rate if name == "heavy" else None,
    )


def known(flow: Flow) -> tuple[HandlerInfo, ...]:
    """What every node knows from its start."""
    return (
        info("work", alias=None if flow.limit is None else ALIAS, flow=flow),
        info("quick"),
        info("heavy", RunIn.PROCESS, flow=flow),
    )


LATE: Final = (info("late"),)


class Killed(BaseException):
    """The process is no more; passes through everything, as nothing of it runs on."""


class Blow(StrEnum):
    """What befalls a process around its next transaction."""

    DIE_BEFORE = "dies before it commits"
    DIE_AFTER = "dies after it committed"
    STAND_BEFORE = "stands still before it commits"
    STAND_AFTER = "stands still after it committed"
    FAIL = "cannot commit"
    LOSE = "loses the answer to what it commits"


DULL: Final = frozenset({"tend", "reap", "archive", "purge", "prune", "keep", "clear_purged"})
"""Verbs that a blow does not wait for: they come too often."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fell:
    """A blow that is on its way."""

    kind: Blow
    lasts_us: int = 0
    aim: str | None = None
    """It waits for a transaction with this verb."""

    def meets(self, ticket: Ticket) -> bool:
        verb = ticket.operation.verb
        return verb not in DULL if self.aim is None else verb == self.aim


class Process:
    """What nodes and users have in common: they reach the store, or do not. Implements `Fate`."""

    def __init__(self, world: World, name: str) -> None:
        self.world = world
        self.name = name
        self.alive = False
        self.life = 0
        """Which process of this name it is."""
        self.stands_until_us = 0
        self.cut_until_us = 0
        self.blow: Fell | None = None
        self.store: SimulatedStore
        self.changes_seen = -1
        """Of its connection, as the record last looked."""
        self.serve_at_us = NEVER

    @property
    def has_room(self) -> bool:
        return self.world.now_us >= self.world.full_until_us

    def before(self, tickets: Sequence[Ticket]) -> str | None:
        self._strike(tickets, Blow.DIE_BEFORE, Blow.STAND_BEFORE)
        if self.world.now_us < max(self.world.down_until_us, self.cut_until_us):
            return "the store cannot be reached"
        if self.world.happens(self.world.script.terms.refusal_rate):
            return "the store failed for once"
        return None

    def committing(self, tickets: Sequence[Ticket]) -> str | None:
        if self._strike(tickets, Blow.FAIL) is not None or self.world.happens(self.world.script.terms.failure_rate):
            self.world.trace.say(f"the commit of {[one.operation.verb for one in tickets]} fails")
            return "disk I/O error"
        return None

    def committed(self, tickets: Sequence[Ticket], granted: Exchange | None) -> str | None:
        self.world.record.committed(self, tickets, granted)
        if self._strike(tickets, Blow.LOSE) is not None or self.world.happens(self.world.script.terms.loss_rate):
            self.world.trace.say(f"the answer to {[one.operation.verb for one in tickets]} is lost")
            return "the answer was lost"
        return None

    def after(self, tickets: Sequence[Ticket]) -> None:
        self._strike(tickets, Blow.DIE_AFTER, Blow.STAND_AFTER)

    def later(self, act: Callable[[], None]) -> None:
        self.world.after(0, self, act, inside=True)

    def handed_over(self) -> None:
        self.serve_at_us = min(self.serve_at_us, self.world.now_us + self.world.random.randrange(2_000))

    def ring(self) -> None:
        self.world.ring(self)

    def _strike(self, tickets: Sequence[Ticket], *kinds: Blow) -> Blow | None:
        if self.blow is None or self.blow.kind not in kinds or not any(self.blow.meets(one) for one in tickets):
            return None
        kind, lasts_us, self.blow = self.blow.kind, self.blow.lasts_us, None
        self.world.trace.say(f"{kind}: {[one.operation.verb for one in tickets]}")
        match kind:
            case Blow.DIE_BEFORE | Blow.DIE_AFTER:
                raise Killed
            case Blow.STAND_BEFORE | Blow.STAND_AFTER:
                life = self.life
                self.world.let_pass(self, lasts_us)
                if not self.alive or self.life != life:
                    raise Killed
            case Blow.FAIL | Blow.LOSE:
                pass
        return kind


class Member(Process):
    """A node; it lives several lives, each a process."""

    def __init__(self, world: World, name: str, terms: Terms) -> None:
        super().__init__(world, name)
        self.knows_late = False
        self.restart_at_us = 0
        self.settings = WorkerSettings(
            concurrency=terms.concurrency,
            children=terms.children,
            hosts=terms.hosts,
            lease=timedelta(seconds=terms.lease_s),
            beat=timedelta(seconds=terms.lease_s) / 6,
            margin=timedelta(seconds=terms.lease_s) / 5,
            sweep=timedelta(seconds=terms.lease_s) / 10,
            watch=timedelta(seconds=1),
            archive_after=None if terms.archive_after_s is None else timedelta(seconds=terms.archive_after_s),
            keep_completed=None if terms.keep_s is None else timedelta(seconds=terms.keep_s),
            keep_failed=None,
            keep_logs=None if terms.keep_logs_s is None else timedelta(seconds=terms.keep_logs_s),
            keep_bodies=None if terms.keep_bodies_s is None else timedelta(seconds=terms.keep_bodies_s),
        )
        self.core: Core
        self.runners: tuple[Bodies, ...] = ()
        self.engine_at_us = self.keeper_at_us = self.janitor_at_us = self.scheduler_at_us = NEVER
        self.close_at_us = NEVER
        """While it is stopping: when what still runs is cut off."""
        self.closed = False
        self._stopped: set[int] = set()
        """Lives that were asked to stop."""

    # -- life and death ------------------------------------------------------------------------------------------

    def start(self) -> None:
        """A new process; the store may be out of reach, then it ends and is started again."""
        self.life += 1
        self.changes_seen = -1
        self.alive, self.closed = True, False
        self.close_at_us, self.blow = NEVER, None
        draw = Random(f"{self.world.script.seed} {self.name} {self.life}")
        self.store = SimulatedStore(self.world.place, self.world.clock, self)
        self.core = Core(
            self.store,
            self.world.clock,
            self.settings,
            app="default",
            version="simulated",
            infos=known(self.world.script.terms.flow) + (LATE if self.knows_late else ()),
            schedules=self.world.agenda.known(late=self.knows_late),
            crew=self._crew,
            listens=lambda: frozenset(EventKind),
            draw=draw.random,
            entropy=draw.randbytes,
        )
        self.core.fitness.on_defect = _nothing  # the world itself has seen it
        self.world.trace.say("starts")
        self.core.enter()
        now = self.world.now_us
        self.engine_at_us, self.keeper_at_us, self.janitor_at_us = now, now, now
        if self.world.agenda.names:  # elsewhere it would find nothing, and is left out
            self.scheduler_at_us = now
        self.core.engine.ring()

    def die(self, *, restart_in_us: int) -> None:
        """Everything in memory is gone, and its bodies with it."""
        if self.alive:
            self.alive = False
            for runner in self.runners:
                runner.vanish()
            self.store.die()
        self.engine_at_us = self.keeper_at_us = self.janitor_at_us = self.scheduler_at_us = self.serve_at_us = NEVER
        self.stands_until_us = 0
        self.restart_at_us = self.world.now_us + restart_in_us

    def stand(self, lasts_us: int) -> None:
        """Nothing of it moves for a while."""
        self.stands_until_us = max(self.stands_until_us, self.world.now_us + lasts_us)

    def stop(self) -> None:
        """As `Core.stop`, step by step."""
        self._stopped.add(self.life)
        self.core._stops = True
        self.core.engine.stop_claiming()
        self.close_at_us = self.world.now_us + STOP_WAIT_US

    def learn(self) -> None:
        """More of its code was imported."""
        self.core.learn(LATE)
        if late := self.world.agenda.late():
            self.core.plan(late)

    def seal(self) -> None:
        """Go on sealing months that are over, until none is left."""
        if self.store.seal(before_us=self.world.clock.now_us()):
            self.world.after(0, self, self.seal, inside=True)

    def has_stopped(self, life: int) -> bool:
        """Whether that process was asked to stop."""
        return life in self._stopped

    @property
    def stopping(self) -> bool:
        return self.close_at_us != NEVER

    @property
    def is_embedded(self) -> bool:
        """Whether its process is an application that enqueues, too."""
        return not self.settings.hosts and self.world.script.terms.embedded_rate > 0

    @property
    def takes_requests(self) -> bool:
        """Whether that application can enqueue now."""
        return self.alive and self.is_embedded and not self.stopping and self.stands_until_us <= self.world.now_us

    # -- its threads ---------------------------------------------------------------------------------------------

    def next_us(self) -> int:
        """When the first of its threads moves."""
        if not self.alive:
            return self.restart_at_us
        engine = self.core.engine
        if engine._wake.is_set():
            soon = self.world.now_us + self.world.jitter
            self.engine_at_us = min(self.engine_at_us, soon)
        if self.core.scheduling._wake.is_set():
            self.scheduler_at_us = min(self.scheduler_at_us, self.world.now_us)
        return max(self.stands_until_us, min(self._times))

    @property
    def _times(self) -> tuple[int, ...]:
        return (self.serve_at_us, self.engine_at_us, self.keeper_at_us, self.janitor_at_us, self.scheduler_at_us)

    def move(self) -> None:
        """One step of the thread whose turn it is."""
        if not self.alive:
            self.start()
            return
        times = self._times
        match times.index(min(times)):
            case 0:
                self.serve_at_us = NEVER
                if not self.store.thread.is_idle:
                    self.store.thread.serve()
            case 1:
                self._turn()
            case 2:
                self.keeper_at_us = self._after(self.core.keeper.turn())
            case 3:
                self.janitor_at_us = self._after(self.core.janitor.turn())
            case _:
                self.core.scheduling._wake.clear()
                self.scheduler_at_us = self._after(self.core.scheduling.turn())
        if self.stopping and self.alive:
            self._go_on_stopping()

    def _turn(self) -> None:
        engine = self.core.engine
        goes_on = engine.step(woken=engine._wake.is_set())
        self.engine_at_us = self._after(engine.pause_s()) if goes_on else NEVER
        if not goes_on:
            self._leave()

    def _after(self, seconds: float) -> int:
        return self.world.now_us + round(seconds * SECOND_US) + self.world.jitter

    def _go_on_stopping(self) -> None:
        engine = self.core.engine
        if not self.closed and (engine.quiet or self.world.now_us >= self.close_at_us):
            self.closed = True
            self.store.unattend(self.core._herald.hear)
            self.core.crew.close(0)
        elif self.closed and not engine._ending and not self.world.awaits(self):
            engine._ending = True
            engine._wake.set()

    def _leave(self) -> None:
        self.core.node.leave()
        self.world.trace.say("leaves")
        self.die(restart_in_us=self.world.random.randrange(3 * SECOND_US))

    def _crew(self, judge: Judge) -> Crew:
        host = Bodies(self, slots=self.settings.concurrency, alone=False)
        pool = Bodies(self, slots=self.settings.children, alone=True)
        self.runners = (host, pool)
        return Crew([host], pool, runs_in_child=judge.runs_in_child, hosts_near=True)


STOP_WAIT_US: Final = 2 * SECOND_US


def _nothing() -> None:
    """Nobody needs it."""
