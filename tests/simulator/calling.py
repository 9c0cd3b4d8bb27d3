"""Callers that enqueue in transactions of their own: what each of them came to, and what was promised about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from enum import StrEnum
from random import Random
from typing import TYPE_CHECKING, Any, Final

import msgspec

from headway.model.claim import Claim, NewJob
from headway.store.callers.caller import lead
from headway.store.callers.sqlite import SqliteCaller
from headway.store.verbs.outbox import DUPLICATE, NOT_ADMITTED, as_body

if TYPE_CHECKING:
    from headway.store.guest import Guest
    from tests.simulator.bodies import Body
    from tests.simulator.lines import Must
    from tests.simulator.record import Row
    from tests.simulator.user import User

APP: Final = "default"
TABLES: Final = (
    "CREATE TABLE simulated_order (ref_id TEXT)",
    "CREATE TABLE simulated_entry (job_id INTEGER, epoch INTEGER)",
)
"""Data of the application, beside the jobs."""
ORDER: Final = "INSERT INTO simulated_order VALUES (?)"
ENTRY: Final = "INSERT INTO simulated_entry VALUES (?, ?)"
UNIQUE_RATE: Final = 0.4
CHAINED_RATE: Final = 0.5
WAKE_RATE: Final = 0.3


class End(StrEnum):
    """What becomes of a caller's transaction."""

    COMMITTED = "commits"
    ROLLED_BACK = "rolls back"
    DIES_BEFORE = "dies before it commits"
    DIES_AFTER = "dies after it committed"


ENDS: Final = (*(End.COMMITTED,) * 5, End.ROLLED_BACK, End.ROLLED_BACK, End.DIES_BEFORE, End.DIES_AFTER)
KEPT: Final = frozenset({End.COMMITTED, End.DIES_AFTER})


class Calling:
    """The part of a user that has data of its own, and stores them with its calls."""

    def __init__(self, user: User) -> None:
        self._user = user
        self._world = user.world

    def begin(self) -> None:
        """Its tables are there before anything happens to it."""
        if self._world.script.terms.callers:
            with closing(self.guest().connect()) as connection:
                for text in TABLES:
                    connection.execute(text)

    def guest(self) -> Guest:
        """What the store says on connections of others."""
        store = self._user.store
        return store.reader.call(store.guest())

    def leave(self, number: int, draw: Random) -> None:
        """One to three calls in one transaction, with an order."""
        user, rules, world = self._user, self._world.record.calling, self._world
        jobs = self._calls(number, draw)
        end, refs = draw.choice(ENDS), [job.ref_id for job in jobs]
        if world.now_us < max(world.down_until_us, user.cut_until_us):
            return
        with closing(self.guest().connect()) as connection:
            caller = SqliteCaller(connection)
            caller.begin()
            connection.execute(ORDER, [refs[0]])
            lead(caller, self.guest().put(APP, as_body(jobs)))
            if end in KEPT:
                caller.commit()
                world.record.wanted.update((job.ref_id, job) for job in jobs)
                rules.committed(jobs, world.clock.now_us())
            else:
                rules.rolled_back.update(refs)
                if end is End.ROLLED_BACK:
                    caller.roll_back()
        world.trace.say(f"a transaction with {' '.join(refs)} {end}")
        if end in {End.DIES_BEFORE, End.DIES_AFTER}:
            user.die()
            user.start()
        elif end is End.COMMITTED and draw.random() < WAKE_RATE:
            user.ask("wake", user.store.admit, _nothing, draw)

    def _calls(self, number: int, draw: Random) -> list[NewJob]:
        jobs: list[NewJob] = []
        for index in range(draw.choice((1, 1, 2, 3))):
            job = self._user.job(f"t{number}.{index}", draw, ())
            if jobs and draw.random() < CHAINED_RATE:
                job = msgspec.structs.replace(job, depends_on=(jobs[-1].ref_id,))
            if job.unique_key is None and draw.random() < UNIQUE_RATE:
                job = msgspec.structs.replace(job, unique_key=f"order {draw.randrange(2)}")
            jobs.append(job)
        return jobs

    @property
    def waiting(self) -> bool:
        """Whether something that was committed is no job yet."""
        return self._world.script.terms.callers and bool(self.ask("SELECT 1 FROM headway_outbox LIMIT 1"))

    def ask(self, text: str) -> list[tuple[Any, ...]]:
        """Read what is committed."""
        with closing(self.guest().connect()) as connection:
            rows: list[tuple[Any, ...]] = connection.execute(text).fetchall()
        return rows


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """Calls that were committed together."""

    jobs: Mapping[str, NewJob]
    at_us: int


