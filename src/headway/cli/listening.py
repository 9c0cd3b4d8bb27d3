"""The sockets that a server listens on, made before it starts, so that what cannot be is said in words."""

from __future__ import annotations

import ipaddress
import os
import socket
import stat
from pathlib import Path
from typing import Any, Final

from headway.cli.exits import CommandError, UsageInvalid

BACKLOG: Final = 1024
PRIVATE: Final = 0o177
"""What is masked off the mode of a socket: only this user of the system may connect."""
SHARED: Final = 0o117
"""With a login the socket's group may connect too, as the user of a proxy."""


def is_loopback(host: str) -> bool:
    """Whether only this computer reaches that address. A name is what all of its addresses are."""
    try:
        found = {info[4][0] for info in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
    except OSError as error:
        raise UsageInvalid(
            f"{host!r} is no address of this computer: {error}", advice="give --host 127.0.0.1"
        ) from error
    return all(ipaddress.ip_address(str(address).partition("%")[0]).is_loopback for address in found)


def tcp(host: str, port: int) -> socket.socket:
    """A listening socket; CommandError where there can be none."""
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # By its protocol asyncio knows that a connection is to send at once: else a small answer waits 40 ms for an acknowledgement.
        return _bound(socket.socket(family, kind, protocol), address)
    except OSError as error:
        raise CommandError(
            f"cannot listen on {host} port {port}: {error.strerror or error}",
            advice="give another --port, or 0 for any",
        ) from error


def unix(path: Path, *, is_private: bool) -> socket.socket:
    """A listening unix socket; one that was left behind is replaced, one that somebody listens on is not."""
    _clear(path)
    before = os.umask(PRIVATE if is_private else SHARED)
    try:
        return _bound(socket.socket(socket.AF_UNIX, socket.SOCK_STREAM), str(path))
    except OSError as error:
        raise CommandError(
            f"cannot listen on {path}: {error.strerror or error}", advice="give another --uds"
        ) from error
    finally:
        os.umask(before)


def _bound(listener: socket.socket, address: Any) -> socket.socket:
    try:
        if listener.family != socket.AF_UNIX and os.name != "nt":
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
        listener.setblocking(False)
    except OSError:
        listener.close()
        raise
    return listener


def _clear(path: Path) -> None:
    try:
        if not stat.S_ISSOCK(path.lstat().st_mode):
            raise CommandError(f"{path} is there and is no socket", advice="give another --uds")
    except FileNotFoundError:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except OSError:
            path.unlink(missing_ok=True)
            return
    raise CommandError(f"somebody listens on {path} already", advice="stop that one, or give another --uds")
