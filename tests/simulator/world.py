"""The world: one machine with a clock, a store, several nodes and a user; it alone decides who moves next."""

from __future__ import annotations

import heapq
import logging
import shutil
import tempfile
import traceback
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any, Final

from headway.model.errors import HeadwayError
from headway.store.place import Place, parse_place
from tests.conformance.owned_clock import OwnedClock
from tests.simulator.deeds import do
from tests.simulator.member import NEVER, SECOND_US, Killed, Member, Process
from tests.simulator.peace import Peace
from tests.simulator.record import Record, Violation
from tests.simulator.recurring import Agenda
from tests.simulator.script import Script
from tests.simulator.trace import Trace
from tests.simulator.user import User
from tests.simulator.verdict import judge

JITTER_US: Final = 3_000
RING_LOST_RATE: Final = 0.1
AWAKE_US: Final = 700_000
"""A process that stood still has noticed what it missed after so long."""
LOOK_US: Final = 100_000
"""How often is looked whether a process moves again, for whom something waits."""
STEPS_MAX: Final = 200_000
MEMORY: Final = Path("/dev/shm")
"""Where files live in memory, the worlds are made there; the product is told not to wait for the disk anyway."""

_Event = tuple[int, int, Process | None, int, bool, Callable[[], None]]


class World:
    """Lives once, from its script."""

    def __init__(self, script: Script, folder: Path) -> None:
        self.script = script
        self.random = Random(f"world {script.seed}")
        self.clock = OwnedClock()
        self.place: Place = parse_place(str(folder / "store"))
        self.trace = Trace(str(folder))
        self.agenda = Agenda(script.seed, script.terms.flow.schedules)
        self.record = Record(self)
        self.now_us = 0
        """Since the beginning, whatever the clocks say."""
        self.down_until_us = self.full_until_us = 0
        self.at_peace = False
        self.steps = 0
        self.members = [Member(self, f"n{number}", script.terms) for number in range(1, script.terms.nodes + 1)]
        self.user = User(self)
        self._stood: dict[Process, int] = {}
        """When each was last seen standing still."""
        self._events: list[_Event] = []
        self._order = 0

    # -- what its inhabitants ask for ----------------------------------------------------------------------------

    @property
    def jitter(self) -> int:
        """Nothing happens exactly when it was planned, or two things at once."""
        return self.random.randrange(1, JITTER_US)

    @property
    def processes(self) -> tuple[Process, ...]:
        return (*self.members, self.user)

    def after(self, delay_us: int, process: Process | None, act: Any, *, inside: bool = False) -> None:
        """Do this later, if that process still lives; `inside`: when it stands still, then after that."""
        self._order += 1
        due_us = self.now_us + delay_us + self.jitter
        life = 0 if process is None else process.life
        heapq.heappush(self._events, (due_us, self._order, process, life, inside, act))

    def awaits(self, process: Process) -> bool:
        """Whether something is on its way to it."""
        return any(one[2] is process and one[3] == process.life for one in self._events)

    def ring(self, ringer: Process) -> None:
        """The wake-up between processes; some are lost."""
        for member in self.members:
            if member is not ringer and member.alive and self.random.random() > RING_LOST_RATE:
                self.after(0, member, member.store.rung, inside=True)

    def happens(self, rate: float) -> bool:
        """Whether something goes wrong by chance."""
        return bool(rate) and not self.at_peace and self.random.random() < rate

    def is_awake(self, process: Process) -> bool:
        """It moves, and has for a while."""
        stood = max(process.stands_until_us, self._stood.get(process, -AWAKE_US))
        return process.alive and self.now_us >= stood + AWAKE_US

    def let_pass(self, process: Process, lasts_us: int) -> None:
        """That process stands still in the middle of what it does; the others go on."""
        life, process.stands_until_us = process.life, NEVER  # others may stand still meanwhile, and keep it longer
        self._pass(self.now_us + lasts_us)
        self.trace.speaker = process.name
        self._stood[process] = self.now_us
        if process.life == life and process.alive:
            process.stands_until_us = self.now_us

    # -- its life ------------------------------------------------------------------------------------------------

    def live(self) -> None:
        """From the script to the verdict; raises Violation."""
        self.user.start()
        for member in self.members:
            member.restart_at_us = self.jitter
        self.user.operating.begin()
        self.user.calling.begin()
        for incident in self.script.incidents:
            draws = self.script.draws(incident)
            self.after(incident.at_us, None, lambda one=incident, draw=draws: do(self, one, draw))
        last_us = self.script.incidents[-1].at_us if self.script.incidents else 0
        self._pass(last_us + (self.script.terms.longest_us if self.script.terms.lasting else SECOND_US))
        peace = Peace(self)
        peace.begin()
        while not peace.is_over:
            self._pass(self.now_us + SECOND_US)
            peace.look()
        judge(self)

    def close(self) -> None:
        """Every process ends."""
        for member in self.members:
            member.die(restart_in_us=0)
        self.user.die()

    def advance(self, to_us: int) -> None:
        """Time passes."""
        if to_us > self.now_us:
            delta, self.now_us = to_us - self.now_us, to_us
            self.clock.wall += delta
            self.clock.boot += delta
            self.trace.now_us = to_us

    def _pass(self, until_us: int) -> None:
        while self._step(until_us):
            self.steps += 1
            if self.trace.strange is not None:
                raise Violation(f"the product logged an error that is none of its own: {self.trace.strange!r}")
            if self.steps > STEPS_MAX:
                raise Violation("this world never ends")
        self.advance(until_us)

    def _step(self, until_us: int) -> bool:
        """Whatever is next; False if that is later."""
        mover, due_us = None, self._events[0][0] if self._events else until_us + 1
        for member in self.members:
            its_us = member.next_us()
            if its_us < due_us:
                mover, due_us = member, its_us
        if due_us > until_us:
            return False
        self.advance(due_us)
        if mover is None:
            self._happen()
        else:
            self._act(mover, mover.move)
        return True

    def _happen(self) -> None:
        _, _, process, life, inside, act = heapq.heappop(self._events)
        if process is None:
            self._act(None, act)
        elif process.alive and process.life == life:
            if inside and process.stands_until_us > self.now_us:
                self.after(min(process.stands_until_us - self.now_us, LOOK_US), process, act, inside=True)
            else:
                self._act(process, act)

    def _act(self, process: Process | None, act: Callable[[], None]) -> None:
        """One act; what it raises ends its process."""
        self.trace.speaker = "user" if process is None else process.name
        try:
            act()
        except Killed:
            self._killed(process)
        except HeadwayError as error:
            self.trace.say(f"ends: {error}")
            self._killed(process)
        except Exception as error:
            raise Violation(f"the product raised {error!r}\n{traceback.format_exc()}") from error

    def _killed(self, process: Process | None) -> None:
        if isinstance(process, Member):
            process.die(restart_in_us=self.random.randrange(2 * SECOND_US))
        else:
            self.user.die()
            self.user.start()


def live(script: Script) -> tuple[World, str | None]:
    """A world of this script from its beginning to its end; answers it with the promise it broke, if it did."""
    folder = Path(tempfile.mkdtemp(prefix="headway-world-", dir=MEMORY if MEMORY.is_dir() else None))
    world = World(script, folder)
    logger = logging.getLogger("headway")
    before = logger.propagate, logger.level, logger.handlers[:]
    logger.propagate, logger.handlers[:] = False, [world.trace]
    logger.setLevel(logging.WARNING)
    try:
        world.live()
    except Violation as violation:
        return world, str(violation)
    else:
        return world, None
    finally:
        world.close()
        logger.propagate, logger.handlers[:] = before[0], before[2]
        logger.setLevel(before[1])
        shutil.rmtree(folder, ignore_errors=True)
