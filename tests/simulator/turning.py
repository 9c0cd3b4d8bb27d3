"""A process that runs something on a named worker without storing it: it takes turns with the jobs there."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from random import Random
from typing import TYPE_CHECKING, Any, Final

from headway.client.turns import LEASE_US, Turns
from headway.model.errors import HeadwayError
from headway.store.protocol import NodeInfo
from headway.store.turns import Turn

if TYPE_CHECKING:
    from tests.simulator.lines import Must
    from tests.simulator.record import Row
    from tests.simulator.user import User

LOOK_US: Final = 200_000
LASTS_US: Final = (1_000, 300_000, 2_500_000)
TURNS: Final = "SELECT lane, started_at IS NOT NULL FROM headway_turn"


class SimulatedTurns(Turns):
    """The shipped turns of a process, whose name is not random."""

    def __init__(self, user: User) -> None:
        super().__init__(user.store, "default", user.world.clock)
        self._user = user
        self._entries = 0

    def _entered(self) -> int:
        if not self._uid or self._uid in self._doubtful:
            self._entries += 1
            uid = f"user-{self._user.life}-{self._entries}"
            self._store.hold(uid)
            info = NodeInfo(
                uid=uid, app="default", host="", pid=1, names=(), queues=(), concurrency=0, version="simulated"
            )
            self._node = self._store.call(self._store.register(info, lease_us=LEASE_US))
            self._uid = uid
        return self._node


class Turning:
    """The runs of one user, of all its lives."""

    def __init__(self, user: User) -> None:
        self._user = user
        self._world = user.world
        self._turns: SimulatedTurns
        self.waiting: set[str] = set()
        """Lanes for which it waits or on which it runs something, in this life."""

    def start(self) -> None:
        """A new process."""
        self._turns = SimulatedTurns(self._user)
        self.waiting.clear()

    def ask(self, number: int, draw: Random) -> None:
        """Line up."""
        lane = f"lane {draw.randrange(max(1, self._world.script.terms.lanes))}"
        name = f"t{number} on {lane}"
        try:
            turn = self._turns.ask(lane, "run")
        except HeadwayError as error:
            self._world.trace.say(f"{name}: {error}")
            return
        self._world.trace.say(f"{name} is turn {turn.id}")
        self.waiting.add(name)
        self._go_on(name, turn, draw.choice(LASTS_US))

    def _go_on(self, name: str, turn: Turn, lasts_us: int) -> None:
        """Look until it is its turn."""
        try:
            runs = turn.runs or self._turns._runs(turn)
            if not runs:
                self._turns._bury()
        except HeadwayError as error:
            self._world.trace.say(f"{name}: {error}")
            self._turns.give_up(turn)
            self.waiting.discard(name)
            return
        if not runs:
            self._later(LOOK_US, lambda: self._go_on(name, turn, lasts_us))
            return
        self._world.trace.say(f"{name} begins")
        self._later(lasts_us, lambda: self._end(name, turn))

    def _end(self, name: str, turn: Turn) -> None:
        self._turns.end(turn)
        self._world.trace.say(f"{name} ends")
        self.waiting.discard(name)

    def _later(self, delay_us: int, act: Callable[[], None]) -> None:
        self._world.after(delay_us, self._user, act)


def hold_to_turns(connection: Any, rows: Iterable[Row], must: Must) -> None:
    """On a named worker nothing runs beside a turn."""
    busy = Counter(lane for lane, runs in connection.execute(TURNS) if runs)
    if busy:
        busy.update(row.lane for row in rows if row.state == "running" and row.lane in busy)
        for lane, count in busy.items():
            must(count == 1, f"{count} turns and jobs run on the named worker {lane} at once")
