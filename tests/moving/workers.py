"""Processes that work on, or enqueue into, a store that is copied meanwhile."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.acceptance.moments import until

PROCESS_S = 40.0
"""For a process of its own, on a busy machine."""


@dataclass(frozen=True, slots=True)
class Started:
    """A process, and the file into which it speaks."""

    process: subprocess.Popen[bytes]
    spoken: Path

    def said(self) -> str:
        return self.spoken.read_text()

    def says(self, words: str) -> None:
        """Wait until it has said this."""
        assert until(lambda: words in self.said(), seconds=PROCESS_S), self.said()

    def ends(self) -> int:
        """Wait for its end."""
        return self.process.wait(PROCESS_S)

    def stop(self) -> int:
        """Ask it to end, as a process manager does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        return self.ends()


@contextmanager
def started(folder: Path, place: str, words: Sequence[str], *, name: str) -> Iterator[Started]:
    """A Python process in this folder, with the store in its environment; it is ended with the block."""
    spoken = folder / f"{name}.txt"
    environment = {**os.environ, "HEADWAY_URL": place, "PYTHONPATH": str(folder), "PYTHONUNBUFFERED": "1"}
    with spoken.open("wb") as file:
        process = subprocess.Popen(
            [sys.executable, *words], cwd=folder, env=environment, stdout=file, stderr=subprocess.STDOUT
        )
    one = Started(process, spoken)
    try:
        yield one
    finally:
        try:
            one.stop()
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(PROCESS_S)
            raise
