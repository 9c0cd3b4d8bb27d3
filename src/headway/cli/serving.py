"""What `headway serve` runs: the pages with their doorkeeper, the questions how it is, and a worker where one is wanted."""

from __future__ import annotations

import asyncio
import getpass
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from headway.cli import listening
from headway.cli.exits import Exit, ImportFailed, UsageInvalid
from headway.cli.target import application_of, existing_place, load_jobs
from headway.model.errors import StartupFailed
from headway.model.version import VERSION
from headway.web import Login, Look, Permission, Viewer, admin, health, loopback
from headway.web.login.accounts import Accounts

if TYPE_CHECKING:
    import socket

    from headway.cli.output import Output
    from headway.client.jobs import Jobs
    from headway.worker.worker import Worker

GRACE_SECONDS: Final = 10
"""What is being answered may take so long to end after a signal."""
FIRST_USER: Final = "administrator"
STARTUP_ADVICE: Final = "mend what the on_startup hook needs; no job was claimed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What was asked for on the command line."""

    application: str | None
    host: str
    port: int
    uds: str | None
    works: bool
    concurrency: int | None
    read_only: bool
    no_login: bool
    root_path: str
    forwarded_allow_ips: str | None
    title: str | None
    place: str | None
    app: str | None

    @property
    def root(self) -> str:
        """The path that all addresses begin with, with slashes around."""
        root = self.root_path.strip("/")
        return f"/{root}/" if root else "/"


class Served:
    """One server: the application, and the worker inside of it, which starts while the first requests are answered."""

    def __init__(self, jobs: Jobs, worker: Worker | None, pages: Any) -> None:
        """With what is to be served."""
        asks = health(jobs, ready=lambda: self.is_ready, working=lambda: worker is None or worker.is_working)
        routes = [Route("/healthz", asks), Route("/readyz", asks), Mount("", pages)]
        self.app = Starlette(routes=routes, lifespan=self._lifespan)
        self.is_ready = worker is None
        self.failed: Exception | None = None
        self.server: uvicorn.Server | None = None
        self._worker = worker

    @asynccontextmanager
    async def _lifespan(self, app: Starlette) -> AsyncIterator[None]:
        if self._worker is None:
            yield
            return
        over = asyncio.Event()
        working = asyncio.create_task(self._work(self._worker, app, over))
        try:
            yield
        finally:
            over.set()
            await asyncio.wait({working})

    async def _work(self, worker: Worker, app: Starlette, over: asyncio.Event) -> None:
        try:
            async with worker.lifespan(app):
                self.is_ready = True
                await over.wait()
                self.is_ready = False
        except Exception as error:  # noqa: BLE001 - it is raised again when the server has ended
            self.failed = error
            if self.server is not None:
                self.server.should_exit = True

    def run(self, plan: Plan, listener: socket.socket) -> int:
        """Serve until a signal."""
        more = {} if plan.forwarded_allow_ips is None else {"forwarded_allow_ips": plan.forwarded_allow_ips}
        config = uvicorn.Config(
            self.app,
            root_path=plan.root.rstrip("/"),
            log_config=None,
            access_log=False,
            server_header=False,
            ws="none",
            lifespan="on",
            timeout_graceful_shutdown=GRACE_SECONDS,
            **more,  # type: ignore[arg-type]
        )
        self.server = uvicorn.Server(config)
        with _stops(self.server):
            self.server.run(sockets=[listener])
        if isinstance(self.failed, StartupFailed):
            raise ImportFailed(str(self.failed), advice=STARTUP_ADVICE) from self.failed
        if self.failed is not None:
            raise self.failed
        return Exit.OK if self.server.started else Exit.FAILED


def serve(plan: Plan, out: Output) -> int:
    """Open the jobs, listen, say where, serve."""
    jobs, apps = jobs_of(plan, plan.place)
    try:
        login = login_of(plan, jobs)
        look = Look() if plan.title is None else Look(title=plan.title)
        pages = admin(jobs, allow=login, readonly=plan.read_only, apps=apps, look=look)
        worker = _worker(plan, jobs)
        listener = listener_of(plan)
        with closed(listener, plan):
            announce(plan, out, jobs, listener, worker, has_login=isinstance(login, Login))
            return Served(jobs, worker, pages).run(plan, listener)
    finally:
        jobs.close()


