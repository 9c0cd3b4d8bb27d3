"""An ASGI application served by uvicorn on a free port of this machine, in a thread, for a with-block."""

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.types import ASGIApp

STOP_SECONDS_MAX = 10
GRACE_SECONDS = 1
"""Open streams are given so long when it stops."""


@contextmanager
def served(app: ASGIApp) -> Iterator[str]:
    """Serve; gives the address, without a slash at its end. The port listens before the thread runs, so nobody waits for it."""
    with socket.create_server(("127.0.0.1", 0)) as port:
        config = uvicorn.Config(app, log_level="warning", ws="none", timeout_graceful_shutdown=GRACE_SECONDS)
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [port]}, name="browser-server")
        thread.start()
        try:
            yield f"http://127.0.0.1:{port.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join(STOP_SECONDS_MAX)
            assert not thread.is_alive(), "the server did not stop"
