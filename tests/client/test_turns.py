"""Turns on named workers where the store does not answer: none is left that nobody can end."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import pytest

from headway import Jobs
from headway.client.transient import Runs
from headway.client.turns import Turns
from headway.model.errors import StoreUnavailable
from headway.store.protocol import Operation
from headway.store.turns import Turn

WAIT_S = 10.0
LOOKS_MAX = 3


class Unreliable:
    """A store that carries out the next operation of a verb and loses the answer, or does not reach it at all."""

    def __init__(self, real: Any) -> None:
        self._real = real
        self.loses: str | None = None
        self.refuses: str | None = None
        self.deaf = False

    @property
    def reader(self) -> Any:
        if self.deaf:
            raise StoreUnavailable("the store cannot be read")
        return self._real.reader

    def call(self, operation: Operation[Any]) -> Any:
        if self.refuses == operation.verb:
            self.refuses = None
            raise StoreUnavailable("the store cannot be reached")
        answer = self._real.call(operation)
        if self.loses == operation.verb:
            self.loses = None
            raise StoreUnavailable("the answer was lost")
        return answer

    def submit(self, operation: Operation[Any], done: Callable[[Any, BaseException | None], None]) -> None:
        try:
            answer = self.call(operation)
        except StoreUnavailable as error:
            done(None, error)
        else:
            done(answer, None)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._real, name)


@pytest.fixture
def jobs(tmp_path: Path) -> Iterator[Jobs]:
    with Jobs(tmp_path / "store", durability="relaxed") as made:
        yield made


@pytest.fixture
def store(jobs: Jobs) -> Unreliable:
    return Unreliable(jobs.store)


@pytest.fixture
def turns(jobs: Jobs, store: Unreliable) -> Iterator[Turns]:
    broken: Any = store
    made = Turns(broken, "default", jobs.clock)
    yield made
    made.close()


@pytest.fixture
def others(jobs: Jobs) -> Iterator[Turns]:
    made = Turns(jobs.store, "default", jobs.clock)
    yield made
    made.close()


def comes(turns: Turns, turn: Turn) -> bool:
    """Whether its moment comes, looking as `wait` looks."""
    for _ in range(LOOKS_MAX):
        if turns._runs(turn):
            return True
        turns._bury()
    return False


def test_a_turn_whose_answer_was_lost_does_not_stay(turns: Turns, others: Turns, store: Unreliable) -> None:
    store.loses = "ask_turn"
    with pytest.raises(StoreUnavailable):
        turns.ask("smtp", "work")
    assert comes(others, others.ask("smtp", "work"))


def test_and_the_same_process_lines_up_again(turns: Turns, store: Unreliable) -> None:
    store.loses = "ask_turn"
    with pytest.raises(StoreUnavailable):
        turns.ask("smtp", "work")
    assert comes(turns, turns.ask("smtp", "work"))


def test_it_goes_with_the_last_run_of_its_process_that_was_there(
    turns: Turns, others: Turns, store: Unreliable
) -> None:
    runs = turns.ask("fax", "work")
    store.loses = "ask_turn"
    with pytest.raises(StoreUnavailable):
        turns.ask("smtp", "work")
    assert others.ask("fax", "work").runs is False
    waits = others.ask("smtp", "work")
    assert waits.runs is False
    turns.end(runs)
    assert comes(others, waits)


@pytest.mark.parametrize("way", ["end", "give_up"])
def test_a_turn_that_could_not_be_ended_does_not_stay(turns: Turns, others: Turns, store: Unreliable, way: str) -> None:
    turn, waits = turns.ask("smtp", "work"), others.ask("smtp", "work")
    store.refuses = "end_turn"
    getattr(turns, way)(turn)
    assert comes(others, waits)


def test_nor_does_it_stay_before_others_of_its_process(turns: Turns, store: Unreliable) -> None:
    first, second = turns.ask("smtp", "work"), turns.ask("smtp", "work")
    store.refuses = "end_turn"
    turns.end(first)
    assert comes(turns, second)


def test_nor_does_one_of_a_process_that_could_not_be_entered(turns: Turns, store: Unreliable) -> None:
    store.loses = "register"
    with pytest.raises(StoreUnavailable):
        turns.ask("smtp", "work")
    assert turns.ask("smtp", "work").runs
    assert len(store.gone()) == 1


def test_a_run_that_could_not_wait_gives_its_turn_back(
    jobs: Jobs, turns: Turns, others: Turns, store: Unreliable
) -> None:
    first = others.ask("smtp", "work")
    runs: Any = Runs(cast("Any", jobs))
    runs._found = turns
    store.deaf = True
    run = runs.start(jobs.register(lambda: 1, name="one").using(worker="smtp").call())
    with pytest.raises(StoreUnavailable):
        run.result(WAIT_S)
    others.end(first)
    assert comes(others, others.ask("smtp", "work"))
