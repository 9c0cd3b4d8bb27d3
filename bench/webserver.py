"""A server of the console's pages and API, as a process of its own: `python -m bench.webserver [concurrency]`.

It writes its port on its output, and serves until its input ends. With a concurrency a worker runs in it too; then each
line of its input is answered with the processor time that it has used so far.
"""

from __future__ import annotations

import asyncio
import socket
import sys
import threading
import time
from contextlib import ExitStack

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.routing import Mount

from bench.shop import jobs
from headway import Worker
from headway.web import Permission, Viewer, admin

MOUNT = "/admin/jobs"
VIEWER = "x-viewer"


def allow(request: Request) -> Viewer:
    """Everybody may do everything, under the name that they give themselves."""
    name = request.headers.get(VIEWER, "bench")
    return Viewer(name=name, permissions=frozenset({Permission.VIEW, Permission.MANAGE}))


def main() -> None:
    """Serve."""
    application = Starlette(routes=[Mount(MOUNT, app=admin(jobs, allow=allow))])
    # With its protocol named, each connection sends at once; else a small answer waits 40 ms for an acknowledgement.
    with socket.socket(proto=socket.IPPROTO_TCP) as listening, ExitStack() as stack:
        listening.bind(("127.0.0.1", 0))
        if sys.argv[1:]:
            stack.enter_context(Worker(jobs, concurrency=int(sys.argv[1]), archive_after=None))
        server = uvicorn.Server(uvicorn.Config(application, access_log=False, log_level="critical", lifespan="off"))
        listening.listen(256)
        print(listening.getsockname()[1], flush=True)
        threading.Thread(target=_stop_at_the_end, args=(server,), daemon=True).start()
        asyncio.run(server.serve([listening]))


def _stop_at_the_end(server: uvicorn.Server) -> None:
    for _line in sys.stdin:
        print(time.process_time(), flush=True)
    server.should_exit = server.force_exit = True


if __name__ == "__main__":
    main()
