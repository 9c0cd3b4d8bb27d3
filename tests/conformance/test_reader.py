"""Looking at jobs: pages, filters, counts, queues, nodes, logs."""

import itertools
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from headway.model.job import JobRow, State
from headway.model.outcome import EndKind
from headway.store.protocol import JobFilter, JobPage
from headway.store.verbs.transaction import as_json
from tests.conformance.owned_clock import SECOND_US
from tests.conformance.places import Kind
from tests.conformance.stages import DRIVE, drive
from tests.conformance.world import World


def page(world: World, where: JobFilter | None = None, **facts: Any) -> JobPage:
    return world.store.reader.call(world.store.reader.page(where or JobFilter(), **facts))


def ids(found: JobPage) -> list[int]:
    return [row.id for row in found.rows]


class TestStates:
    def test_of_many_jobs_at_once_without_those_that_are_not_there(self, world: World) -> None:
        jobs = [world.put() for _ in range(3)]
        world.store.call(world.store.cancel(jobs[1]))
        reader = world.store.reader
        states = reader.call(reader.states([*jobs, 999_999]))
        assert states == {jobs[0]: State.QUEUED, jobs[1]: State.CANCELLED, jobs[2]: State.QUEUED}
        assert reader.call(reader.states([])) == {}


class TestPayloads:
    def test_of_many_jobs_at_once_wherever_they_lie(self, world: World, node: int) -> None:
        gone, long = world.running(node, payload='{"a":1}'), world.running(node, payload='"' + "x" * 100 + '"')
        world.end(node, gone)
        world.end(node, long)
        assert world.archive() == 2
        here, longer = world.put(payload='{"b":2}'), world.put(payload='"' + "y" * 100 + '"')
        reader, jobs = world.store.reader, [gone.id, long.id, here, longer, 999_999]
        assert reader.call(reader.payloads(jobs, longest=50)) == {gone.id: '{"a":1}', here: '{"b":2}'}
        every = reader.call(reader.payloads(jobs, longest=102))
        assert set(every) == {gone.id, long.id, here, longer}
        assert every[long.id] == '"' + "x" * 100 + '"'
        assert reader.call(reader.payloads([], longest=50)) == {}

    def test_of_a_tenant_are_those_of_no_other_wherever_they_lie(self, world: World, node: int) -> None:
        gone = world.running(node, payload='{"a":1}', tenant="umbrella")
        world.end(node, gone)
        assert world.archive() == 1
        theirs, nobodys = world.put(payload='{"b":2}', tenant="umbrella"), world.put(payload='{"c":3}')
        own, reader = world.put(payload='{"d":4}', tenant="acme"), world.store.reader
        jobs = [gone.id, theirs, nobodys, own]
        assert reader.call(reader.payloads(jobs, longest=50, tenant="acme")) == {own: '{"d":4}'}
        assert set(reader.call(reader.payloads(jobs, longest=50, tenant="umbrella"))) == {gone.id, theirs}

    def test_of_a_month_that_was_taken_away_are_none(
        self, store_kind: Kind, tmp_path: Path, world: World, node: int
    ) -> None:
        gone = world.running(node)
        world.end(node, gone)
        world.archive()
        for month in store_kind.months(tmp_path):
            store_kind.lose_month(tmp_path, month)
        assert world.store.reader.call(world.store.reader.payloads([gone.id], longest=50)) == {gone.id: None}


class TestFreeTextThatIsNotShown:
    def test_finds_nothing(self, world: World) -> None:
        secret, other = world.put(payload='{"pin":"1234"}'), world.put(payload='{"said":"1234"}')

        def shown(row: JobRow, payload: str | None, errors: str | None) -> tuple[str | None, ...]:
            assert errors is None
            return (row.name, payload if row.id == other else None)

        assert set(ids(page(world, JobFilter(text="1234")))) == {secret, other}
        assert ids(page(world, JobFilter(text="1234", shown=shown))) == [other]
        reader = world.store.reader
        assert reader.call(reader.ids(JobFilter(text="1234", shown=shown))) == (other,)


