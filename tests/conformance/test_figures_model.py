"""Random lives: at every moment the figures are what a naive recount of all jobs says, however much of them is summed up."""

import random
from collections import defaultdict
from pathlib import Path

import pytest

from headway.model.claim import Claim
from headway.model.errors import OptionInvalid
from headway.model.job import FINAL, State
from headway.model.outcome import EndKind
from headway.store.protocol import Reader, RequeueAnswer, Store
from tests.conformance.owned_clock import SECOND_US, OwnedClock
from tests.conformance.places import Kind
from tests.conformance.recount import DAY_US, HOUR_US, MINUTE_US, End, Recount, check_names, month_of, spans, states
from tests.conformance.world import World

STEPS = 60
NAMES = ("work", "other")
QUEUES = ("default", "mail")
APPS = ("default", "shop")
FOLDS_MAX = 100


class Lives:
    """One store that two processes have open, a clock, and a recount."""

    def __init__(self, kind: Kind, folder: Path, seed: int, *, sets_back: bool) -> None:
        self.random = random.Random(seed)
        self.clock = OwnedClock()
        self.stores: tuple[Store, Store] = (kind.open(folder, self.clock), kind.open(folder, self.clock))
        self.world = World(store=self.stores[0], clock=self.clock)
        self.nodes = {app: self.world.node(f"n-{app}", app=app) for app in APPS}
        self.recount = Recount(self.stores[1])
        self.running: list[tuple[str, Claim]] = []
        self.sets_back = sets_back
        self.limbo = False
        """Something may be summed up by now or not."""
        self.uncertain = False
        """The clock was set back behind an end that is gone: it is summed up again without it, or was not yet."""
        self.deeds = [
            (8, self.put_and_claim), (8, self.end), (2, self.cancel), (5, self.fold), (3, self.settle), (2, self.requeue),
            (1, self.purge), (2, self.archive), (6, self.pass_time), (1, self.pass_hours),
        ]  # fmt: skip
        if sets_back:
            self.deeds += [(2, self.set_back), (1, self.set_forward), (1, self.reboot)]

    def close(self) -> None:
        for store in self.stores:
            store.close()

    def live(self, steps: int) -> None:
        weights = [weight for weight, _ in self.deeds]
        for _ in range(steps):
            (deed,) = self.random.choices([deed for _, deed in self.deeds], weights)
            deed()
            self.recount.look()
            self.check()
        self.settle()
        self.check()

    # -- deeds

    def put_and_claim(self) -> None:
        app = self.random.choice(APPS)
        facts = {"name": self.random.choice(NAMES), "queue": self.random.choice(QUEUES), "app": app}
        self.world.enqueue(*[self.world.new(**facts) for _ in range(self.random.randint(1, 3))])
        self._beat()
        if self.random.random() < 0.8:
            self.running += [(app, claim) for claim in self.world.claim(self.nodes[app], self.random.randint(1, 3))]

    def end(self) -> None:
        self._beat()
        self.random.shuffle(self.running)
        for app, claim in (self.running.pop() for _ in range(min(len(self.running), self.random.randint(1, 4)))):
            permanent = self.random.random() < 0.3
            kind = EndKind.RAISED if permanent else EndKind.RETURNED
            self.world.settle(self.nodes[app], claim, kind, permanent=permanent)

    def cancel(self) -> None:
        job = self.world.put(delay_us=DAY_US)
        self.world.store.call(self.world.store.cancel(job))

    def fold(self) -> None:
        """As every worker does when it starts, and every two seconds."""
        self.random.choice(self.stores).fold()
        self.limbo = True

    def settle(self) -> None:
        """Sum up all that has ended by now."""
        self.clock.advance(2)
        for _ in range(FOLDS_MAX):
            if not self.random.choice(self.stores).fold():
                break
        else:
            pytest.fail("there is always more to sum up")
        self.recount.look()
        self.recount.settled(self.clock.now_us() - SECOND_US)
        self.limbo = False

    def requeue(self) -> None:
        if self.limbo:
            self.settle()
        bad = [end for end in self.recount.here() if end.row.state in {State.FAILED, State.CANCELLED}]
        if bad:
            job = self.random.choice(bad).row.id
            assert self.world.store.call(self.world.store.requeue(job)) is RequeueAnswer.REQUEUED

    def purge(self) -> None:
        if self.limbo:
            self.settle()
        before = self.clock.now_us() - self.random.choice((0, MINUTE_US, HOUR_US))
        self.world.store.call(self.world.store.purge(completed_before_us=before, failed_before_us=before, limit=5))

    def archive(self) -> None:
        before = self.clock.now_us() - self.random.choice((0, MINUTE_US))
        self.world.store.call(self.world.store.archive(before_us=before, limit=5))

    def pass_time(self) -> None:
        self.clock.advance(self.random.choice((0.000_001, 0.3, 1, 2, 7, 20, 61, 300)))

    def pass_hours(self) -> None:
        self.clock.advance(self.random.choice((1, 5, 9, 30, 24 * 20)) * 3600)

    def set_back(self) -> None:
        self._set_clock(-self.random.choice((0.4, 0.9, 2, 59, 3600, 8 * 3600, 40 * 3600)))

    def set_forward(self) -> None:
        self._set_clock(self.random.choice((0.4, 2, 3600)))

    def reboot(self) -> None:
        self._set_clock(0)
        self.clock.reboot()
        self.clock.step_wall(self.random.choice((0, 0, -600)))
        self.fold()

    def _set_clock(self, seconds: float) -> None:
        """Workers that run see it, unless it is set twice within two seconds."""
        self.fold()
        self.recount.look()
        self.uncertain = self.uncertain or any(end.gone and end.stays for end in self.recount.ends)
        self.clock.step_wall(seconds)

    def _beat(self) -> None:
        for node in self.nodes.values():
            if not self.world.beat(node).alive:
                self.running = []
        for app in APPS:
            self.nodes[app] = (
                self.world.node(app=app) if not self.world.beat(self.nodes[app]).alive else self.nodes[app]
            )

    # -- what must hold

    def check(self) -> None:
        reader = self.random.choice(self.stores).reader
        app = self.random.choice((None, *APPS))
        if self.uncertain:
            self._check_bounds(reader)
        else:
            ends = [end for end in self.recount.counted() if app in {None, end.row.app}]
            self._check_spans(reader, app, ends)
            self._check_names(reader, app, ends)
        self._check_months(reader, app)

    def _check_bounds(self, reader: Reader) -> None:
        """No end that is there is missing, and none is counted twice."""
        now = self.clock.now_us()
        around = {"from_us": now - 300 * DAY_US, "until_us": now + 90 * DAY_US, "step_us": DAY_US}
        found = reader.call(reader.ended_over_time(app=None, **around))
        least, most = spans(self.recount.here(), **around), spans(self.recount.ends, **around)
        for low, span, high in zip(least, found, most, strict=True):
            for state in FINAL:
                assert low.ended.get(state, 0) <= span.ended.get(state, 0) <= high.ended.get(state, 0)

    def _check_spans(self, reader: Reader, app: str | None, ends: list[End]) -> None:
        now = self.clock.now_us()
        step_us, back, ahead = self.random.choice(((MINUTE_US, 180, 100), (HOUR_US, 48, 50), (DAY_US, 100, 60)))
        around = {"from_us": now - back * step_us, "until_us": now + ahead * step_us, "step_us": step_us}
        name, queue = self.random.choice((None, *NAMES)), self.random.choice((None, *QUEUES))
        found = reader.call(reader.ended_over_time(app=app, name=name, queue=queue, **around))
        some = [end for end in ends if name in {None, end.row.name} and queue in {None, end.row.queue}]
        for span, wanted in zip(found, spans(some, **around), strict=True):
            if self.sets_back and step_us == MINUTE_US and not span.exact:
                continue  # older than the minutes that were kept before the clock was set back
            assert span == wanted, (app, name, queue)

    def _check_names(self, reader: Reader, app: str | None, ends: list[End]) -> None:
        now = self.clock.now_us()
        step_us, length = self.random.choice(
            ((HOUR_US if self.sets_back else MINUTE_US, 100), (HOUR_US, 30), (DAY_US, 50))
        )
        until = now // step_us * step_us + self.random.choice((0, 1, 40)) * step_us
        begins = until - length * step_us
        within = [end for end in ends if begins <= end.at_us < until]
        by_name = reader.call(reader.handler_figures(app=app, from_us=begins, until_us=until))
        check_names(by_name, within, lambda row: row.name)
        ends = reader.call(reader.handler_ends(app=app, from_us=begins, until_us=until))
        assert {one.name: one.ended for one in ends} == {one.name: one.ended for one in by_name}
        by_queue = reader.call(reader.queue_figures(app=app, from_us=begins, until_us=until))
        check_names(by_queue, within, lambda row: row.queue)

    def _check_months(self, reader: Reader, app: str | None) -> None:
        months: defaultdict[str, list[End]] = defaultdict(list)
        for end in self.recount.here():
            if app in {None, end.row.app}:
                months[month_of(end.row)].append(end)
        found = reader.call(reader.months(app=app))
        assert [(one.name, one.jobs, one.ended) for one in found] == [
            (name, len(some), states(some)) for name, some in sorted(months.items(), reverse=True)
        ]


@pytest.mark.parametrize("seed", range(12))
def test_figures_are_a_recount_at_every_moment(store_kind: Kind, tmp_path: Path, seed: int) -> None:
    lives = Lives(store_kind, tmp_path, seed, sets_back=False)
    lives.live(STEPS)
    lives.close()


@pytest.mark.parametrize("seed", range(12))
def test_also_while_the_clock_is_set_to_and_fro(store_kind: Kind, tmp_path: Path, seed: int) -> None:
    lives = Lives(store_kind, tmp_path, seed, sets_back=True)
    lives.live(STEPS)
    lives.close()


def test_a_step_that_there_is_not_is_refused(store: Store) -> None:
    with pytest.raises(OptionInvalid, match="is no step"):
        store.reader.ended_over_time(app=None, from_us=0, until_us=1, step_us=17)
    with pytest.raises(OptionInvalid, match="more than 500"):
        store.reader.ended_over_time(app=None, from_us=0, until_us=501 * DAY_US, step_us=DAY_US)
