"""The thread that looks after child processes, and when it starts the next one."""

from __future__ import annotations

import threading

import pytest

from headway.run.keeper import PAUSES_S, Keeper, Respawn
from tests.run.stage import WAIT_S


def no_process() -> None:
    raise OSError("Resource temporarily unavailable")


def test_a_look_that_fails_is_told_and_the_next_is_made(caplog: pytest.LogCaptureFixture) -> None:
    looks: list[int] = []
    again = threading.Event()

    def tick() -> None:
        looks.append(1)
        if len(looks) == 1:
            raise LookupError("planted")
        again.set()

    keeper = Keeper("kept", tick)
    keeper.start()
    keeper.start()  # twice is once
    assert again.wait(WAIT_S)
    keeper.close()
    assert [one.getMessage() for one in caplog.records] == ["looking after child processes failed"]


def test_the_thread_itself_may_close_its_keeper() -> None:
    closed = threading.Event()

    def tick() -> None:
        keeper.close()
        closed.set()

    keeper = Keeper("kept", tick)
    keeper.start()
    assert closed.wait(WAIT_S)


def test_processes_that_die_at_once_are_started_after_growing_pauses_until_one_lives() -> None:
    respawn = Respawn(lambda: 1.0)
    waits = []
    for _ in range(len(PAUSES_S) + 1):
        respawn.died(100.0, quick=True)
        waits.append(respawn.wait_s(100.0))
    assert waits == pytest.approx([*PAUSES_S, PAUSES_S[-1]])
    respawn.lived()
    respawn.died(200.0, quick=True)
    assert respawn.wait_s(200.0) == pytest.approx(PAUSES_S[0])


def test_a_process_that_was_of_use_is_replaced_at_once() -> None:
    respawn = Respawn(lambda: 1.0)
    respawn.died(100.0, quick=False)
    assert respawn.wait_s(100.0) <= 0


def test_a_system_without_a_process_to_spare_is_told_and_asked_again_later(caplog: pytest.LogCaptureFixture) -> None:
    respawn = Respawn(lambda: 0.0)
    assert not respawn.tried(no_process, 100.0)
    assert respawn.wait_s(100.0) == pytest.approx(PAUSES_S[0] / 2)
    assert "no process can be started: Resource temporarily unavailable; trying again later" in caplog.text
    started: list[int] = []
    assert respawn.tried(lambda: started.append(1), 101.0)
    assert started == [1]
