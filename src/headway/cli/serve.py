"""`headway serve`: the pages and the API on their own, with or without a worker."""

from __future__ import annotations

import logging
import os
from typing import Any, Final

import click

from headway.cli import logs, options
from headway.cli.exits import UsageInvalid
from headway.cli.output import Output

HOST_DEFAULT: Final = "127.0.0.1"
PORT_DEFAULT: Final = 8000
PORT_MAX: Final = 65_535
CONCURRENCY_MAX: Final = 10_000
LEVELS: Final = ("debug", "info", "warning", "error")


@click.command("serve", short_help="Serve the pages and the API.")
@click.argument("application", metavar="[MODULE:NAME]", required=False)
@click.option("--host", default=HOST_DEFAULT, show_default=True, metavar="ADDRESS", help="Listen on this address.")
@click.option(
    "--port", type=click.IntRange(0, PORT_MAX), default=PORT_DEFAULT, show_default=True, help="0: any free one."
)
@click.option("--uds", metavar="PATH", help="Listen on this unix socket instead.")
@click.option("--worker", "works", is_flag=True, help="Run jobs too, in this process.")
@click.option("--concurrency", type=click.IntRange(1, CONCURRENCY_MAX), help="With --worker: so many jobs at once.")
@click.option("--read-only", is_flag=True, help="Show everything, change nothing.")
@click.option(
    "--no-login",
    is_flag=True,
    help="Let everybody at this computer do everything. Not on an address that others reach.",
)
@click.option("--root-path", default="", metavar="PATH", help="Below this path of a proxy, which takes it off.")
@click.option(
    "--forwarded-allow-ips",
    metavar="ADDRESSES",
    help="Proxies that are believed who asks and by which scheme; * for all.  [default: 127.0.0.1]",
)
@click.option("--title", metavar="TEXT", help="What the pages are called.")
@click.option(
    "--store",
    "places",
    multiple=True,
    metavar="PLACE",
    help="Without an application: the store, a directory or sqlite:///file. Several, with --read-only: each as "
    "NAME=PLACE, below its name. [env: HEADWAY_STORE]",
)
@click.option(
    "--app-name", "app", metavar="NAME", help="Without an application: the app of the store.  [default: the only one]"
)
@click.option("--log-format", type=click.Choice(logs.FORMATS), help="Default: text, or json with --json.")
@click.option("--log-level", type=click.Choice(LEVELS), default="info", show_default=True, help="The least level.")
@options.output
def command(*, out: Output, log_format: str | None, log_level: str, places: tuple[str, ...], **given: Any) -> int:
    """Serve the pages, and the API under /api, until a signal; /healthz and /readyz say how it is.

    With MODULE:NAME the console knows the application's handlers: it can enqueue, and masks what they declare secret.
    Without, it is one over a store. It runs no jobs unless --worker is given.

    People sign in as users that `headway users add` makes. While there is none, a link is printed that signs an
    administrator in, once. Programs use the API with tokens that `headway tokens add` makes.
    """
    from headway.cli.web_extra import need_web

    need_web()
    from headway.cli import several
    from headway.cli.serving import Plan, serve

    shape = log_format or ("json" if out.as_json else "text")
    logs.set_up(shape, log_level)
    logging.getLogger("uvicorn").setLevel(logging.WARNING)  # it says at each start what is said here in other words
    is_one = len(places) <= 1
    plan = Plan(**given, place=places[0] if places else None)
    _refuse(plan.application, plan.place, plan.app, works=plan.works, concurrency=plan.concurrency, uds=plan.uds)
    if not is_one and not plan.read_only:
        raise UsageInvalid("a console over several stores only looks", advice="add --read-only, or serve one store")
    try:
        return serve(plan, out) if is_one else several.serve(plan, several.named(places), out)
    finally:
        logging.shutdown()


def _refuse(
    application: str | None,
    place: str | None,
    app: str | None,
    *,
    works: bool,
    concurrency: int | None,
    uds: str | None,
) -> None:
    """What cannot be meant."""
    if application is not None and (place is not None or app is not None):
        raise UsageInvalid(
            "--store and --app-name are for a console without an application", advice="leave them or MODULE:NAME out"
        )
    if works and application is None:
        raise UsageInvalid("a worker needs the application's code", advice="headway serve MODULE:NAME --worker")
    if concurrency is not None and not works:
        raise UsageInvalid("--concurrency says how a worker works, and none is asked for", advice="add --worker")
    if uds is not None and os.name == "nt":
        raise UsageInvalid("there are no unix sockets here", advice="give --host and --port")
