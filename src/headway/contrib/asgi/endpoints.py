"""`Endpoints`: the requests that an ASGI application answers, as jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Unpack, cast
from urllib.parse import quote, urlsplit
from weakref import WeakKeyDictionary

from headway.client.call import Call
from headway.client.job import Job
from headway.client.jobs import Jobs
from headway.client.options import JobOptions, Options
from headway.client.ref import Ref
from headway.contrib.asgi.answer import ENVELOPE_BYTES, Answer, Reply
from headway.contrib.asgi.exchange import exchange
from headway.contrib.asgi.lifespan import Lifespan, Own
from headway.contrib.asgi.protocol import App, Message
from headway.contrib.asgi.wanted import RESERVED, Method, Query, address, check, content
from headway.model.context import Context
from headway.model.errors import ArgumentsInvalid, OptionInvalid, Permanent
from headway.model.handler import RunIn
from headway.run.ownloop import serves_jobs_alone

CLIENT: Final = ("headway", 0)
"""Who asks, for the application: no address that a request from outside can have."""
MARK: Final = "headway.job"
"""The key of the scope that holds the job's id. Servers make scopes; nothing in a request becomes a key of one."""


@dataclass(frozen=True, slots=True)
class Credentials:
    """What stands in `request.auth`, as Starlette's AuthCredentials does."""

    scopes: list[str]

    @classmethod
    def of(cls, user: object) -> Credentials:
        """The user's own: an attribute `scopes`, several texts or one with spaces in between."""
        scopes = getattr(user, "scopes", None) or ()
        return cls(scopes.split() if isinstance(scopes, str) else [str(one) for one in scopes])


class Asked(Options, total=False):
    """What a request may have besides its method and path, and the options of its job."""

    json: Any
    """The body; None is none."""
    query: Query | None
    headers: Mapping[str, str] | None


class Endpoints:
    """The endpoints of one ASGI application, to be run as jobs: in process and without a socket, through the whole application.

    `shop = Endpoints(jobs, app, name="shop")` where `app` is made; `name` is the handler's, under which a worker that imports
    the same module finds the application again. Further options are those of a job.
    """

    def __init__(
        self,
        jobs: Jobs,
        app: App,
        *,
        origin: str = "https://headway",
        lifespan: bool | Own = True,
        **options: Unpack[JobOptions],
    ) -> None:
        """Register the handler.

        `origin` is what the application takes for its own address. `lifespan`: on an event loop of headway's own the
        application's lifespan is run, before the first request there; or the one that is given, or none (False).
        """
        if "name" not in options:
            raise OptionInvalid("give the endpoints a name=...: workers find the application by it")
        run_in = options.get("run_in", RunIn.LOOP)
        if run_in != RunIn.LOOP:
            raise OptionInvalid(f"run_in cannot be {run_in!r}: endpoints run on the event loop")
        where = urlsplit(origin)
        if where.scheme not in {"http", "https"} or not where.netloc or where.path not in {"", "/"}:
            raise OptionInvalid(f"origin cannot be {origin!r}: write a scheme and a host, such as https://shop.example")
        self._jobs = jobs
        self._app = app
        self._origin = where
        self._lifespan = lifespan
        self._lifespans: WeakKeyDictionary[asyncio.AbstractEventLoop, Lifespan] = WeakKeyDictionary()

        async def request(  # its parameters are the arguments that pages show
            ctx: Context,
            method: str,
            path: str,
            json: Any = None,
            query: dict[str, Any] | None = None,
            headers: dict[str, str] | None = None,
        ) -> Answer:
            return await self._ask(ctx, method, path, json, query, headers)

        self._job: Job[..., Answer] = jobs.register(request, takes_context=True, **options)

    @property
    def name(self) -> str:
        """The handler's name."""
        return self._job.name

    def path(self, route: str, /, **parameters: Any) -> str:
        """The path of a route by its name, as Starlette and FastAPI know it: `shop.path("show_order", number=7)`."""
        find = getattr(self._app, "url_path_for", None)
        if find is None:
            raise ArgumentsInvalid(
                f"{self.name}: the application names no routes (it has no url_path_for): give the path"
            )
        return quote(str(find(route, **parameters)), safe=RESERVED.replace("%", ""))

    def call(self, method: Method, path: str, **asked: Unpack[Asked]) -> Call[Answer]:
        """A request as a call, for batches, chains and schedules, checked but not stored. `json=None` is no body.

        ArgumentsInvalid for what cannot be asked for: another method, a path that leads elsewhere, a header that is not
        among the few that a job may carry. Identity comes from `user_id=` alone.
        """
        json, query, headers = asked.pop("json", None), asked.pop("query", None), asked.pop("headers", None)
        check(method, path, query, headers)
        given = {"json": json, "query": query, "headers": headers}
        call = self._job.call(method, path, **{name: one for name, one in given.items() if one is not None})
        options = cast("Options", asked)
        return call.using(**options) if options else call

    def enqueue(self, method: Method, path: str, **asked: Unpack[Asked]) -> Ref[Answer]:
        """Store a request, with what `call` takes; returns when it is durable. Its result is an `Answer`."""
        return self._jobs.enqueue(self.call(method, path, **asked))

    async def aenqueue(self, method: Method, path: str, **asked: Unpack[Asked]) -> Ref[Answer]:
        """The same, awaited."""
        return await self._jobs.aenqueue(self.call(method, path, **asked))

    # -- in the attempt ----------------------------------------------------------------------------------------------

    async def _ask(
        self,
        ctx: Context,
        method: str,
        path: str,
        json: Any,
        query: dict[str, Any] | None,
        headers: dict[str, str] | None,
    ) -> Answer:
        try:
            check(method, path, query, headers)
        except ArgumentsInvalid as error:
            raise Permanent(str(error)) from None
        state = await self._state()
        head, body = content(json, headers, self._origin.netloc)
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": method,
            "scheme": self._origin.scheme,
            **address(path, query),
            "root_path": "",
            "headers": head,
            "client": CLIENT,
            "server": (self._origin.hostname, self._origin.port or (443 if self._origin.scheme == "https" else 80)),
            "state": state,
            MARK: ctx.id,
        }
        if ctx.user_id is not None:
            scope |= {"user": ctx.user, "auth": Credentials.of(ctx.user)}
        reply = Reply(self._jobs.settings.result_max_bytes - ENVELOPE_BYTES)
        await exchange(self._app, scope, body, reply)
        answer = reply.answer(f"{method} {path}")
        if answer.omitted is not None:
            ctx.log.warning("the answer was not stored: %s", answer.omitted)
        return answer

    async def _state(self) -> Message:
        """What the application's lifespan gives to requests. On a loop that the application lends, its server has run it."""
        loop = asyncio.get_running_loop()
        if self._lifespan is False or not serves_jobs_alone(loop):
            return {}
        found = self._lifespans.get(loop)
        if found is None or found.failed:
            own = None if self._lifespan is True else self._lifespan
            found = self._lifespans[loop] = Lifespan(self._app, own)
        return dict(await found.state())
