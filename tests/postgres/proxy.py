"""A way to the server that can be cut, stopped, or broken just behind a COMMIT: what networks and poolers do, on one machine."""

import contextlib
import re
import socket
import threading
from typing import Self
from urllib.parse import urlsplit, urlunsplit

HOST = "127.0.0.1"
PIECE = 65_536
LOOK_S = 0.05
COMMIT = b"COMMIT"
SESSION = re.compile(rb"(?<=K\0\0\0\x0c)([\0-\x3f])(?=.{7})", re.DOTALL)
"""The first byte of the session's number, as the server tells it to a client that comes in."""


class Proxy:
    """Hands every byte on between clients and the server, as long as it is let.

    `as_pooler`: clients get another number of their session than the server's, as every pooler gives them.
    """

    def __init__(self, url: str, *, at: str = HOST, as_pooler: bool = False) -> None:
        self._at = at
        self._as_pooler = as_pooler
        self._url = urlsplit(url)
        assert self._url.hostname is not None
        assert self._url.port is not None
        self._server = (self._url.hostname, self._url.port)
        self._door = socket.create_server((at, 0))
        self._pairs: list[tuple[socket.socket, socket.socket]] = []
        self._threads: list[threading.Thread] = []
        self._flows = threading.Event()
        self._flows.set()
        self._stalled: list[threading.Event] = []
        self._end = threading.Event()
        self._lock = threading.Lock()
        self.commits_to_break = 0
        """So many COMMITs reach the server, and their answers reach nobody."""
        self.broken = 0
        """So many did."""
        self.delay_s = 0.0
        """How long each piece is under way, there or back."""
        self._taker = threading.Thread(target=self._take, name="proxy", daemon=True)
        self._taker.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def port(self) -> int:
        """Where it takes clients."""
        return int(self._door.getsockname()[1])

    @property
    def url(self) -> str:
        """The server's URL, by this way."""
        secret = f"{self._url.username}:{self._url.password}@" if self._url.password else ""
        return urlunsplit(self._url._replace(netloc=f"{secret}{self._at}:{self.port}"))

    def stall(self) -> None:
        """Hand on nothing more; connections stay, and new ones are taken: nobody sees anything wrong."""
        self._flows.clear()

    def stall_these(self) -> None:
        """Hand on nothing more on the connections that there are; new ones flow."""
        self._stalled.append(self._flows)
        self._flows = threading.Event()
        self._flows.set()
        self._stalled[-1].clear()

    def flow(self) -> None:
        """Go on."""
        for flows in (*self._stalled, self._flows):
            flows.set()

    def cut(self) -> None:
        """End every connection that there is."""
        with self._lock:
            pairs = list(self._pairs)
        for pair in pairs:
            for one in pair:
                with contextlib.suppress(OSError):
                    one.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        """Take no more, end all."""
        self._end.set()
        self.flow()
        with contextlib.suppress(OSError):
            self._door.shutdown(socket.SHUT_RDWR)
        self._door.close()
        self._taker.join()
        self.cut()
        for thread in self._threads:
            thread.join()
        for pair in self._pairs:
            for one in pair:
                one.close()

    def _take(self) -> None:
        while not self._end.is_set():
            try:
                client, _ = self._door.accept()
            except OSError:
                return
            try:
                server = socket.create_connection(self._server)
            except OSError:
                client.close()
                continue
            with self._lock:
                self._pairs.append((client, server))
            for source, target, asks in ((client, server, True), (server, client, False)):
                way = (source, target, asks, self._flows)
                thread = threading.Thread(target=self._hand_on, args=way, daemon=True)
                self._threads.append(thread)
                thread.start()

    def _hand_on(self, source: socket.socket, target: socket.socket, asks: bool, flows: threading.Event) -> None:
        with contextlib.suppress(OSError):
            while True:
                flows.wait()
                piece = source.recv(PIECE)
                if not piece:
                    break
                flows.wait()
                if self.delay_s:
                    self._end.wait(self.delay_s)
                breaks = asks and self.commits_to_break > 0 and COMMIT in piece
                if breaks:
                    self.commits_to_break -= 1
                    self.broken += 1
                    source.shutdown(socket.SHUT_RDWR)  # the client sees its connection end, and the server its COMMIT
                if self._as_pooler and not asks:
                    piece = SESSION.sub(lambda found: bytes([found[1][0] | 0x40]), piece)
                target.sendall(piece)
                if breaks:
                    break
        for one in (source, target):
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)