class TestOneJob:
    def test_by_id_or_reference(self, world: World) -> None:
        job = world.put(ref_id="order-7")
        assert world.row(job) == world.row("order-7") == world.row("order-7", app="default")
        assert world.detail(job) == world.detail("order-7")

    def test_what_is_not_there_is_none(self, world: World) -> None:
        reader = world.store.reader
        for name in (999_999, "nobody", "\ud800", "a\0b"):
            assert reader.call(reader.job(name)) is None
            assert reader.call(reader.detail(name)) is None

    def test_another_apps_job_is_not_there(self, world: World) -> None:
        reader = world.store.reader
        job = world.put(ref_id="order-7", app="shop")
        for name in (job, "order-7"):
            assert reader.call(reader.job(name, app="default")) is None
            assert reader.call(reader.detail(name, app="default")) is None
            assert world.row(name, app="shop").id == job

    def test_the_row_of_the_detail_is_the_row(self, world: World, node: int) -> None:
        for state in DRIVE:
            job = drive(world, node, state)
            assert world.detail(job).row == world.row(job)

    def test_events_and_attempts_are_in_order(self, world: World, node: int) -> None:
        job = world.put()
        for _ in range(3):
            world.end(node, world.take(node, job), EndKind.RELEASED)
            world.clock.advance(1)
        detail = world.detail(job)
        assert [attempt.epoch for attempt in detail.attempts] == [1, 2, 3]
        moments = [event.at_us for event in detail.events]
        assert moments == sorted(moments)


class TestPaging:
    def test_newest_first(self, world: World) -> None:
        jobs = [world.put(priority=number % 2) for number in range(5)]
        assert ids(page(world)) == jobs[::-1]

    def test_an_empty_store_has_an_empty_page(self, world: World) -> None:
        found = page(world)
        assert (found.rows, found.total, found.total_exact, found.next_cursor) == ((), 0, True, None)

    def test_the_cursor_leads_to_the_end(self, world: World) -> None:
        jobs = [world.put() for _ in range(7)]
        seen: list[int] = []
        cursor = None
        for _ in range(3):
            found = page(world, limit=3, before_id=cursor)
            seen += ids(found)
            cursor = found.next_cursor
            assert found.total == 7
        assert (seen, cursor) == (jobs[::-1], None)

    def test_a_cursor_is_not_moved_by_new_jobs(self, world: World) -> None:
        jobs = [world.put() for _ in range(4)]
        found = page(world, limit=2)
        world.put()
        assert ids(page(world, limit=2, before_id=found.next_cursor)) == [jobs[1], jobs[0]]

    def test_an_offset_skips(self, world: World) -> None:
        jobs = [world.put() for _ in range(5)]
        assert ids(page(world, limit=2, offset=2)) == [jobs[2], jobs[1]]
        assert ids(page(world, limit=2, offset=5)) == []

    def test_a_full_last_page_has_no_next(self, world: World) -> None:
        for _ in range(4):
            world.put()
        assert page(world, limit=4).next_cursor is None

    def test_no_page_is_longer_than_a_thousand(self, world: World) -> None:
        world.enqueue(*[world.new() for _ in range(1100)])
        assert len(page(world, limit=5000).rows) <= 1000

    def test_the_total_is_exact_or_says_that_it_is_not(self, world: World) -> None:
        world.enqueue(*[world.new(tags=("bulk",), name="work" if number % 2 else "other") for number in range(12_000)])
        everything = page(world)
        assert everything.total == 12_000 if everything.total_exact else 0 < everything.total < 12_000
        some = page(world, JobFilter(tag="bulk", names=("work", "other")))
        assert some.total == 12_000 if some.total_exact else 0 < some.total < 12_000
        half = page(world, JobFilter(names=("work",)))
        assert half.total == 6000 if half.total_exact else 0 < half.total < 6000


PARTS: dict[str, tuple[dict[str, Any], Callable[[JobRow], bool]]] = {
    "app": ({"app": "default"}, lambda row: row.app == "default"),
    "states": (
        {"states": (State.QUEUED, State.CANCELLED)}, lambda row: row.state in {State.QUEUED, State.CANCELLED},
    ),
    "names": ({"names": ("work",)}, lambda row: row.name == "work"),
    "queues": ({"queues": ("mail", "none")}, lambda row: row.queue == "mail"),
    "tag": ({"tag": "red"}, lambda row: "red" in row.tags),
    "batch": ({"batch_id": "b1"}, lambda row: row.batch_id == "b1"),
    "creator": ({"created_by": "ann"}, lambda row: row.created_by == "ann"),
    "user": ({"user_id": "u1"}, lambda row: row.user_id == "u1"),
    "code": ({"code": "cancelled"}, lambda row: row.code == "cancelled"),
    "reply": ({"reply_to": "https://shop.example/a"}, lambda row: row.reply_to == "https://shop.example/a"),
    "fact": ({"facts": (("city", "Rome"),)}, lambda row: row.priority & 1 == 1),
    "facts": ({"facts": (("floor", "2"), ("city", "Rome"))}, lambda row: row.priority == 3),
    "created": ({}, lambda row: True),
}  # fmt: skip


