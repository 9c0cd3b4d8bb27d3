"""What was read a moment ago: kept only where it took long, for a time that grows with that, and never past a change."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from headway import Jobs
from headway.store.operation import Operation
from headway.testing import FakeClock
from headway.web.lately import KEPT_MAX_S, KEYS_MAX, LONG_S, SHARE, Lately


@dataclass
class Desk:
    """Readings that take as long as they are told to, counted."""

    jobs: Jobs
    clock: FakeClock
    takes_s: float = 0.0
    busy_s: float = 0.0
    runs: int = 0
    meanwhile: Callable[[], None] = lambda: None
    lately: Lately = field(init=False)

    def __post_init__(self) -> None:
        self.lately = Lately(busy=lambda: self.busy_s)

    def _run(self, _tx: Any) -> int:
        self.runs += 1
        self.busy_s += self.takes_s
        self.meanwhile()
        return self.runs

    def read(self, key: str = "counts") -> int:
        return asyncio.run(
            self.lately.read(key, Operation("counts", self._run), self.jobs.store.reader, self.clock)
        ).value


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with Jobs(tmp_path / "store") as jobs:
        yield Desk(jobs, FakeClock())


def test_what_is_read_quickly_is_read_each_time(desk: Desk) -> None:
    desk.takes_s = LONG_S / 2
    assert [desk.read(), desk.read()] == [1, 2]


def test_what_took_long_once_is_read_again(desk: Desk) -> None:
    desk.takes_s = 0.01
    assert [desk.read(), desk.read()] == [1, 2]


def test_what_takes_long_serves_for_a_multiple_of_that(desk: Desk) -> None:
    desk.takes_s = 0.01
    assert [desk.read() for _ in range(4)] == [1, 2, 2, 2]
    desk.clock.advance(timedelta(seconds=SHARE * 0.01 - 0.001))
    assert desk.read() == 2
    desk.clock.advance(timedelta(seconds=0.002))
    assert [desk.read(), desk.read()] == [3, 3]


def test_it_never_serves_for_longer_than_a_second(desk: Desk) -> None:
    desk.takes_s = 60.0
    assert [desk.read() for _ in range(3)] == [1, 2, 2]
    desk.clock.advance(timedelta(seconds=KEPT_MAX_S))
    assert desk.read() == 3


def test_each_key_has_its_own(desk: Desk) -> None:
    desk.takes_s = 0.01
    assert [desk.read(key) for key in ("one", "two", "one", "two", "one", "two")] == [1, 2, 3, 4, 3, 4]


def test_after_a_change_it_is_read_again(desk: Desk) -> None:
    desk.takes_s = 0.01
    assert [desk.read(), desk.read()] == [1, 2]
    desk.lately.forget()
    assert desk.read() == 3


def test_what_was_begun_before_a_change_is_not_kept(desk: Desk) -> None:
    desk.takes_s = 0.01
    desk.meanwhile = desk.lately.forget
    assert [desk.read(), desk.read(), desk.read()] == [1, 2, 3]


def test_a_thousand_different_questions_do_not_fill_the_memory(desk: Desk) -> None:
    desk.takes_s = 0.01
    assert [desk.read(), desk.read(), desk.read()] == [1, 2, 2]
    for number in range(KEYS_MAX):
        desk.read(str(number))
    assert desk.read() == KEYS_MAX + 3
