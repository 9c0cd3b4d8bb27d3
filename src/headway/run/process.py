"""A child process as its parent sees it: started, spoken to over a socket pair, and noticed at once when it dies.

One thread per child reads what it says and waits for its end by pidfd where there is one, so that a grandchild that
keeps the socket open delays nothing. A child runs in a session of its own; whatever is left of it is killed with it.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import msgspec

from headway.run.frames import EXIT_BROKEN, FROM_CHILD, Frames, FromChild, Spec, ToChild, frame

log = logging.getLogger(__name__)

RECEIVE_BYTES: Final = 256 * 1024
FAULT_BYTES_MAX: Final = 16 * 1024
"""Of what faulthandler wrote when the child died."""
REAP_S: Final = 5.0
"""How long a child that closed its socket may take to exit before it is killed."""
MILLISECONDS: Final = 1000
PAGE_FALLBACK: Final = 4096


@dataclass(frozen=True, slots=True, kw_only=True)
class Death:
    """How a child ended."""

    status: int
    """Exit status; negative: the signal that killed it."""
    fault: str
    """What faulthandler wrote, if anything."""

    @property
    def reason(self) -> str:
        """In words."""
        if self.status == EXIT_BROKEN:
            return f"its process ended itself because of a defect (exit status {EXIT_BROKEN})"
        if self.status >= 0:
            return f"its process exited with status {self.status} and without an outcome"
        try:
            name = signal.Signals(-self.status).name
            words = signal.strsignal(-self.status)
        except ValueError:
            name, words = f"signal {-self.status}", None
        return f"its process was killed by {name}" + (f" ({words})" if words else "")


class ChildProcess:
    """One child. `heard` and `died` are called on its own thread; after `died` nothing more is heard.

    A `heard` that raises is the end of the child: what it says can no longer be heard.
    """

    def __init__(
        self,
        spec: Spec,
        *,
        heard: Callable[[ChildProcess, FromChild], None],
        died: Callable[[ChildProcess, Death], None],
        monotonic: Callable[[], float],
    ) -> None:
        """Start it. The calling thread must live as long as the child: the kernel ends the child with it."""
        if sys.platform == "win32":
            raise NotImplementedError(
                "headway runs jobs in child processes on POSIX systems only; use threads or the loop here"
            )
        self._heard, self._died, self._monotonic = heard, died, monotonic
        self.heard_at = self.started_at = monotonic()
        """Monotonic seconds of the latest sign of life."""
        self._lock = threading.Lock()
        self._out = bytearray()
        self._wake_in, self._wake_out = os.pipe()
        os.set_blocking(self._wake_in, False)
        os.set_blocking(self._wake_out, False)
        self._fault = tempfile.TemporaryFile()  # noqa: SIM115 - closed when the child is dead
        self._channel, theirs = socket.socketpair()
        with theirs:
            words = [
                sys.executable,
                "-m",
                "headway.run.child",
                str(theirs.fileno()),
                str(self._fault.fileno()),
                str(os.getpid()),
            ]
            self._popen = subprocess.Popen(  # noqa: S603 - our own program
                words,
                stdin=subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), self._fault.fileno()),
                start_new_session=True,
            )
        self.pid = self._popen.pid
        self.gone = False
        self._channel.setblocking(False)
        self._pidfd = _pidfd(self.pid)
        self.send(spec)
        threading.Thread(target=self._serve, name=f"headway-child-{self.pid}", daemon=True).start()

    def send(self, message: ToChild) -> bool:
        """Say something; never blocks. False: the child is known to be gone and did not hear it."""
        data = frame(message)
        with self._lock:
            if self.gone:
                return False
            if not self._out:
                try:
                    sent = self._channel.send(data)
                except BlockingIOError:
                    sent = 0
                except OSError:
                    return False  # its end is noticed by its thread
                if sent == len(data):
                    return True
                data = data[sent:]
            self._out += data
        self._wake()
        return True

    def terminate(self) -> None:
        """SIGTERM to the child alone."""
        self._signal(lambda: os.kill(self.pid, signal.SIGTERM))

    def kill(self) -> None:
        """SIGKILL to the child and everything in its session that did not leave its process group."""
        self._signal(lambda: os.killpg(self.pid, signal.SIGKILL))

    def rss_bytes(self) -> int | None:
        """Memory in use now; None where the system does not say."""
        try:
            with open(f"/proc/{self.pid}/statm", encoding="ascii") as file:  # noqa: PTH123 - pathlib is not needed in the supervisor for this
                pages = int(file.read().split()[1])
        except (OSError, ValueError, IndexError):
            return None
        return pages * (os.sysconf("SC_PAGE_SIZE") if hasattr(os, "sysconf") else PAGE_FALLBACK)

    # -- its thread ----------------------------------------------------------------------------------------------

    def _serve(self) -> None:
        try:
            self._attend()
        except BaseException:
            log.exception("the child process %d can no longer be heard because of a defect: it is ended", self.pid)
            self.kill()
        self._died(self, self._bury())

    def _attend(self) -> None:
        """Read what it says until it is dead; one that closes its socket and lives on is killed."""
        frames = Frames()
        poll = select.poll()
        patience: float | None = None
        poll.register(self._wake_in, select.POLLIN)
        if self._pidfd is not None:
            poll.register(self._pidfd, select.POLLIN)
        open_ = True
        while open_ or self._pidfd is not None:
            if open_:
                poll.register(self._channel, select.POLLIN | (select.POLLOUT if self._out else 0))
            ready = {fd for fd, _ in poll.poll(patience)}
            if not ready:
                self.kill()
                patience = None
            if self._wake_in in ready:
                with contextlib.suppress(OSError):
                    os.read(self._wake_in, RECEIVE_BYTES)
            if open_ and self._channel.fileno() in ready and not self._exchange(frames):
                open_, patience = False, REAP_S * MILLISECONDS
                poll.unregister(self._channel)
            if self._pidfd in ready:
                # It is dead, but what it said before may still lie in the socket.
                while open_ and self._receive(frames, until_empty=True):
                    pass
                return

    def _exchange(self, frames: Frames) -> bool:
        """Say what waits, hear what is there; False when nothing more will come."""
        self._flush()
        return self._receive(frames)

    def _receive(self, frames: Frames, *, until_empty: bool = False) -> bool:
        """Take what is there; False when nothing more will come."""
        try:
            data = self._channel.recv(RECEIVE_BYTES)
        except BlockingIOError:
            return not until_empty
        except OSError:
            return False
        if not data:
            return False
        self.heard_at = self._monotonic()
        try:
            for body in frames.feed(data):
                self._heard(self, FROM_CHILD.decode(body))
        except (ValueError, msgspec.MsgspecError):
            self.kill()  # user code wrote into our socket: nothing it says can be trusted any more
            return False
        return True

    def _flush(self) -> None:
        with self._lock:
            if self._out:
                try:
                    sent = self._channel.send(self._out)
                except OSError:
                    return
                del self._out[:sent]

    def _bury(self) -> Death:
        """Kill what is left of its group before its number can be given to another, then reap it."""
        if self._pidfd is None:
            try:
                self._popen.wait(REAP_S)
            except subprocess.TimeoutExpired:
                self.kill()
        with self._lock:
            self.gone = True
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.killpg(self.pid, signal.SIGKILL)
        status = self._popen.wait()
        size = os.fstat(self._fault.fileno()).st_size
        fault = os.pread(self._fault.fileno(), FAULT_BYTES_MAX, 0).decode("utf-8", "backslashreplace") if size else ""
        self._fault.close()
        self._channel.close()
        os.close(self._wake_in)
        os.close(self._wake_out)
        if self._pidfd is not None:
            os.close(self._pidfd)
        return Death(status=status, fault=fault)

    def _wake(self) -> None:
        with self._lock:
            if not self.gone:
                with contextlib.suppress(BlockingIOError):
                    os.write(self._wake_out, b"w")

    def _signal(self, act: Callable[[], None]) -> None:
        # Under the lock: once it is reaped, its number may belong to somebody else.
        with self._lock:
            if not self.gone:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    act()


def _pidfd(pid: int) -> int | None:
    if sys.platform == "linux":
        with contextlib.suppress(OSError):
            return os.pidfd_open(pid)
    return None
