"""A disk that is nearly full: nothing new is begun, what runs is settled, and both turns are told once."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import pytest

from headway.store.sqlite.space import FLOOR_BYTES, LOOK_S
from tests.worker.stage import Bench


@pytest.fixture
def bench(tmp_path: Path) -> Iterator[Bench]:
    bench = Bench(tmp_path)
    yield bench
    bench.close()


def leave(monkeypatch: pytest.MonkeyPatch, free: int) -> None:
    """The system says that so many bytes are free."""
    monkeypatch.setattr(os, "statvfs", lambda _path: SimpleNamespace(f_bavail=free, f_frsize=1))


def test_a_nearly_full_disk_stops_claims_but_not_settling_until_there_is_room(
    bench: Bench, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    running = bench.enqueue()
    bench.turn()
    leave(monkeypatch, FLOOR_BYTES - 1)
    bench.clock.advance(LOOK_S)
    waiting = bench.enqueue()
    bench.host.end(bench.host.given[0])
    bench.turn()
    bench.turn()
    assert (bench.state(running), bench.state(waiting)) == ("completed", "queued")

    leave(monkeypatch, FLOOR_BYTES)
    bench.clock.advance(LOOK_S)
    bench.turn()
    assert [claim.id for claim in bench.host.given] == [running, waiting]
    told = [(one.levelno, one.getMessage()) for one in caplog.records if one.name == "headway.worker"]
    assert told == [
        (logging.ERROR, "the store's disk is nearly full: no job is claimed until there is room; running ones go on"),
        (logging.WARNING, "the store has room again: jobs are claimed again"),
    ]
