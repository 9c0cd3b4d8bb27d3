"""What the audit says of schedules that are not as they should be, and what a bad row does to the others."""

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from headway.model.errors import OptionInvalid
from headway.model.schedule import ScheduleState
from headway.store.open import open_store
from headway.store.scheduling import Review
from tests.conformance.owned_clock import OwnedClock
from tests.conformance.scheduling import (
    APP,
    MINUTE,
    declare,
    end_all,
    look,
    minutely,
    pass_minutes,
    pause,
    resume,
    review,
    runs,
    trigger,
)
from tests.conformance.world import World
from tests.store.tampering import invariants, tamper


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    clock = OwnedClock()
    store = open_store(str(tmp_path), clock=clock, durability="relaxed")
    yield World(store=store, clock=clock)
    store.close()


@pytest.fixture
def node(world: World) -> int:
    return world.node()


ONE_JOB = "an instant of a schedule has one job, and that is its own"
ENDS = "a run of a schedule ends with its job"
DUE = "exactly the active schedules are due at some time"
JUDGED = "no instant is due that was judged"
COUNTS = "a schedule counts its runs and knows its last success"


@pytest.mark.parametrize(
    ("damage", "broken"),
    [
        ("headway_tick SET job_id = 99 WHERE instant = (SELECT min(instant) FROM headway_tick)", ONE_JOB),
        ("headway_tick SET job_id = (SELECT min(job_id) FROM headway_tick), state = NULL, ended_at = NULL", ONE_JOB),
        ("headway_job SET ties = 0 WHERE state = 'queued'", ONE_JOB),
        ("headway_job SET ref_id = 'n@1' WHERE state = 'queued'", ONE_JOB),
        ("headway_tick SET job_id = NULL WHERE ended_at IS NULL", ONE_JOB),
        ("headway_tick SET ended_at = 1 WHERE ended_at IS NULL", ENDS),
        ("headway_tick SET ended_at = NULL WHERE state = 'completed'", ENDS),
        ("headway_tick SET state = 'failed' WHERE state = 'completed'", ENDS),
        ("headway_schedule SET next_at = NULL", DUE),
        ("headway_schedule SET paused_at = 1", DUE),
        ("headway_schedule SET orphaned_at = 1", DUE),
        ("headway_schedule SET finished_at = 1", DUE),
        ("headway_schedule SET removed_at = 1", DUE),
        ("headway_schedule SET error = 'no'", DUE),
        ("headway_schedule SET judged_to = next_at", JUDGED),
        ("headway_schedule SET run_count = 1", COUNTS),
        ("headway_schedule SET skip_count = 0", COUNTS),
        ("headway_schedule SET success_at = 1", COUNTS),
    ],
)
def test_damage_is_named(world: World, node: int, damage: str, broken: str) -> None:
    declare(world, node, minutely())
    pass_minutes(world)
    end_all(world, node)
    pass_minutes(world, 2)
    world.healthy()
    tamper(world, f"UPDATE {damage}")
    assert broken in invariants(world)


BAD = {
    "no JSON": "{",
    "another name": None,
    "another app": None,
    "an unknown kind of timetable": {"timetable": {"type": "moon", "phase": 1}},
    "an unknown zone": {"timetable": {"type": "cron", "text": "* * * * *", "zone": "Mars/Base"}},
    "an expression that cannot be": {"timetable": {"type": "cron", "text": "99 * * * *"}},
    "an interval of zero": {"timetable": {"type": "every", "every_us": 0}},
    "an interval of a microsecond": {"timetable": {"type": "every", "every_us": 1}},
    "an interval without bound": {"timetable": {"type": "every", "every_us": 10**30}},
    "a beginning without bound": {"timetable": {"type": "every", "every_us": 60_000_000}, "start_us": 10**30},
    "a jitter without bound": {"jitter_us": 10**30},
    "a misfire limit without bound": {"misfire_limit": 10**9, "misfire": "all"},
    "a misfire limit below zero": {"misfire_limit": -1},
    "an unknown policy": {"overlap": "perhaps"},
    "extras that are none": {},
}
NO_TEXT = {
    "no text": "x'ff00fe'",
    "text with a byte that is none": "replace(CAST(definition AS BLOB), '\"m\"', x'226dff22')",
}


def bad_text(world: World, what: str) -> str:
    with_sql = look(world).definition
    assert with_sql is not None
    from msgspec.json import encode

    found = json.loads(encode(with_sql))
    match what:
        case "no JSON":
            return "{"
        case "another name":
            found["name"] = "other"
        case "another app":
            found["job"][3] = "other"
        case "extras that are none":
            found["job"][11] = "[]"
        case _:
            found |= BAD[what] or {}
    return json.dumps(found)


@pytest.mark.parametrize("clock", ["as it was", "set back"])
@pytest.mark.parametrize("what", BAD)
def test_a_bad_row_stops_only_itself_and_shows_its_error(world: World, node: int, what: str, clock: str) -> None:
    declare(world, node, minutely(overlap="allow"), minutely("n", overlap="allow"))
    text = bad_text(world, what).replace("'", "''")
    tamper(world, f"UPDATE headway_schedule SET definition = '{text}' WHERE name = 'm'")
    if clock == "set back":
        world.clock.step_wall(-3_600)
        world.store.call(world.store.fire(APP))
    world.clock.advance(MINUTE + 1)
    world.store.call(world.store.fire(APP))
    row = look(world)
    assert (row.state, row.next_us) == (ScheduleState.FAULTY, None)
    assert row.error
    assert (len(runs(world)), len(runs(world, "n"))) == (0, 1)
    world.healthy()


