"""People and programs that ask: a process with a store of its own, which repeats what it got no answer to."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import TYPE_CHECKING, Any, Final

from headway.model.claim import NewJob
from headway.model.errors import StoreError, StoreUnavailable
from headway.model.rate import Window
from headway.store.protocol import Enqueued, Operation
from tests.simulator.calling import Calling
from tests.simulator.flow import dress
from tests.simulator.member import SECOND_US, Member, Process
from tests.simulator.operating import Operating
from tests.simulator.requests import REFUSALS, Requests
from tests.simulator.store import SimulatedStore
from tests.simulator.tidying import Tidying
from tests.simulator.turning import Turning

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
        self.requests = Requests(self)
        self.turning = Turning(self)
        self.operating = Operating(self)
        self.tidying = Tidying(self)
        self.calling = Calling(self)

    def start(self) -> None:
        self.life += 1
        self.changes_seen = -1
        self.alive = True
        self.store = SimulatedStore(self.world.place, self.world.clock, self)
        self.turning.start()

    def die(self) -> None:
        """What it waited for it forgets; the next life knows only what was acknowledged."""
        if self.alive:
            self.alive = False
            self.store.die()

    def handed_over(self) -> None:
        """Its store serves what nobody waits for, soon."""
        self.later(self.store.thread.serve_all)

    # -- requests ------------------------------------------------------------------------------------------------

    def enqueue(self, number: int, draw: Random, *, chained: bool) -> None:
        """One call of one to three jobs."""
        parents: tuple[int, ...] = ()
        if chained and self.sent:
            some = draw.sample(self.sent, min(len(self.sent), draw.randint(1, 2)))
            parents = tuple(self.world.record.id_of[one.ref_id] for one in some)
        jobs = [self.job(f"j{number}.{index}", draw, parents) for index in range(draw.choice((1, 1, 1, 3)))]
        self.send(jobs, draw)

    def burst(self, number: int, draw: Random) -> None:
        """Many at once."""
        count = draw.randint(5, BURST_MAX)
        self.send([NewJob(ref_id=f"b{number}.{index}", name="quick", payload="{}") for index in range(count)], draw)

    def repeat(self, draw: Random) -> None:
        """Something that is there already."""
        if self.sent:
            self.send([draw.choice(self.sent)], draw)

    def cancel(self, draw: Random) -> None:
        """Any job, however far it has come."""
        if self.sent:
            job = self.world.record.id_of[draw.choice(self.sent[-6:]).ref_id]
            self.ask(f"cancel {job}", lambda: self.store.cancel(job, by="ann"), _nothing, draw)

    def requeue(self, draw: Random) -> None:
        """One that ended badly, if there is one."""
        bad = [row.id for row in self.world.record.rows.values() if row.state in {"failed", "cancelled"}]
        if bad:
            job = draw.choice(bad)
            revive = self.world.script.terms.flow.conditions and draw.random() < REVIVE_RATE
            words = f"requeue {job}{' and what hangs on it' if revive else ''}"
            self.ask(words, lambda: self.store.requeue(job, by="ann", revive=revive), _nothing, draw)

    def hold(self, draw: Random) -> None:
        """Nothing is claimed until this user says so again."""
        self.ask("hold", self.store.hold_claims, _nothing, draw)
        self.world.after(draw.randrange(4 * SECOND_US), None, lambda: self.resume(draw))

    def resume(self, draw: Random) -> None:
        self.ask("resume", self.store.resume_claims, _nothing, draw)

    # -- within --------------------------------------------------------------------------------------------------

    def job(self, ref_id: str, draw: Random, parents: tuple[int, ...], batch: int | None = None) -> NewJob:
        """One that this world may have."""
        now_us = self.world.clock.now_us()
        terms = self.world.script.terms
        lines = Random(f"{self.world.script.seed} lines {ref_id}")
        lane = lines.randrange(terms.lanes) if terms.lanes and lines.random() < LINED_UP_RATE else None
        key = lines.randrange(terms.keys) if terms.keys and lines.random() < LINED_UP_RATE else None
        job = NewJob(
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
            batch=batch,
            key_rate=KEY_RATE if key == 1 else None,
        )
        names = self.requests.names if terms.flow.batches else ()
        return dress(job, terms.flow, Random(f"{self.world.script.seed} flow {ref_id}"), names)

    def send(self, jobs: list[NewJob], draw: Random) -> None:
        """Enqueue these in one call."""
        self.world.record.wanted.update((job.ref_id, job) for job in jobs)
        operation = self.store.enqueue(jobs)
        words = f"enqueue {_span([job.ref_id for job in jobs])}"
        self.ask(words, lambda: operation, lambda answers: self.acknowledged(jobs, answers), draw)

    def acknowledged(self, jobs: list[NewJob], answers: list[Enqueued]) -> None:
        """These are stored, or others are that have their unique keys."""
        self.world.record.acknowledged(jobs, answers)
        stored = [job for job, answer in zip(jobs, answers, strict=True) if answer.ref_id == job.ref_id]
        self.sent += [job for job in stored if job not in self.sent]

    def ask(
        self,
        words: str,
        make: Callable[[], Operation[Any]],
        answered: Callable[[Any], None],
        draw: Random,
        *,
        refused: Callable[[Exception], None] | None = None,
    ) -> None:
        """Here, or in a process that is an application and a node at once; asked again wherever that may be then."""
        if not self.alive:
            return
        members = [one for one in self.world.members if one.takes_requests]
        if members and draw.random() < self.world.script.terms.embedded_rate:
            self._ask_in(draw.choice(members), words, make, answered, draw, refused)
            return
        try:
            answer = self.store.call(make())
        except StoreError as error:
            self.world.trace.say(f"{words}: {error}")
            self._ask_again(error, words, make, answered, draw, refused)
        except REFUSALS as error:
            self._refused(words, error, refused)
        else:
            self.world.trace.say(f"{words}: {_short(answer)}")
            answered(answer)

    def _refused(self, words: str, error: Exception, refused: Callable[[Exception], None] | None) -> None:
        self.world.trace.say(f"{words}: {error}")
        if refused is not None:
            refused(error)

    def _ask_in(
        self,
        member: Member,
        words: str,
        make: Callable[[], Operation[Any]],
        answered: Callable[[Any], None],
        draw: Random,
        refused: Callable[[Exception], None] | None,
    ) -> None:
        """What dies with that process before it is answered is forgotten."""

        def done(answer: Any, error: BaseException | None) -> None:
            if isinstance(error, REFUSALS):
                self._refused(words, error, refused)
            elif error is not None:
                self.world.trace.say(f"{words}: {error}", member.name)
                self._ask_again(error, words, make, answered, draw, refused)
            else:
                self.world.trace.say(f"{words}: {_short(answer)}", member.name)
                answered(answer)
                if isinstance(answer, list):
                    self.world.record.stored_in(member, answer)

        member.store.submit(make(), done)

    def _ask_again(self, error: BaseException, *rest: Any) -> None:
        life, draw = self.life, rest[-2]
        if isinstance(error, StoreUnavailable) and GONE not in str(error):
            self.world.after(draw.randrange(*REPEAT_US), None, lambda: self._again(life, *rest))

    def _again(self, life: int, *rest: Any) -> None:
        if self.life == life:
            *asked, refused = rest
            self.ask(*asked, refused=refused)


GONE: Final = "were removed by retention"
"""No use to ask again."""
EXPIRY_RATE: Final = 0.1
INTERRUPT_RATE: Final = 0.1
CONTENT_RATE: Final = 0.3
LINED_UP_RATE: Final = 0.6
REVIVE_RATE: Final = 0.5
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