@pytest.fixture
def mixed(world: World) -> list[JobRow]:
    """Jobs of every kind: each fact varies apart from the others."""
    jobs = []
    for number in range(128):
        bits = [(number * 37 >> bit) & 1 for bit in range(7)]
        jobs.append(
            world.new(
                app="shop" if bits[0] and bits[1] else "default", name="other" if bits[1] else "work",
                queue="mail" if bits[2] else "default", tags=("red", "big") if bits[3] else ("blue",) if bits[0] else (),
                batch_id="b1" if bits[4] else None, created_by="ann" if bits[5] else "bob",
                user_id="u1" if bits[6] else None, delay_us=SECOND_US * 99 * (number % 3 == 0),
                reply_to=f"https://shop.example/{'ab'[number % 2]}" if number % 7 else None, priority=number % 5,
                extras=as_json({"args": {"city": "Rome" if number % 5 & 1 else "Oslo", "floor": 1 + (number % 5 >> 1)}}),
            )
        )  # fmt: skip
    answers = world.enqueue(*jobs)
    for answer in answers[::5]:
        world.store.call(world.store.cancel(answer.id))
    return [world.row(answer.id) for answer in reversed(answers)]


class TestFilters:
    @pytest.mark.parametrize(
        "names", [*itertools.combinations(PARTS, 1), *itertools.combinations(PARTS, 2)], ids="+".join
    )
    def test_each_alone_and_by_two(self, world: World, mixed: list[JobRow], names: tuple[str, ...]) -> None:
        self._check(world, mixed, names)

    def test_all_together(self, world: World, mixed: list[JobRow]) -> None:
        for count in (3, 4, 5):
            for names in itertools.islice(itertools.combinations(PARTS, count), 40):
                self._check(world, mixed, names)

    @staticmethod
    def _check(world: World, mixed: list[JobRow], names: tuple[str, ...]) -> None:
        where = JobFilter(**{name: value for part in names for name, value in PARTS[part][0].items()})
        expected = [row for row in mixed if all(PARTS[part][1](row) for part in names)]
        found = page(world, where, limit=1000)
        assert list(found.rows) == expected
        assert (found.total, found.total_exact) == (len(expected), True)
        assert world.store.reader.call(world.store.reader.ids(where)) == tuple(row.id for row in expected)
        assert ids(page(world, where, limit=5, offset=3)) == [row.id for row in expected[3:8]]
        if len(expected) > 4:
            assert ids(page(world, where, limit=3, before_id=expected[3].id)) == [row.id for row in expected[4:7]]

    def test_by_reference(self, world: World, mixed: list[JobRow]) -> None:
        assert ids(page(world, JobFilter(ref_id=mixed[7].ref_id))) == [mixed[7].id]

    def test_by_parent(self, world: World) -> None:
        parent = world.put()
        children = [world.put(parent_id=parent) for _ in range(3)]
        assert ids(page(world, JobFilter(parent_id=parent))) == children[::-1]

    def test_by_creation_from_here_until_before_there(self, world: World) -> None:
        jobs = []
        for _ in range(5):
            jobs.append(world.put())
            world.clock.advance(1)
        start = world.row(jobs[1]).created_us
        where = JobFilter(created_from_us=start, created_until_us=start + 2 * SECOND_US)
        assert set(ids(page(world, where))) >= {jobs[1], jobs[2]}
        assert not set(ids(page(world, where))) & {jobs[0], jobs[4]}

    @pytest.mark.parametrize(
        ("value", "text"),
        [("Rome", "Rome"), ("", ""), (5, "5"), (1.5, "1.5"), (1e300, "1e300"), (2**70, str(2**70)), (True, "true"), (False, "false"), (None, "null"), ("x" * 500, "x" * 500)],
    )  # fmt: skip
    def test_a_fact_is_found_by_its_text(self, world: World, value: object, text: str) -> None:
        job = world.put(extras=as_json({"args": {"k": value}}))
        world.put(extras=as_json({"args": {"other": value}}))
        world.put(extras=as_json({"args": {"k": "another"}, "traceparent": "00-1"}))
        world.put(extras=as_json({"traceparent": "00-1"}))
        assert ids(page(world, JobFilter(facts=(("k", text),)))) == [job]

    @pytest.mark.parametrize("value", [[1], {"a": 1}, "x" * 501])
    def test_what_is_no_text_is_kept_and_not_looked_for(self, world: World, value: object) -> None:
        job = world.put(extras=as_json({"args": {"k": value, "plain": "yes"}}))
        assert as_json(value) in (world.detail(job).extras or "")
        assert ids(page(world, JobFilter(facts=(("plain", "yes"),)))) == [job]
        assert ids(page(world, JobFilter(facts=(("k", as_json(value)),)))) == []

    def test_facts_outlive_archive_and_requeue_and_go_with_the_job(self, world: World, node: int) -> None:
        where = JobFilter(facts=(("k", "v"),), reply_to="mailto:ann")
        claim = world.running(node, extras='{"args":{"k":"v"}}', reply_to="mailto:ann")
        world.fail(node, claim)
        world.archive()
        assert ids(page(world, where)) == [claim.id]
        world.store.call(world.store.requeue(claim.id))
        assert ids(page(world, where)) == [claim.id]
        world.fail(node, world.take(node, claim.id))
        later = world.clock.now_us() + 1
        world.store.call(world.store.purge(completed_before_us=later, failed_before_us=later))
        assert ids(page(world, where)) == []

    def test_archived_jobs_are_found_by_the_same_filters(self, world: World, mixed: list[JobRow]) -> None:
        where = JobFilter(states=(State.CANCELLED,), tag="red", facts=(("floor", "1"),))
        before = ids(page(world, where))
        assert before
        world.archive()
        assert ids(page(world, where)) == before
        assert [replace(row, archived=False) for row in page(world, where).rows] == [
            row for row in mixed if row.id in before
        ]

    @pytest.mark.parametrize("text", ["needle", "NEEDLE"])
    def test_free_text_in_name_reason_payload_and_error(self, world: World, node: int, text: str) -> None:
        world.put(name="plain")
        named, paid = world.put(name="find.needle"), world.put(payload='{"x":"a needle here"}')
        claim = world.take(node, paid)
        world.end(node, claim)
        reasoned = world.running(node)
        world.end(node, reasoned, EndKind.RAISED, permanent=True, reason="a needle in the reason")
        found = page(world, JobFilter(text=text))
        assert ids(found) == [reasoned.id, paid, named]
        assert found.searched_to_us is None

    @pytest.mark.parametrize("text", ["%", "_", "'", '"', "\\", "100%"])
    def test_free_text_means_itself(self, world: World, text: str) -> None:
        world.put(payload='{"x":"plain"}')
        encoded = text.replace("\\", "\\\\").replace('"', '\\"')
        job = world.put(payload=f'{{"x":"{encoded}"}}', name="plain")
        assert job in ids(page(world, JobFilter(text=text)))
        if text in {"%", "_", "'", "100%"}:
            assert ids(page(world, JobFilter(text=text))) == [job]

    def test_free_text_is_skipped_by_an_offset_too(self, world: World) -> None:
        jobs = [world.put(name="work" if number % 2 else "needle") for number in range(10)]
        where = JobFilter(text="needle")
        assert ids(page(world, where, limit=2, offset=1)) == [jobs[6], jobs[4]]
        found = page(world, where, limit=2)
        assert (found.total_exact, ids(page(world, where, limit=9, after=found.next_after))) == (False, jobs[4::-2])
        assert (page(world, where).total, page(world, where, offset=4).total) == (5, 5)

    def test_of_ids_keep_their_limit(self, world: World) -> None:
        jobs = [world.put() for _ in range(5)]
        assert world.store.reader.call(world.store.reader.ids(JobFilter(), limit=2)) == (jobs[4], jobs[3])


