"""Ends a server and deletes its folders once its owner is gone, however that came about: run as a program, it imports nothing of ours.

Its arguments are the folders. Its input is the ids of processes to end, one a line, and ends when its owner does: the owner
holds the other end of the pipe. It leads a session of its own, so Ctrl-C in a terminal is none of its business.
"""

import contextlib
import os
import select
import shutil
import signal
import sys

END_S = 10
TRIES_MAX = 20
PAUSE_S = 0.1


class Watched:
    """One process, held so that its id cannot come to mean another (Linux); elsewhere by its id."""

    def __init__(self, pid: int) -> None:
        self._pid = pid
        self._handle = os.pidfd_open(pid) if hasattr(os, "pidfd_open") else None

    def end(self) -> None:
        """At once and with all its children (SIGQUIT is PostgreSQL's word for that), and by force if it does not."""
        for how in (signal.SIGQUIT, signal.SIGKILL):
            if self._handle is None:
                os.kill(self._pid, how)
                return
            signal.pidfd_send_signal(self._handle, how)
            if select.select([self._handle], [], [], END_S)[0]:
                return


def main() -> None:
    """Watch."""
    watched: list[Watched] = []
    for line in sys.stdin:
        with contextlib.suppress(ProcessLookupError):
            watched.append(Watched(int(line)))
    for one in watched:
        with contextlib.suppress(ProcessLookupError):
            one.end()
    for folder in sys.argv[1:]:
        _delete(folder)


def _delete(folder: str) -> None:
    for _ in range(TRIES_MAX):
        shutil.rmtree(folder, ignore_errors=True)
        if not os.path.lexists(folder):
            return
        select.select([], [], [], PAUSE_S)  # initdb, whose owner is gone, wrote there a moment ago, and fails now


if __name__ == "__main__":
    main()
