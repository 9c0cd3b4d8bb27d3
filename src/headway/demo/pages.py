"""The admin pages of the demo, in a thread of its process: what the jobs do is seen live in a browser."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.util import find_spec
from typing import Final

from headway.demo.jobs import jobs

PORT: Final = 8000
"""Tried first, as it is easy to remember; another one where it is taken."""
STOP_S: Final = 5.0


@contextmanager
def pages() -> Iterator[str | None]:
    """Serve the pages to this computer alone, until the block ends; their address, or None where the extra `web` is missing."""
    if find_spec("starlette") is None or find_spec("uvicorn") is None:
        yield None
        return
    import uvicorn

    from headway.web import Look, admin, loopback

    with closing(_listen()) as listener:
        app = admin(jobs, allow=loopback, look=Look(title="headway demo"))
        config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=1)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, args=([listener],), name="headway-demo-pages", daemon=True)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listener.getsockname()[1]}/"
        finally:
            server.should_exit = True
            thread.join(STOP_S)


def _listen() -> socket.socket:
    try:
        return _bound(PORT)
    except OSError:
        return _bound(0)


def _bound(port: int) -> socket.socket:
    # With its protocol named asyncio sends small answers at once.
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("127.0.0.1", port))
        listener.listen()
    except OSError:
        listener.close()
        raise
    listener.setblocking(False)
    return listener
