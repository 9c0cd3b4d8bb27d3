"""Random lives in which people delete jobs at any moment: after each deletion everything that named the job is sound."""

from collections import Counter
from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import initialize, invariant, precondition, rule, run_state_machine_as_test

from headway.model.callback import NewCallback, as_text
from headway.model.claim import Claim
from headway.model.condition import Condition
from headway.model.errors import BatchClosed, BatchCycle, DuplicateJob, HeadwayError, ScheduleBusy
from headway.model.job import JobRow, State
from headway.model.outcome import EndKind
from headway.store.protocol import JobFilter
from headway.store.values import DeleteAnswer
from tests.conformance import scheduling
from tests.conformance.batching import call, cancel, create, look, seal
from tests.conformance.lives import StoreLives
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.places import KINDS
from tests.conformance.world import new

EXAMPLES = 60
STEPS = 40
BATCHES_MAX = 3
DRAIN_TURNS = 400
MONTH_S = 31 * 24 * 3600
CALLBACK = as_text(NewCallback(job=new("", name="other", retries=0)))
KINDS_OF_END = [EndKind.RETURNED, EndKind.RETURNED, EndKind.RAISED, EndKind.CRASHED, EndKind.RELEASED]
HELD = frozenset({State.RUNNING, State.EXECUTED})
numbers = st.integers(min_value=0, max_value=20)
ties = st.fixed_dictionaries(
    {
        "delay_us": st.sampled_from([0, 0, 0, 5 * SECOND_US]),
        "lane": st.sampled_from([None, None, "smtp"]),
        "key": st.sampled_from([None, None, "ann"]),
        "unique_key": st.sampled_from([None, None, None, "report"]),
        "unique_for_us": st.sampled_from([None, 60 * SECOND_US]),
        "callback": st.sampled_from([None, None, CALLBACK]),
        "tags": st.sampled_from([(), ("red",)]),
    }
)


