"""Texts with a NUL, which SQLite keeps and PostgreSQL does not."""

from pathlib import Path

import pytest

from headway import Jobs, State
from headway.store.moving.move import Move, move
from tests.moving.stores import place_of

WHO = "an\0n"
WRITTEN = "an\\x00n"


def note(text: str) -> str:
    return text


def told(place: str) -> tuple[State, str | None, list[str], State]:
    with Jobs(place) as jobs:
        jobs.register(note, name="note")
        one, other = jobs.get(1), jobs.get(2)
        detail = jobs.store.reader.call(jobs.store.reader.detail(1))
        assert detail is not None
        return (
            one.status().state,
            detail.row.cancel_by,
            [event.by or "" for event in detail.events],
            other.status().state,
        )


def fill(place: str, *, archived: bool) -> None:
    with Jobs(place) as jobs:
        call = jobs.register(note, name="note")
        jobs.cancel(call.enqueue("a\0b").id, by=WHO)
        call.using(args={"who": WHO}).enqueue("a\0b")
        if archived:
            jobs.store.call(jobs.store.archive(before_us=jobs.clock.now_us() + 1))


@pytest.mark.parametrize("kind", ["sqlite", "postgres"])
def test_every_store_takes_it(kind: str, tmp_path: Path) -> None:
    place = place_of(kind, tmp_path)
    fill(place, archived=False)
    state, _, _, other = told(place)
    assert (state, other) == (State.CANCELLED, State.QUEUED)


@pytest.mark.parametrize("archived", [False, True], ids=["fresh", "archived"])
def test_it_is_copied_as_postgresql_would_have_it(archived: bool, tmp_path: Path) -> None:
    source, target = place_of("sqlite", tmp_path / "source"), place_of("postgres", tmp_path / "target")
    fill(source, archived=archived)
    before = told(source)
    move(source, target, Move(), tell=lambda *_: None, say=lambda _: None)
    state, by, events, other = told(target)
    assert (state, other) == (before[0], before[3])
    assert by == WRITTEN
    assert [one.replace("\0", "\\x00") for one in events] == [WRITTEN]  # in an archived record it is JSON, and stays
    with Jobs(target) as jobs:
        jobs.register(note, name="note")
        jobs.retry(1)
        assert jobs.get(1).status().state is State.QUEUED
