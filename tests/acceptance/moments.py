"""Waiting for what is to happen, with a time limit, and the short pauses that make a test quick."""

import threading
import time
from collections.abc import Callable
from datetime import timedelta
from typing import Any, Final

from headway import Fixed, Jobs, Ref, State

WAIT_S: Final = 12.0
LOOK_S: Final = 0.005
AT_ONCE: Final = Fixed(timedelta(0))
SHORT: Final = timedelta(milliseconds=100)
SECOND: Final = timedelta(seconds=1)


def until(condition: Callable[[], Any], what: str = "it is so", seconds: float = WAIT_S) -> Any:
    """Look until it is so; answers what the look found."""
    end, pause = time.monotonic() + seconds, threading.Event()
    while not (found := condition()):
        assert time.monotonic() < end, f"not within {seconds} s: {what}"
        pause.wait(LOOK_S)
    return found


def becomes(ref: Ref[Any], state: State) -> None:
    """Wait until a job is in that state."""
    until(lambda: ref.status().state is state, f"{ref} becomes {state}, is {ref.status()}")


def stored(jobs: Jobs) -> int:
    """How many jobs there are."""
    return sum(jobs.counts().values())


class Gauge:
    """Counts bodies that run at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.now = self.most = self.runs = 0

    def __enter__(self) -> None:
        with self._lock:
            self.now += 1
            self.runs += 1
            self.most = max(self.most, self.now)

    def __exit__(self, *_: object) -> None:
        with self._lock:
            self.now -= 1


def archive(jobs: Jobs) -> int:
    """Move every ended job to its month's archive, as the worker does in time; answers how many."""
    return jobs.store.call(jobs.store.archive(before_us=jobs.clock.now_us() + 1))