@pytest.mark.parametrize("clock", ["as it was", "set back"])
@pytest.mark.parametrize("what", NO_TEXT)
def test_a_definition_that_is_no_text_stops_only_itself(world: World, node: int, what: str, clock: str) -> None:
    declare(world, node, minutely(), minutely("n"))
    tamper(world, f"UPDATE headway_schedule SET definition = CAST({NO_TEXT[what]} AS TEXT) WHERE name = 'm'")
    if clock == "set back":
        world.clock.step_wall(-3_600)
        world.store.call(world.store.fire(APP))
    world.clock.advance(MINUTE + 1)
    world.store.call(world.store.fire(APP))
    rows = {row.name: row for row in world.store.reader.call(world.store.reader.schedules())}
    assert (rows["m"].state, rows["n"].state) == (ScheduleState.FAULTY, ScheduleState.ACTIVE)
    assert rows["m"].error is not None
    assert rows["m"].error.isprintable()
    assert (len(runs(world)), len(runs(world, "n"))) == (0, 1)
    world.healthy()
    for touch in (resume, trigger):
        with pytest.raises(OptionInvalid, match="'m' cannot be read"):
            touch(world)
    assert pause(world)
    assert declare(world, node, minutely(), minutely("n")).changed == ("m",)
    assert look(world).definition == minutely()


def test_a_field_of_a_newer_version_is_no_fault(world: World, node: int) -> None:
    declare(world, node, minutely())
    definition = look(world).definition
    tamper(world, """UPDATE headway_schedule SET definition = json_set(definition, '$.colour', 'red')""")
    assert look(world).definition == definition
    assert pass_minutes(world)[0].runs == 1


class TestFaulty:
    def bad(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        tamper(world, "UPDATE headway_schedule SET definition = '{'")
        world.clock.advance(MINUTE)
        (wrong,) = world.store.call(world.store.fire(APP)).faulty
        assert wrong[0] == "m"
        assert "JSON is malformed" in wrong[1] or "truncated" in wrong[1]

    def test_it_is_shown_before_it_was_due_too(self, world: World, node: int) -> None:
        declare(world, node, minutely())
        tamper(world, "UPDATE headway_schedule SET definition = '{'")
        row = look(world)
        assert (row.state, row.definition) == (ScheduleState.FAULTY, None)
        assert row.error

    def test_a_resume_reads_it_again(self, world: World, node: int) -> None:
        self.bad(world, node)
        with pytest.raises(OptionInvalid, match="'m' cannot be read"):
            resume(world)
        tamper(
            world,
            """UPDATE headway_schedule SET definition = '{"name":"m","timetable":{"type":"every","every_us":60000000},"job":["","work","{}"]}'""",
        )
        assert resume(world)
        assert look(world).state is ScheduleState.ACTIVE
        world.healthy()

    def test_a_run_by_hand_says_what_is_wrong(self, world: World, node: int) -> None:
        self.bad(world, node)
        with pytest.raises(OptionInvalid, match="'m' cannot be read"):
            trigger(world)

    def test_the_code_that_has_it_mends_it(self, world: World, node: int) -> None:
        self.bad(world, node)
        assert declare(world, node, minutely()).changed == ("m",)
        assert pass_minutes(world)[0].runs == 1
        world.healthy()

    def test_it_can_be_paused_and_removed(self, world: World, node: int) -> None:
        self.bad(world, node)
        assert pause(world)
        assert world.store.call(world.store.remove_schedule(APP, "m"))
        world.healthy()


class TestUnread:
    """As a process of an older version, or on a host without a zone, stops what others can fire."""

    def stopped(self, world: World, node: int, what: str = "an unknown zone") -> bytes:
        declare(world, node, minutely(), minutely("n"))
        good = msgspec.json.encode(look(world).definition)
        text = bad_text(world, what).replace("'", "''")
        tamper(world, f"UPDATE headway_schedule SET definition = '{text}' WHERE name = 'm'")
        world.clock.advance(MINUTE)
        world.store.call(world.store.fire(APP))
        assert look(world).state is ScheduleState.FAULTY
        return good

    def mend(self, world: World, good: bytes) -> None:
        tamper(world, f"UPDATE headway_schedule SET definition = CAST(x'{good.hex()}' AS TEXT) WHERE name = 'm'")

    @pytest.mark.parametrize("what", ["an unknown zone", "an unknown policy", "an unknown kind of timetable"])
    def test_it_goes_on_where_a_process_can_read_it(self, world: World, node: int, what: str) -> None:
        good = self.stopped(world, node, what)
        assert review(world, node) == Review()
        assert world.store.call(world.store.reread_schedules(APP, ["m"])) == ()
        self.mend(world, good)
        world.clock.advance(90)
        assert review(world, node) == Review(readable=("m",))
        assert world.store.call(world.store.reread_schedules(APP, ["m", "n"])) == ("m",)
        row = look(world)
        assert (row.state, row.error, row.next_us) == (
            ScheduleState.ACTIVE, None, world.clock.now_us() + MINUTE * 500_000,
        )  # fmt: skip
        assert review(world, node) == Review()
        world.healthy()

    def test_a_pause_stays(self, world: World, node: int) -> None:
        good = self.stopped(world, node)
        pause(world)
        self.mend(world, good)
        assert world.store.call(world.store.reread_schedules(APP, ["m"])) == ("m",)
        assert look(world).state is ScheduleState.PAUSED
        world.healthy()

    def test_one_whose_job_cannot_be_stored_stays_stopped(self, world: World, node: int) -> None:
        declare(world, node, minutely(job=msgspec.structs.replace(minutely().job, batch=99)))
        world.clock.advance(MINUTE)
        assert [name for name, _ in world.store.call(world.store.fire(APP)).faulty] == ["m"]
        assert review(world, node) == Review()
