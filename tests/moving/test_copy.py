"""Copying a store: everything, from each kind to each, compared on both sides, and the old one fenced."""

import pytest

from headway.model.displaced import StoreMoved
from headway.model.errors import StoreError, StorePlaceInvalid
from headway.store.moving.copying import RECORD_TABLE, every
from headway.store.moving.filling import passing
from headway.store.moving.move import Move, move, release
from headway.store.moving.sides import opened
from headway.store.moving.table import NUMBERED
from headway.store.moving.verifying import CopyDiffers
from headway.store.open import look, open_store
from tests.cli.stage import Stage
from tests.moving.stores import ACTS, LAST_NUMBER, ROWS, fill, live, place_of
from tests.postgres.databases import ask

PAIRS = [(one, other) for one in ("sqlite", "postgres") for other in ("sqlite", "postgres")]
NAMES = [f"{one}-to-{other}" for one, other in PAIRS]


@pytest.fixture(params=PAIRS, ids=NAMES)
def places(request, tmp_path):
    one, other = request.param
    return place_of(one, tmp_path / "source"), place_of(other, tmp_path / "target")


def copied(source, target, **how):
    return move(source, target, Move(**how), tell=lambda *_: None, say=lambda _: None)


def digests(moved):
    return {one.table: (one.rows, one.digest) for one in moved.tables if one.table != ACTS}


def details(place, limit=None):
    store = open_store(place)
    try:
        from headway.store.protocol import JobFilter

        ids = store.reader.call(store.reader.ids(JobFilter()))
        return [store.reader.call(store.reader.detail(one)) for one in ids[:limit]]
    finally:
        store.close()


def test_every_table_is_copied(places):
    source, target = places
    fill(source)
    moved = copied(source, target)
    with opened(target) as side, side.reading() as tx:
        tables = [*side.tables(tx).values(), RECORD_TABLE]
        expected = {one.name: ROWS for one in tables} | {ACTS: ROWS + 2}
        assert {one.name: len(list(every(side, tx, one))) for one in tables} == expected
        assert set(side.numbers(tx).values()) <= {ROWS, LAST_NUMBER, LAST_NUMBER + 2}
        assert side.numbers(tx)["headway_job"] == LAST_NUMBER
    assert {one.table: one.rows for one in moved.tables if one.rows != ROWS} == {ACTS: ROWS + 1}


def test_every_table_with_a_sequence_is_known(tmp_path):
    place_of("postgres", tmp_path)
    found = ask(
        tmp_path, "SELECT table_name, column_name FROM information_schema.columns WHERE is_identity = 'YES' ORDER BY 1"
    )
    assert dict(found) == dict(NUMBERED)


def test_there_and_back_the_hashes_are_the_same(tmp_path):
    first, second, third = (
        place_of(kind, tmp_path / str(number)) for number, kind in enumerate(("sqlite", "postgres", "sqlite"))
    )
    fill(first)
    there = copied(first, second)
    back = copied(second, third)
    assert digests(there) == digests(back)


def test_jobs_look_the_same_in_their_new_place(places):
    source, target = places
    live(source)
    before = details(source)
    copied(source, target)
    assert details(target) == before
    assert len(before) == 7


def test_the_new_place_goes_on_and_the_old_one_says_where(places):
    source, target = places
    ids = live(source)
    copied(source, target)
    assert look(target).held_us is None
    fresh = Stage(target)
    assert fresh.add(name="shop:report") == max(ids) + 1
    fresh.store.close()
    old = Stage(source)
    with pytest.raises(StoreMoved, match="has moved to"):
        old.add(name="shop:report")
    old.store.close()


def test_copying_twice_is_harmless(places):
    source, target = places
    live(source)
    copied(source, target)
    before = details(target)
    assert copied(source, target).tables == ()
    assert details(target) == before


def test_an_open_store_is_fenced_too(places):
    source, target = places
    stage = Stage(source)
    stage.add()
    copied(source, target)
    with pytest.raises(StoreMoved):
        stage.add()
    with pytest.raises(StoreMoved):
        stage.claim()
    stage.store.close()


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_what_runs_is_waited_for_and_else_nothing_changes(kind, tmp_path):
    source, target = place_of(kind, tmp_path / "source"), place_of("sqlite", tmp_path / "target")
    stage = Stage(source)
    job = stage.start()
    with pytest.raises(StoreError, match="1 jobs run"):
        copied(source, target, drain_timeout_s=0)
    assert look(source).held_us is None
    stage.add()
    moved = copied(source, target, drain_timeout_s=0, force=True)
    assert moved.tables
    stage.store.close()
    other = Stage(target)
    other.store.call(other.store.reap(lease_us=1_000_000, beat_us=500_000))
    assert other.state(job).value in {"queued", "scheduled"}
    other.store.close()


@pytest.mark.parametrize("at", [1, 2, 5, 12, 30])
def test_an_interrupted_copy_goes_on(places, at):
    source, target = places
    fill(source)
    seen = []

    def break_off(*what):
        seen.append(what)
        if len(seen) == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move(source, target, Move(force=True), tell=break_off, say=lambda _: None)
    assert look(target).held_us is not None
    whole = copied(source, target, force=True)
    assert {one.table: one.rows for one in whole.tables if one.rows != ROWS} == {ACTS: ROWS + 1}


def test_a_row_that_somebody_changed_is_found(places, monkeypatch):
    source, target = places
    fill(source)

    def spoil(word):
        if word == "comparing":
            with opened(target) as side:
                side.store.call(
                    passing(
                        side, "spoil", lambda tx: tx.query("UPDATE headway_body SET payload = 'x' WHERE job_id = 2")
                    )
                )

    with pytest.raises(CopyDiffers, match=r"the row 2 of headway_body differs from .* in payload"):
        move(source, target, Move(force=True), tell=lambda *_: None, say=spoil)
    assert look(target).held_us is not None
    assert release(source) is not None
    assert look(source).held_us is None


def test_a_place_that_is_taken_is_refused(places):
    source, target = places
    live(source)
    other = Stage(target)
    other.add()
    other.store.close()
    with pytest.raises(StoreError, match="is not empty"):
        copied(source, target)
    with pytest.raises(StorePlaceInvalid, match="is the store itself"):
        copied(source, source)


def test_a_preview_leaves_the_source_alone_and_is_held(places):
    source, target = places
    live(source)
    moved = copied(source, target, preview=True)
    assert moved.held
    assert look(target).held_us is not None
    assert look(source).held_us is None
    stage = Stage(source)
    stage.add(name="shop:report")
    stage.store.close()


def test_a_store_that_has_moved_is_released_by_force_only(tmp_path):
    source, target = place_of("sqlite", tmp_path / "source"), place_of("sqlite", tmp_path / "target")
    live(source)
    copied(source, target)
    with pytest.raises(StoreError, match="two stores would run the same jobs"):
        release(source)
    assert release(source, force=True) is not None
    stage = Stage(source)
    stage.add(name="shop:report")
    stage.store.close()
    assert release(source) is None