class Lives(StoreLives):
    """One store, one node, and jobs that hang on each other in every way."""

    def __init__(self) -> None:
        super().__init__()
        self.held: list[Claim] = []
        self.batches: list[int] = []
        self.deleted: set[int] = set()
        self.uid, self.node = "", 0

    @initialize()
    def begin(self) -> None:
        self.uid, self.node = self.register()
        for overlap in ("allow", "queue"):
            scheduling.put(self.world, scheduling.minutely(overlap, overlap=overlap))

    # -- what people do

    @rule(
        facts=ties, parents=st.lists(numbers, max_size=2), when=st.sampled_from([None, None, *Condition]),
        batch=st.none() | numbers, wait=st.none() | st.none() | numbers, linked=st.booleans(),
    )  # fmt: skip
    def enqueue(
        self, facts: dict[str, Any], parents: list[int], when: Condition | None, batch: int | None, wait: int | None,
        linked: bool,
    ) -> None:  # fmt: skip
        ids = self.ids()
        depends_on = tuple(dict.fromkeys(ids[-1 - one % len(ids)] for one in parents)) if ids else ()
        facts["condition"] = when.value if when is not None and depends_on else None
        if linked and depends_on and when is None:
            facts["links"] = msgspec.json.encode({"x": depends_on[0]}).decode()
        if facts["unique_key"] is None:
            facts["unique_for_us"] = None
        facts["batch"] = self.batches[batch % len(self.batches)] if batch is not None and self.batches else None
        facts["after_batches"] = () if wait is None else (f"batch {wait % BATCHES_MAX}",)
        try:
            self.world.enqueue(self.world.new(depends_on=depends_on, retries=1, **facts))
        except (BatchClosed, BatchCycle, DuplicateJob):
            return

    @precondition(lambda self: len(self.batches) < BATCHES_MAX)
    @rule(inner=st.booleans(), jobs=st.integers(0, 2))
    def batch(self, inner: bool, jobs: int) -> None:
        outer = self.batches[-1] if inner and self.batches else None
        members = [self.world.new(retries=0) for _ in range(jobs)]
        facts: dict[str, Any] = {"on_finish": call(f"finish {self.born} {len(self.batches)}"), "parent": outer}
        try:
            self.batches.append(create(self.world, f"batch {len(self.batches)}", *members, **facts))
        except BatchClosed:
            return

    @precondition(lambda self: self.batches)
    @rule(which=numbers, drop=st.booleans())
    def close(self, which: int, drop: bool) -> None:
        (cancel if drop else seal)(self.world, self.batches[which % len(self.batches)])

    @precondition(lambda self: self.ids())
    @rule(which=numbers)
    def cancel(self, which: int) -> None:
        self.world.store.call(self.world.store.cancel(self.pick(which)))

    @precondition(lambda self: self.bad())
    @rule(which=numbers, revive=st.booleans(), anew=st.booleans())
    def again(self, which: int, revive: bool, anew: bool) -> None:
        bad, store = self.bad(), self.world.store
        job = bad[-1 - which % len(bad)].id
        try:
            if anew:
                store.call(store.replay(job, ref_id=f"again-{next(self.world.numbers)}"))
            else:
                store.call(store.requeue(job, revive=revive))
        except HeadwayError:
            return

    @rule(name=st.sampled_from(["allow", "queue"]))
    def trigger(self, name: str) -> None:
        try:
            scheduling.trigger(self.world, name)
        except ScheduleBusy:
            return

    @precondition(lambda self: self.ids())
    @rule(which=numbers)
    def delete(self, which: int) -> None:
        self.delete_it(self.pick(which))

    @precondition(lambda self: self.ended())
    @rule(which=numbers, archived=st.booleans())
    def delete_an_ended_one(self, which: int, archived: bool) -> None:
        """Those that others depend on first."""
        if archived:
            self.world.archive()
        ended = self.ended()
        self.delete_it(ended[which % len(ended)])

    @precondition(lambda self: self.ids())
    @rule(first=numbers, count=st.integers(2, 5))
    def delete_several(self, first: int, count: int) -> None:
        ids = tuple(self.ids()[::-1][first % len(self.ids()) :][:count])
        acted = self.world.store.call(self.world.store.delete_many(ids, where=JobFilter()))
        self.deleted.update(job for job, answer in acted.answers if answer is DeleteAnswer.DELETED)
        self.world.healthy()

    def delete_it(self, job: int) -> None:
        before, dependants = self.world.row(job), self.dependants(job)
        answer = self.world.store.call(self.world.store.delete(job, by="ann"))
        if before.state in HELD:
            assert answer is DeleteAnswer.RUNNING
        if answer is DeleteAnswer.DELETED:
            self.deleted.add(job)
            assert all(self.world.state(one).is_final for one in dependants)
        else:
            assert self.world.row(job) == before
        if answer is DeleteAnswer.NEEDED:
            assert dependants
        self.world.healthy()

    # -- what workers do, and what happens to them

    @rule(limit=st.integers(1, 4))
    def claim(self, limit: int) -> None:
        self.held += self.world.claim(self.node, limit)

    @rule(kinds=st.lists(st.sampled_from(KINDS_OF_END), min_size=1, max_size=4))
    def work(self, kinds: list[EndKind]) -> None:
        """Claim and end in one go."""
        claims = self.world.claim(self.node, len(kinds))
        ends = [self.world.settlement(one, kind, permanent=True) for one, kind in zip(claims, kinds, strict=False)]
        self.world.turn(self.node, *ends)

    @precondition(lambda self: self.held)
    @rule(which=numbers, kind=st.sampled_from(KINDS_OF_END), permanent=st.booleans(), child=st.booleans())
    def settle(self, which: int, kind: EndKind, permanent: bool, child: bool) -> None:
        claim = self.held.pop(which % len(self.held))
        facts: dict[str, Any] = {}
        if child and kind is EndKind.RETURNED:
            facts["children"] = msgspec.json.encode([self.world.new(parent_id=claim.id)]).decode()
        self.world.settle(self.node, claim, kind, permanent=permanent, **facts)

    @rule()
    def the_node_dies(self) -> None:
        self.world.reap(self.uid)
        self.uid, self.node = self.register()

    @rule(seconds=st.sampled_from([1, 20, 61, MONTH_S]))
    def time_passes(self, seconds: int) -> None:
        self.clock.advance(seconds)
        scheduling.fire(self.world)
        self.world.tend()

    @rule(seals=st.booleans())
    def archive(self, seals: bool) -> None:
        self.world.archive()
        while seals and self.world.store.seal(before_us=self.clock.now_us() - 24 * 3600 * SECOND_US):
            pass

    # -- what must hold

    @invariant()
    def what_was_deleted_is_nowhere_and_nothing_else_is_gone(self) -> None:
        assert not self.deleted & set(self.ids())
        assert self.world.store.reader.call(self.world.store.reader.states(tuple(self.deleted))) == {}

    def drain(self) -> None:
        """Let everything end, then delete it all: nobody is left who would need anything."""
        world = self.world
        for name in ("allow", "queue"):
            scheduling.pause(world, name)
        for number, batch in enumerate(self.batches):
            seal(world, batch)
            assert look(world, f"batch {number}").sealed_us is not None
        for number in range(len(self.batches), BATCHES_MAX):
            create(world, f"batch {number}", sealed=True)
        world.healthy()
        self.the_node_dies()
        for _ in range(DRAIN_TURNS):
            self.clock.advance(10)
            world.beat(self.node)
            while world.tend():
                pass
            world.turn(self.node, *(world.settlement(claim) for claim in world.claim(self.node, 100)))
            if all(row.state.is_final for row in self.rows()):
                break
        assert [row for row in self.rows() if not row.state.is_final] == []
        for number, job in enumerate(self.ids()):
            if number == len(self.batches):
                world.archive()
            assert world.store.call(world.store.delete(job)) is DeleteAnswer.DELETED
        assert self.rows() == ()

    # -- within

    def rows(self) -> tuple[JobRow, ...]:
        return self.world.store.reader.call(self.world.store.reader.page(JobFilter(), limit=1000)).rows

    def ids(self) -> list[int]:
        return sorted(row.id for row in self.rows())

    def dependants(self, job: int) -> list[int]:
        """Those that have not ended."""
        open_ones = [row.id for row in self.rows() if not row.state.is_final]
        return [one for one in open_ones if job in self.world.detail(one).parents]

    def ended(self) -> list[int]:
        """Those that others named come first."""
        named = Counter(parent for row in self.rows() for parent in self.world.detail(row.id).parents)
        return sorted((row.id for row in self.rows() if row.state.is_final), key=lambda one: -named[one])

    def bad(self) -> list[JobRow]:
        return [row for row in self.rows() if row.state in {State.FAILED, State.CANCELLED}]

    def pick(self, which: int) -> int:
        ids = self.ids()
        return ids[-1 - which % len(ids)]


@pytest.mark.timeout(90)
@pytest.mark.parametrize("name", sorted(KINDS))
def test_every_random_life_with_deletions_is_sound(name: str) -> None:
    life = type("DeletingLifeOf" + name.capitalize(), (Lives,), {"kind": KINDS[name]})
    run_state_machine_as_test(
        life,
        settings=settings(
            max_examples=max(1, EXAMPLES // KINDS[name].lives), stateful_step_count=STEPS, deadline=None,
            suppress_health_check=list(HealthCheck), database=None,
        ),
    )  # fmt: skip
