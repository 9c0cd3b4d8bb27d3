"""`headway queues resize` and `headway queues rate`: how many of a queue may run at once, and start in a span."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

import click

from headway.cli import options
from headway.cli.exits import Exit, UsageInvalid
from headway.cli.gating import app_name, app_of, say
from headway.cli.output import Output
from headway.cli.target import Target
from headway.cli.written import act, always, do
from headway.client.checks import concurrency, name
from headway.model.rate import Rate

NO_LIMIT: Final = "none"


def number(text: str) -> int | None:
    """A number on the command line, or `none`."""
    if text.strip().lower() == NO_LIMIT:
        return None
    if not (text.isascii() and text.isdecimal()):
        raise click.BadParameter(f"{text!r} is no number; write one, or {NO_LIMIT}")
    return int(text)


@click.command("resize", short_help="Set how many jobs of a queue may run at once.")
@click.argument("queue", metavar="QUEUE")
@click.argument("size", metavar="SIZE", type=number)
@app_name
@options.store
@options.output
def resize(*, queue: str, size: int | None, app: str | None, target: Target, out: Output) -> int:
    """Let at most SIZE jobs of QUEUE run at once, over all workers, from now on; `none` takes the limit away.

    A smaller size stops nothing that runs: nothing starts until fewer than that run.
    """
    with target.open() as opened:
        store, app = opened.store, app_of(opened, app)
        given = None if size is None else concurrency("SIZE", size)
        sizing = store.size_queue(name("queue", queue), given, app=app)
        do(store, sizing, act("limit", "queue", queue, app=app, size=given), did=always)
        say(opened, out, app, queue, changed=True)
    return Exit.OK


@click.command("rate", short_help="Set how many jobs of a queue may start in a span of time.")
@click.argument("queue", metavar="QUEUE")
@click.argument("starts", metavar="STARTS", type=number)
@click.argument("per", metavar="[PER]", type=options.duration, required=False)
@app_name
@options.store
@options.output
def rate(*, queue: str, starts: int | None, per: timedelta | None, app: str | None, target: Target, out: Output) -> int:
    """Let never more than STARTS jobs of QUEUE start in any span of the length PER (30s, 5m, 1h), over all workers.

    `headway queues rate mail none` takes the limit away. Retries count; so does what starts from now on only.
    """
    if (starts is None) is not (per is None):
        raise UsageInvalid(
            "a rate is a number of starts and a span of time", advice="for example: headway queues rate mail 10 1m"
        )
    with target.open() as opened:
        store, app = opened.store, app_of(opened, app)
        given = None if starts is None or per is None else Rate(starts, per=per).window
        rating = store.rate_queue(name("queue", queue), given, app=app)
        told = None if given is None or per is None else {"starts": starts, "seconds": per.total_seconds()}
        do(store, rating, act("limit", "queue", queue, app=app, rate=told), did=always)
        say(opened, out, app, queue, changed=True)
    return Exit.OK