def jobs_of(plan: Plan, given: str | None) -> tuple[Jobs, list[str] | None]:
    """The application's, or a stand-in that knows the store and no handler; and the apps to show, if not its own."""
    if plan.application is not None:
        jobs = load_jobs(plan.application)
        _ = jobs.store  # what is wrong with it is said before anything listens
        return jobs, None
    from headway.client.jobs import Jobs

    place = existing_place(given)
    with Jobs(place) as jobs:
        reader = jobs.store.reader
        apps = {one.app for one in reader.call(reader.queues())} | {one.app for one in reader.call(reader.nodes())}
        default = jobs.app
    if plan.app is not None:
        return Jobs(place, app=plan.app), None
    if len(apps) > 1 and not plan.read_only:
        raise UsageInvalid(
            f"this store has several apps: {', '.join(sorted(apps))}",
            advice="say which one is meant with --app-name, or look at all of them with --read-only",
        )
    shown = sorted(apps) or [default]
    return Jobs(place, app=shown[0]), shown if len(shown) > 1 else None


def login_of(plan: Plan, jobs: Jobs) -> Any:
    """The doorkeeper: everybody at this computer, or the built-in login."""
    if not plan.no_login:
        return Login()
    if plan.uds is not None:
        everybody = Viewer(name=getpass.getuser(), permissions=frozenset(Permission))
        return lambda _request: everybody
    if not listening.is_loopback(plan.host):
        raise UsageInvalid(
            f"--no-login would let everybody who reaches {plan.host} change the jobs of {jobs.app}",
            advice="leave it out and make users with headway users add, or listen on 127.0.0.1 or --uds",
        )
    return loopback


def _worker(plan: Plan, jobs: Jobs) -> Worker | None:
    if not plan.works:
        return None
    from headway.worker.worker import Worker

    return Worker(jobs) if plan.concurrency is None else Worker(jobs, concurrency=plan.concurrency)


def listener_of(plan: Plan) -> socket.socket:
    """What it listens on."""
    if plan.uds is not None:
        return listening.unix(Path(plan.uds), is_private=plan.no_login)
    return listening.tcp(plan.host, plan.port)


@contextmanager
def closed(listener: socket.socket, plan: Plan) -> Iterator[None]:
    """Closes it at the end, and takes its file away."""
    try:
        yield
    finally:
        listener.close()
        if plan.uds is not None:
            with suppress(FileNotFoundError):
                Path(plan.uds).unlink()


@contextmanager
def _stops(server: uvicorn.Server) -> Iterator[None]:
    """Signals that come before the server listens to them itself, and those that it raises again at its end, ask it to stop."""

    def ask(_number: int, _frame: object) -> None:
        server.should_exit = True

    before = {number: signal.signal(number, ask) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def announce(
    plan: Plan,
    out: Output,
    jobs: Jobs,
    listener: socket.socket,
    worker: Worker | None,
    *,
    has_login: bool,
    below: str | None = None,
) -> None:
    """Say what is served, where, and how to get in; `below`: under this name, beside others."""
    where = _address(plan, listener) + ("" if below is None else f"{below}/")
    link = _first_link(jobs) if has_login else None
    sign_in = None if link is None else f"{where}sign-in/link?token={quote(link)}"
    if out.as_json:
        said = {"pages": where, "api": f"{where}api/", "store": jobs.place, "works": plan.works, "sign_in": sign_in}
        out.line({"serving": said})
        return
    what = "a store" if plan.application is None else application_of(plan.application)
    lines = [
        f"headway {VERSION} serves {what}, process {os.getpid()}",
        f"  pages     {where}",
        f"  api       {where}api/",
    ]
    lines.append(f"  store     {jobs.place}")
    lines.append(
        f"  works     {'no: this process runs no job' if worker is None else f'{worker.settings.concurrency} at once'}"
    )
    if plan.read_only:
        lines.append("  changes   nothing: it only shows")
    lines.append(
        f"  login     {'users of this store' if has_login else 'none: everybody at this computer may do everything'}"
    )
    if sign_in is not None:
        lines.append(f"  sign in   {sign_in}")
        lines.append("            once, within an hour; then make users with headway users add")
    if has_login and plan.uds is None and not listening.is_loopback(plan.host):
        lines.append(
            "  beware    passwords travel readable without https: let a proxy with a certificate stand before it"
        )
    for line in [*lines, "  stop      Ctrl-C or SIGTERM"]:
        out.text(line)


def _address(plan: Plan, listener: socket.socket) -> str:
    if plan.uds is not None:
        return f"unix:{plan.uds}:{plan.root}"
    host = f"[{plan.host}]" if ":" in plan.host else plan.host
    return f"http://{host}:{listener.getsockname()[1]}{plan.root}"


def _first_link(jobs: Jobs) -> str | None:
    """Where there is no user yet: a link that signs an administrator in."""
    reader = jobs.store.reader
    if reader.call(reader.users()):
        return None
    accounts = Accounts(store=jobs.store, by="headway serve", now_us=jobs.clock.now_us())
    return accounts.link(FIRST_USER, tuple(Permission))