class TestCounts:
    def test_equal_what_is_there_through_every_state(self, world: World, node: int) -> None:
        for number, state in enumerate(DRIVE):
            for _ in range(number % 3 + 1):
                drive(world, node, state)
        self._agree(world)
        world.archive()
        self._agree(world)

    def test_have_every_state_as_a_key(self, world: World) -> None:
        assert world.store.reader.call(world.store.reader.counts()) == dict.fromkeys(State, 0)

    def test_are_apart_by_app(self, world: World) -> None:
        world.put()
        world.put(app="shop")
        world.put(app="shop")
        reader = world.store.reader
        assert [reader.call(reader.counts(app=app))[State.QUEUED] for app in ("default", "shop", "none", None)] == [
            1, 2, 0, 3,
        ]  # fmt: skip

    @staticmethod
    def _agree(world: World) -> None:
        rows = page(world, limit=1000).rows
        real = Counter(row.state for row in rows)
        assert world.store.reader.call(world.store.reader.counts()) == {state: real[state] for state in State}
        for state in State:
            found = page(world, JobFilter(states=(state,)))
            assert (found.total, found.total_exact) == (real[state], True)


class TestQueues:
    def test_stand_by_name_with_their_oldest(self, world: World, node: int) -> None:
        now = world.clock.now_us()
        world.put(queue="b", due_us=now - 5)
        world.put(queue="b", due_us=now - 9)
        world.put(queue="b", delay_us=SECOND_US)
        world.put(queue="a", depends_on=(world.put(queue="a", priority=3),))
        assert len(world.claim(node, queues=("a",))) == 1
        world.end(node, world.running(node, queue="a", priority=9))
        a, b = world.store.reader.call(world.store.reader.queues())
        assert (a.queue, a.queued, a.scheduled, a.waiting, a.running, a.oldest_due_us) == ("a", 0, 0, 1, 1, None)
        assert (b.queue, b.queued, b.scheduled, b.waiting, b.running, b.oldest_due_us) == ("b", 2, 1, 0, 0, now - 9)

    def test_are_apart_by_app(self, world: World) -> None:
        world.put(queue="a")
        world.put(queue="b", app="shop")
        reader = world.store.reader
        assert [count.queue for count in reader.call(reader.queues(app="shop"))] == ["b"]
        assert [count.queue for count in reader.call(reader.queues())] == ["a", "b"]


