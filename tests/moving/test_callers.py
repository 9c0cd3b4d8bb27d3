"""Copying away from PostgreSQL while an application has calls in a transaction that is still open."""

import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import psycopg
import pytest

from headway import Jobs, State, StoreBusy
from headway.store.moving.move import Move, Moved, move
from headway.store.open import look
from tests.acceptance.moments import WAIT_S, until
from tests.moving.stores import place_of


def note(number: int) -> int:
    return number


@pytest.fixture
def places(tmp_path: Path) -> tuple[str, str]:
    return place_of("postgres", tmp_path / "source"), place_of("sqlite", tmp_path / "target")


@pytest.fixture
def caller(places: tuple[str, str]) -> Iterator[psycopg.Connection]:
    with closing(psycopg.connect(places[0], application_name="shop-web")) as connection:
        yield connection


def copied(source: str, target: str) -> Moved:
    return move(source, target, Move(), tell=lambda *_: None, say=lambda _: None)


def is_waited_for(place: str) -> bool:
    with psycopg.connect(place, autocommit=True) as asking:
        return bool(
            asking.execute("SELECT count(*) FROM pg_locks WHERE NOT granted AND relation IS NOT NULL").fetchone()[0]
        )  # type: ignore[index]


def test_what_is_committed_while_the_fence_falls_is_in_the_new_place(
    places: tuple[str, str], caller: psycopg.Connection
) -> None:
    source, target = places
    with Jobs(source) as jobs:
        jobs.register(note, name="note")
        ref = jobs.within(caller).enqueue(note, 3)
        copying = threading.Thread(target=copied, args=places)
        copying.start()
        until(lambda: is_waited_for(source), "the fence waits for the caller")
        caller.commit()
        copying.join(WAIT_S)
        assert not copying.is_alive()
    with Jobs(target) as jobs:
        jobs.register(note, name="note")
        assert jobs.get(ref.ref_id).status().state is State.QUEUED


def test_one_that_stays_open_is_named_and_nothing_has_changed(
    places: tuple[str, str], caller: psycopg.Connection
) -> None:
    source, _ = places
    with Jobs(source) as jobs:
        jobs.register(note, name="note")
        ref = jobs.within(caller).enqueue(note, 3)
        with pytest.raises(StoreBusy, match=rf"process {caller.info.backend_pid} \(shop-web\) keeps tables"):
            copied(*places)
        caller.commit()
        assert jobs.get(ref.ref_id).status().state is State.QUEUED
    facts = look(source)
    assert facts is not None
    assert facts.held_us is None
