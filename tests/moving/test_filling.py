"""The new place while it is filled: closed to everybody but the copier, also when the copy was interrupted."""

from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from headway.model.claim import NewJob
from headway.model.displaced import StoreMoved
from headway.model.errors import StoreError
from headway.store.moving.copying import RECORD_TABLE, every
from headway.store.moving.move import Move, Released, move, release
from headway.store.moving.sides import opened
from headway.store.open import look, open_store
from headway.store.operation import Operation
from headway.store.protocol import Store
from tests.cli.stage import Stage
from tests.moving.stores import ACTS, LAST_NUMBER, ROWS, fill, live, place_of
from tests.moving.test_copy import NAMES, PAIRS, copied

BY = "is being filled by a copy from {}, started 20"


@pytest.fixture(params=PAIRS, ids=NAMES)
def places(request, tmp_path):
    one, other = request.param
    return place_of(one, tmp_path / "source"), place_of(other, tmp_path / "target")


@contextmanager
def store_at(place: str) -> Iterator[Store]:
    store = open_store(place)
    try:
        yield store
    finally:
        store.close()


def rows_in(place: str) -> dict[str, int]:
    with opened(place) as side, side.reading() as tx:
        return {one.name: len(list(every(side, tx, one))) for one in (*side.tables(tx).values(), RECORD_TABLE)}


def refused(place: str, source: str) -> list[str]:
    """What somebody is told who opens the place and enqueues, enters a worker, and lets jobs run that he took for held."""
    stage = Stage(place)
    said = []
    try:
        for act in (lambda: stage.add(name="shop:report"), stage.claim):
            with pytest.raises(StoreMoved) as caught:
                act()
            assert not caught.value.is_for_good
            said.append(str(caught.value))
        stage.store.call(stage.store.resume_claims())
        with pytest.raises(StoreMoved):
            stage.add(name="shop:report")
    finally:
        stage.store.close()
    with store_at(source) as store:
        assert all(BY.format(store.place) in text for text in said), said
    return said


def interrupted(source: str, target: str, at: int) -> None:
    seen = []

    def break_off(*what: object) -> None:
        seen.append(what)
        if len(seen) == at:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        move(source, target, Move(force=True), tell=break_off, say=lambda _: None)


def test_nobody_writes_there_before_the_copy_is_whole(places):
    source, target = places
    live(source)
    said = []

    def intrude(word: str) -> None:
        if word != "draining":
            said.extend(refused(target, source))

    moved = move(source, target, Move(), tell=lambda *_: None, say=intrude)
    assert len(said) == 4  # before it copies, and before it compares
    rows = rows_in(target)
    assert {one.table: one.rows for one in moved.tables} == rows | {ACTS: rows[ACTS] - 1}
    stage = Stage(target)
    stage.add(name="shop:report")
    stage.store.close()


def test_an_interrupted_copy_leaves_it_closed_and_goes_on(places):
    source, target = places
    fill(source)
    for at in (2, 9):
        interrupted(source, target, at)
        refused(target, source)
    assert {one.rows for one in copied(source, target, force=True).tables if one.table != ACTS} == {ROWS}


@pytest.mark.parametrize("at", [1, 12, 22])
def test_given_up_it_is_empty_and_open_and_may_be_filled_again(places, at):
    source, target = places
    fill(source)
    interrupted(source, target, at)
    assert release(target) is not None
    assert set(rows_in(target).values()) == {0}
    facts = look(target)
    assert facts is not None
    assert (facts.held_us, facts.months) == (None, ())
    assert release(target) is None
    with pytest.raises(StoreMoved, match="is being copied to"):
        Stage(source).add(name="shop:report")
    copied(source, target, force=True)
    rows = rows_in(target)
    assert {name: count for name, count in rows.items() if count != ROWS} == {ACTS: ROWS + 2}
    with opened(target) as side, pytest.raises(StoreError, match="what people did is not"):
        side.store.call(Operation("forget", lambda tx: tx.query("DELETE FROM headway_act")))


def test_by_force_it_keeps_what_was_copied_for_whoever_lost_the_source(places):
    source, target = places
    fill(source)
    interrupted(source, target, 12)
    before = rows_in(target)
    assert release(target, force=True) == Released(other=open_place(source), was="filling")
    assert rows_in(target) == before | {ACTS: before[ACTS] + 1}
    assert {count for name, count in before.items() if name != ACTS} == {0, ROWS}
    with store_at(target) as store:
        assert store.call(store.resume_claims()) is False
        assert store.call(store.enqueue([NewJob(ref_id="new", name="new", payload="{}")]))[0].id == LAST_NUMBER + 1


def open_place(place: str) -> str:
    with store_at(place) as store:
        return store.place


def test_a_whole_copy_is_not_emptied(places):
    source, target = places
    live(source)
    copied(source, target)
    before = rows_in(target)
    assert release(target) is None
    assert rows_in(target) == before


def test_a_preview_is_closed_until_it_is_whole(places):
    source, target = places
    live(source)
    said = []
    move(source, target, Move(preview=True), tell=lambda *_: None, say=lambda _: said.append(refused(target, source)))
    assert len(said) == 2
    stage = Stage(target)
    stage.add(name="shop:report")
    stage.store.close()


def test_a_copy_that_does_not_come_about_leaves_both_places_as_they_were(places):
    source, target = places
    stage = Stage(source)
    stage.start()
    with pytest.raises(StoreError, match="1 jobs run"):
        copied(source, target, drain_timeout_s=0)
    for place in places:
        facts = look(place)
        assert facts is not None
        assert facts.held_us is None
    other = Stage(target)
    other.add(name="shop:report")
    other.store.close()
    with pytest.raises(StoreError, match="is not empty"):
        copied(source, target, force=True)
    stage.add(name="shop:report")
    stage.store.close()