class TestNodes:
    def test_newest_first_and_apart_by_app(self, world: World) -> None:
        for uid, app in (("one", "default"), ("two", "shop"), ("three", "default")):
            world.node(uid, app=app)
        reader = world.store.reader
        assert [node.uid for node in reader.call(reader.nodes())] == ["three", "two", "one"]
        assert [node.uid for node in reader.call(reader.nodes(app="shop"))] == ["two"]

    def test_the_gone_are_shown_for_a_day(self, world: World) -> None:
        gone = world.node("gone")
        world.store.call(world.store.leave(gone))
        stays = world.node("stays")
        world.clock.advance(3600)
        world.beat(stays)
        assert [row.uid for row in world.store.reader.call(world.store.reader.nodes())] == ["stays", "gone"]
        world.clock.advance(24 * 3600)
        world.beat(stays)
        assert [row.uid for row in world.store.reader.call(world.store.reader.nodes())] == ["stays"]


class TestDurations:
    def test_of_the_latest_successes_newest_first(self, world: World, node: int) -> None:
        for seconds in (9, 1, 2, 3):
            claim = world.running(node)
            world.clock.advance(seconds)
            world.end(node, claim)
        failed = world.running(node)
        world.clock.advance(50)
        world.fail(node, failed)
        other = world.running(node, name="other")
        world.clock.advance(70)
        world.end(node, other)
        reader = world.store.reader
        assert reader.call(reader.durations("work", last=3)) == tuple(n * SECOND_US for n in (3, 2, 1))
        assert reader.call(reader.durations("other")) == (70 * SECOND_US,)
        assert reader.call(reader.durations("never")) == ()


class TestHandlers:
    def test_that_unfinished_jobs_are_stored_under(self, world: World, node: int) -> None:
        world.put(name="b")
        world.put(name="a", delay_us=SECOND_US)
        world.put(name="a")
        world.put(name="c", app="shop")
        world.end(node, world.running(node))
        reader = world.store.reader
        everywhere, shop = reader.call(reader.handlers()), reader.call(reader.handlers(app="shop"))
        assert (sorted(everywhere), sorted(shop)) == (["a", "b", "c"], ["c"])


class TestTextsThatCannotBeStored:
    @pytest.mark.parametrize(
        "where",
        [
            JobFilter(app="a\0"),
            JobFilter(names=("work\0",)),
            JobFilter(tag="\0"),
            JobFilter(facts=(("tenant", "\0"),)),
            JobFilter(ref_id="\0"),
            JobFilter(text="\0"),
        ],
    )
    def test_are_in_no_job(self, world: World, where: JobFilter) -> None:
        world.put()
        assert ids(page(world, where)) == []

    def test_name_no_job(self, world: World) -> None:
        job = world.put()
        reader = world.store.reader
        assert reader.call(reader.job("a\0b")) is None
        assert reader.call(reader.job(job, app="a\0b")) is None
