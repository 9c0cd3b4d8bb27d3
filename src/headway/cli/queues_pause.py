"""`headway queues pause` and `headway queues resume`."""

from __future__ import annotations

import click

from headway.cli import options
from headway.cli.exits import Exit
from headway.cli.gating import app_name, app_of, say
from headway.cli.output import Output
from headway.cli.target import Target
from headway.cli.written import act, do, user
from headway.client.checks import name


@click.command("pause", short_help="Let no job of a queue start; what runs goes on.")
@click.argument("queue", metavar="QUEUE")
@click.option("--by", metavar="WHO", help="Who does this, for everybody who looks.  [default: your user name]")
@app_name
@options.store
@options.output
def pause(*, queue: str, by: str | None, app: str | None, target: Target, out: Output) -> int:
    """Let no worker, in any process, start a job of QUEUE until `headway queues resume`. What runs goes on to its end.

    Jobs can still be enqueued and cancelled. The pause outlives restarts.
    """
    with target.open() as opened:
        store, app = opened.store, app_of(opened, app)
        who = name("by", by or user())
        pausing = store.pause_queue(name("queue", queue), app=app, by=who)
        changed = do(store, pausing, act("pause", "queue", queue, app=app, by=who))
        say(
            opened, out, app, queue, changed=changed, why="" if changed else "it was paused before; nothing was changed"
        )
    return Exit.OK


@click.command("resume", short_help="Let jobs of a paused queue start again.")
@click.argument("queue", metavar="QUEUE")
@app_name
@options.store
@options.output
def resume(*, queue: str, app: str | None, target: Target, out: Output) -> int:
    """Let jobs of QUEUE start again after `headway queues pause`. Idle workers look at once."""
    with target.open() as opened:
        store, app = opened.store, app_of(opened, app)
        resuming = store.resume_queue(name("queue", queue), app=app)
        changed = do(store, resuming, act("resume", "queue", queue, app=app))
        say(opened, out, app, queue, changed=changed, why="" if changed else "it was not paused; nothing was changed")
    return Exit.OK
