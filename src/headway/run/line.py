"""The child's end of the socket between it and its parent."""

from __future__ import annotations

import atexit
import os
import socket
import sys
import threading
import traceback
from collections.abc import Iterator
from typing import Final

import msgspec

from headway.model.outcome import Ending, EndKind, ErrorText
from headway.run.frames import EXIT_BROKEN, TO_CHILD, Bye, Frames, FromChild, Said, ToChild, frame
from headway.run.runner import Batch

RECEIVE_BYTES: Final = 256 * 1024
EXIT_IMPORT: Final = 3
"""Exit status of a child that could not import or start the application."""
EXIT_ORPHANED: Final = 4
"""Exit status of a child whose parent is gone, and of a copy of a child that nobody waits for."""


class Line:
    """The child's end of the socket. Sending is safe from any thread."""

    def __init__(self, channel: socket.socket, fault_fd: int) -> None:
        self._channel = channel
        self._fault_fd = fault_fd
        """Of the file in which the parent looks for the cause of our death."""
        self._lock = threading.Lock()
        self._pid = os.getpid()

    def send(self, message: FromChild) -> None:
        """Send; a parent that is gone ends this process, and a copy that a body forked ends where it would speak for us."""
        if os.getpid() != self._pid:
            os._exit(EXIT_ORPHANED)
        data = frame(message)
        with self._lock:
            try:
                self._channel.sendall(data)
            except OSError:
                os._exit(EXIT_ORPHANED)

    def deliver(self, batch: Batch) -> None:
        """Send what a runner says, whatever it is."""
        try:
            self.send(Said(batch))
        except (msgspec.MsgspecError, ValueError, TypeError, RecursionError) as error:
            self.send(
                Said(
                    Batch(
                        endings=tuple(_bare(one, error) for one in batch.endings),
                        leaked=batch.leaked,
                        freed=batch.freed,
                    )
                )
            )

    def break_off(self, words: str) -> None:
        """A defect: leave what is being handled for the parent to read, and end this process at once."""
        try:
            os.write(self._fault_fd, f"{words}\n{traceback.format_exc()}".encode(errors="backslashreplace"))
        finally:
            os._exit(EXIT_BROKEN)

    def messages(self) -> Iterator[ToChild]:
        """What the parent says, until it closes the socket."""
        frames = Frames()
        while True:
            try:
                data = self._channel.recv(RECEIVE_BYTES)
            except OSError:
                return
            if not data:
                return
            for body in frames.feed(data):
                yield TO_CHILD.decode(body)


def leave(line: Line) -> None:
    """Say good-bye and exit without waiting for threads of jobs."""
    line.send(Bye())
    try:
        atexit._run_exitfuncs()  # noqa: SLF001 - os._exit runs none, and libraries flush there
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(0)


def _bare(ending: Ending, error: Exception) -> Ending:
    text = ErrorText(
        type="EndingUnsendable", message=f"the outcome could not be sent: {type(error).__name__}", traceback=""
    )
    return Ending(ending.id, ending.epoch, EndKind.RAISED, ending.started_us, ending.finished_us, error=text)
