"""Waking another process: by its socket where one can be made, by a look at the log file everywhere."""

from __future__ import annotations

import os
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from headway.store.sqlite.bell import ADDRESS_MAX, SUFFIX, Bell, Listener, short_address

WAIT_S = 10.0
UID = "node-1"

Listen = Callable[[Path, Callable[[], None]], Listener]


@pytest.fixture
def listen() -> Iterator[Listen]:
    """Starts to listen in a folder, and ends it with the test."""
    listeners: list[Listener] = []

    def start(folder: Path, ring: Callable[[], None]) -> Listener:
        listeners.append(Listener(folder, UID, folder / "log", ring))
        return listeners[-1]

    yield start
    for one in listeners:
        one.close()


@pytest.fixture
def bell(tmp_path: Path) -> Iterator[Bell]:
    """A bell for the folder of the test."""
    bell = Bell(tmp_path)
    yield bell
    bell.close()
    bell.close()  # twice is once


@pytest.fixture
def far(tmp_path: Path) -> Path:
    """A folder whose path is longer than a socket's name may be."""
    folder = tmp_path / ("f" * ADDRESS_MAX)
    folder.mkdir()
    return folder


def test_a_ring_reaches_every_node_but_those_told_already(bell: Bell, tmp_path: Path) -> None:
    ends = {}
    for uid in ("told", "untold"):
        ends[uid] = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        ends[uid].bind(short_address(tmp_path, f"{uid}{SUFFIX}"))
        ends[uid].settimeout(WAIT_S)
    bell.ring(but=frozenset({"told"}))
    assert ends["untold"].recv(16) == b"!"
    ends["told"].setblocking(False)
    with pytest.raises(BlockingIOError):
        ends["told"].recv(16)
    for end in ends.values():
        end.close()


def test_a_node_that_died_without_a_word_and_a_folder_that_is_gone_are_no_errors(tmp_path: Path) -> None:
    folder = tmp_path / "store"
    folder.mkdir()
    (folder / f"dead{SUFFIX}").touch()
    bell = Bell(folder)
    bell.ring()
    (folder / f"dead{SUFFIX}").unlink()
    folder.rmdir()
    bell.ring()
    bell.close()


def test_a_ring_is_heard_and_the_socket_goes_with_its_listener(bell: Bell, listen: Listen, tmp_path: Path) -> None:
    heard = threading.Event()
    listener = listen(tmp_path, heard.set)
    assert (tmp_path / f"{UID}{SUFFIX}").is_socket()
    bell.ring()
    assert heard.wait(WAIT_S)
    listener.close()
    assert not (tmp_path / f"{UID}{SUFFIX}").exists()


def test_a_long_path_is_reached_from_near_by(listen: Listen, far: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(far)
    heard = threading.Event()
    listen(far, heard.set)
    assert (far / f"{UID}{SUFFIX}").is_socket()
    bell = Bell(far)
    bell.ring()
    assert heard.wait(WAIT_S)
    bell.close()


def test_where_no_socket_can_be_made_a_commit_is_seen_in_the_log_file(
    listen: Listen, far: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    heard = threading.Event()
    listen(far, heard.set)
    assert list(far.iterdir()) == []
    (far / "log").write_bytes(b"a commit")
    assert heard.wait(WAIT_S)


def test_a_listener_whose_caller_fails_once_goes_on(
    listen: Listen, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    failed, heard = threading.Event(), threading.Event()

    def ring() -> None:
        if failed.is_set():
            heard.set()
            return
        failed.set()
        raise LookupError("planted")

    listen(tmp_path, ring)
    log = tmp_path / "log"
    log.write_bytes(b"one")
    assert failed.wait(WAIT_S)
    with log.open("ab") as more:
        more.write(b"two")
        os.fsync(more.fileno())
    assert heard.wait(WAIT_S)
    assert "listening for wake-ups failed; it goes on" in caplog.text