class CallingRules:
    """A committed call becomes one job and another none; a job whose own transaction was committed is done, and was so once."""

    def __init__(self, must: Must) -> None:
        self._must = must
        self.left: dict[str, Left] = {}
        """By the reference of each call."""
        self.rolled_back: set[str] = set()
        self.done: dict[int, int] = {}
        """Jobs whose own transactions were committed, and under which epoch."""
        self.tally: Counter[str] = Counter()
        self._admitted: set[str] = set()
        self._orders: list[str] = []

    def committed(self, jobs: Sequence[NewJob], at_us: int, *, order: bool = True) -> None:
        """These calls are in the outbox for good."""
        left = Left(jobs={job.ref_id: job for job in jobs}, at_us=at_us)
        self.left.update(dict.fromkeys(left.jobs, left))
        self.tally["committed"] += len(jobs)
        if order:
            self._orders.append(jobs[0].ref_id)

    def marked(self, body: Body, row: Row | None) -> None:
        """Its transaction was committed, with its mark; so stood its job then."""
        name = f"{body.claim.ref_id}@{body.claim.epoch}"
        self._must(body.claim.id not in self.done, f"{name} was committed, and its job was done already")
        holds = row is not None and (row.state, row.epoch) == ("running", body.claim.epoch)
        self._must(holds, f"{name} was committed, and its job is {row and row.state}@{row and row.epoch}")
        self.done[body.claim.id] = body.claim.epoch
        self.tally["completed by themselves"] += 1

    def refused(self, body: Body, row: Row | None) -> None:
        """It could not be committed: another attempt has the job, or had it."""
        holds = row is not None and (row.state, row.epoch) == ("running", body.claim.epoch)
        self.tally["refused a mark"] += 1
        may = not holds or body.claim.id in self.done
        self._must(may, f"{body.claim.ref_id}@{body.claim.epoch} runs, and its transaction was refused")

    # -- after each commit ---------------------------------------------------------------------------------------

    def hold_grant(self, claim: Claim) -> None:
        """What is done is not granted again."""
        self._must(claim.id not in self.done, f"{claim.ref_id} was committed by itself, and was granted again")

    def hold(self, fresh: Sequence[Row], changed: Iterable[Row], rows: Iterable[Row]) -> None:
        """These jobs are new, and these have changed."""
        for row in changed:
            ends_well = row.state in {"running", "executed", "completed"} or row.code == "callback_failed"
            self._must(
                ends_well or row.id not in self.done, f"{row.ref_id} was committed by itself, and is {row.state}"
            )
        new = {row.ref_id: row for row in fresh}
        for ref_id, row in new.items():
            self._must(ref_id not in self.rolled_back, f"{ref_id} was rolled back, and is job {row.id}")
            self._must("-refused-" not in ref_id, f"{ref_id} is the second job of a call")
            left = self.left.get(ref_id)
            if left is None:
                continue
            self._must(ref_id not in self._admitted, f"{ref_id} was made a job twice")
            self._admitted.add(ref_id)
            self.tally[row.code if row.code in {DUPLICATE, NOT_ADMITTED} else "admitted"] += 1
            apart = left.jobs.keys() - new.keys()
            self._must(not apart, f"{ref_id} was committed together with {apart}, and became a job alone")
            self._may_be_so(left, row, rows)

    def _may_be_so(self, left: Left, row: Row, rows: Iterable[Row]) -> None:
        job = left.jobs[row.ref_id]
        if row.code == DUPLICATE:
            others = [one for one in rows if one.unique_key == row.unique_key and one.id != row.id]
            self._must(bool(others), f"{row.ref_id} is a duplicate of nothing")
        elif row.code == NOT_ADMITTED:
            ties = [bool(one.batch or one.depends_on or one.unique_key) for one in left.jobs.values()]
            self._must(any(ties), f"{row.ref_id} was not admitted, and nothing is against it")
        elif job.delay_us:
            due_us = left.at_us + job.delay_us
            self._must(row.due_us == due_us, f"{row.ref_id} is due at {row.due_us}, and should be at {due_us}")

    # -- in the end ----------------------------------------------------------------------------------------------

    def judge(self, calling: Calling, ids: Collection[str], gone: Collection[str]) -> None:
        """Every committed call was made a job, and every effect is there once."""
        lost = self.left.keys() - self._admitted
        self._must(not lost, f"{lost} were committed, and never became jobs")
        hidden = [one for one in self._admitted if one not in ids and one not in gone]
        self._must(not hidden, f"{hidden} were jobs, and are lost")
        orders = [ref for (ref,) in calling.ask("SELECT ref_id FROM simulated_order ORDER BY rowid")]
        self._must(orders == self._orders, f"there are the orders {orders}, and committed were {self._orders}")
        entries = calling.ask("SELECT job_id, epoch FROM simulated_entry")
        twice = [job for job, count in Counter(job for job, _ in entries).items() if count > 1]
        self._must(not twice, f"the jobs {twice} wrote their data more than once")
        self._must(dict(entries) == self.done, f"data are there of {dict(entries)}, and done are {self.done}")


def _nothing(_answer: object) -> None:
    """Nobody needs it."""
