"""Free space behind a store: how often the system is asked, and the ballast that is kept to settle with."""

from __future__ import annotations

import os
from pathlib import Path
from types import SimpleNamespace

import pytest

from headway.store.sqlite.space import BALLAST_BYTES, FLOOR_BYTES, LOOK_S, Space
from tests.conformance.owned_clock import OwnedClock


class Disk:
    """What the system says of the free space, and how often it was asked."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, free: int | None) -> None:
        self.free = free
        self.asked = 0
        monkeypatch.setattr(os, "statvfs", self._answer)

    def _answer(self, _path: object) -> SimpleNamespace:
        self.asked += 1
        if self.free is None:
            raise OSError("not connected")
        return SimpleNamespace(f_bavail=self.free, f_frsize=1)


def test_the_system_is_asked_once_a_second_at_most(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    clock, disk = OwnedClock(), Disk(monkeypatch, FLOOR_BYTES)
    space = Space(tmp_path, clock)
    assert space.is_enough()
    disk.free = FLOOR_BYTES - 1
    assert (space.is_enough(), disk.asked) == (True, 1)
    clock.advance(LOOK_S)
    assert (space.is_enough(), disk.asked) == (False, 2)


def test_a_system_that_does_not_tell_stops_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Disk(monkeypatch, None)
    assert Space(tmp_path, OwnedClock()).is_enough()


def test_the_ballast_is_made_once_and_given_up_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Disk(monkeypatch, FLOOR_BYTES + BALLAST_BYTES)
    space = Space(tmp_path, OwnedClock())
    space.reserve()
    ballast = tmp_path / "ballast"
    made = ballast.stat()
    assert (made.st_size, made.st_mode & 0o777) == (BALLAST_BYTES, 0o600)
    space.reserve()
    assert ballast.stat().st_mtime_ns == made.st_mtime_ns
    assert [space.let_go(), space.let_go()] == [True, False]
    assert not ballast.exists()


def test_a_disk_that_is_nearly_full_is_not_filled_with_ballast(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Disk(monkeypatch, FLOOR_BYTES + BALLAST_BYTES - 1)
    Space(tmp_path, OwnedClock()).reserve()
    assert list(tmp_path.iterdir()) == []
