"""People and programs that ask: a process with a store of its own, which repeats what it got no answer to."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Any, Final

from headway.model.claim import NewJob
from headway.model.errors import StoreError, StoreUnavailable
from headway.model.rate import Window
from headway.store.protocol import Operation
from tests.simulator.member import SECOND_US, Member, Process
from tests.simulator.store import SimulatedStore

if TYPE_CHECKING:
    from tests.simulator.world import World

REPEAT_US: Final = (200_000, 2_000_000)
BURST_MAX: Final = 40
NAMES: Final = ("work", "work", "work", "work", "quick", "heavy", "heavy", "late")


class User(Process):
    """What was acknowledged is told to the record, and nothing else is."""

    def __init__(self, world: World) -> None:
        super().__init__(world, "user")
        self.sent: list[NewJob] = []
        """Acknowledged."""

    def start(self) -> None:
        self.life += 1
        self.changes_seen = -1
        self.alive = True
        self.store = SimulatedStore(self.world.place, self.world.clock, self)

    def die(self) -> None:
        """What it waited for it forgets; the next life knows only what was acknowledged."""
        if self.alive:
            self.alive = False
            self.store.die()

    # -- requests ------------------------------------------------------------------------------------------------

    def enqueue(self, number: int, draw: Random, *, chained: bool) -> None:
        """One call of one to three jobs."""
        parents: tuple[int, ...] = ()
        if chained and self.sent:
            some = draw.sample(self.sent, min(len(self.sent), draw.randint(1, 2)))
            parents = tuple(self.world.record.id_of[one.ref_id] for one in some)
        jobs = [self._job(f"j{number}.{index}", draw, parents) for index in range(draw.choice((1, 1, 1, 3)))]
        self._send(jobs, draw)

    def burst(self, number: int, draw: Random) -> None:
        """Many at once."""
        count = draw.randint(5, BURST_MAX)
        self._send([NewJob(ref_id=f"b{number}.{index}", name="quick", payload="{}") for index in range(count)], draw)

    def repeat(self, draw: Random) -> None:
        """Something that is there already."""
        if self.sent:
            self._send([draw.choice(self.sent)], draw)

    def cancel(self, draw: Random) -> None:
        """Any job, however far it has come."""
        if self.sent:
            job = self.world.record.id_of[draw.choice(self.sent[-6:]).ref_id]
            self._ask(f"cancel {job}", lambda: self.store.cancel(job, by="ann"), _nothing, draw)

    def requeue(self, draw: Random) -> None:
        """One that ended badly, if there is one."""
        bad = [row.id for row in self.world.record.rows.values() if row.state in {"failed", "cancelled"}]
        if bad:
            job = draw.choice(bad)
            self._ask(f"requeue {job}", lambda: self.store.requeue(job, by="ann"), _nothing, draw)

    def hold(self, draw: Random) -> None:
        """Nothing is claimed until this user says so again."""
        self._ask("hold", self.store.hold_claims, _nothing, draw)
        self.world.after(draw.randrange(4 * SECOND_US), None, lambda: self.resume(draw))

    def resume(self, draw: Random) -> None:
        self._ask("resume", self.store.resume_claims, _nothing, draw)

    # -- within --------------------------------------------------------------------------------------------------

    def _job(self, ref_id: str, draw: Random, parents: tuple[int, ...]) -> NewJob:
        now_us = self.world.clock.now_us()
        terms = self.world.script.terms
        lines = Random(f"{self.world.script.seed} lines {ref_id}")
        lane = lines.randrange(terms.lanes) if terms.lanes and lines.random() < LINED_UP_RATE else None
        key = lines.randrange(terms.keys) if terms.keys and lines.random() < LINED_UP_RATE else None
        return NewJob(
            ref_id=ref_id,
            name=draw.choice(NAMES),
            payload=f'{{"x":"{ref_id}"}}',
            priority=draw.choice((0, 0, 5)),
            delay_us=draw.choice((0, 0, 0, SECOND_US, 3 * SECOND_US)),
            expires_us=now_us + draw.choice((1, 20)) * SECOND_US if draw.random() < EXPIRY_RATE else None,
            retries=draw.choice((0, 1, 2)),
            interrupt_fails=draw.random() < INTERRUPT_RATE,
            content=ref_id.encode() if draw.random() < CONTENT_RATE else None,
            depends_on=parents,
            lane=None if lane is None else f"lane {lane}",
            key=None if key is None else f"key {key}",
            key_limit=1 if key is None else key + 1,
            key_rate=KEY_RATE if key == 1 else None,
        )

    def _send(self, jobs: list[NewJob], draw: Random) -> None:
        self.world.record.wanted.update((job.ref_id, job) for job in jobs)
        fresh = [job for job in jobs if job not in self.sent]

        def answered(answers: Any) -> None:
            self.world.record.acknowledged(jobs, answers)
            self.sent += fresh

        operation = self.store.enqueue(jobs)
        self._ask(f"enqueue {_span([job.ref_id for job in jobs])}", lambda: operation, answered, draw)

    def _ask(
        self, words: str, make: Callable[[], Operation[Any]], answered: Callable[[Any], None], draw: Random
    ) -> None:
        """Here, or in a process that is an application and a node at once; asked again wherever that may be then."""
        if not self.alive:
            return
        members = [one for one in self.world.members if one.takes_requests]
        if members and draw.random() < self.world.script.terms.embedded_rate:
            self._ask_in(draw.choice(members), words, make, answered, draw)
            return
        try:
            answer = self.store.call(make())
        except StoreError as error:
            self.world.trace.say(f"{words}: {error}")
            self._ask_again(error, words, make, answered, draw)
        else:
            self.world.trace.say(f"{words}: {_short(answer)}")
            answered(answer)

    def _ask_in(
        self,
        member: Member,
        words: str,
        make: Callable[[], Operation[Any]],
        answered: Callable[[Any], None],
        draw: Random,
    ) -> None:
        """What dies with that process before it is answered is forgotten."""

        def done(answer: Any, error: BaseException | None) -> None:
            if error is not None:
                self.world.trace.say(f"{words}: {error}", member.name)
                self._ask_again(error, words, make, answered, draw)
            else:
                self.world.trace.say(f"{words}: {_short(answer)}", member.name)
                answered(answer)
                if isinstance(answer, list):
                    self.world.record.stored_in(member, answer)

        member.store.submit(make(), done)

    def _ask_again(self, error: BaseException, *rest: Any) -> None:
        life, draw = self.life, rest[-1]
        if isinstance(error, StoreUnavailable) and GONE not in str(error):
            self.world.after(draw.randrange(*REPEAT_US), None, lambda: self._again(life, *rest))

    def _again(self, life: int, *rest: Any) -> None:
        if self.life == life:
            self._ask(*rest)


GONE: Final = "were removed by retention"
"""No use to ask again."""
EXPIRY_RATE: Final = 0.1
INTERRUPT_RATE: Final = 0.1
CONTENT_RATE: Final = 0.3
LINED_UP_RATE: Final = 0.6
KEY_RATE: Final = Window(2, 3 * SECOND_US)
"""Of the second key."""


def _nothing(_answer: object) -> None:
    """Nobody needs it."""


def _short(answer: Any) -> str:
    if isinstance(answer, list):
        return _span([f"{one.id}{' (again)' if one.existing else ''}" for one in answer])
    return str(answer)


def _span(words: list[str]) -> str:
    return " ".join(words) if len(words) <= SHOWN_MAX else f"{words[0]} ... {words[-1]}"


SHOWN_MAX: Final = 3
