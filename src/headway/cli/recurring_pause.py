"""`headway recurring pause` and `headway recurring resume`: some schedules, or all of an app."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from headway.cli import options
from headway.cli.exits import Exit, UsageInvalid
from headway.cli.output import Output
from headway.cli.schedules import app_name, app_of, by, find
from headway.cli.target import Target
from headway.cli.written import act, do, user
from headway.client.checks import name as checked

if TYPE_CHECKING:
    from collections.abc import Callable

    from headway.cli.target import Opened
    from headway.store.protocol import Operation


@click.command("pause", short_help="Let schedules not fire.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "everything", is_flag=True, help="All schedules of the app, also those that come later.")
@by
@app_name
@options.store
@options.output
def pause(
    *, names: tuple[str, ...], everything: bool, by: str | None, app: str | None, target: Target, out: Output
) -> int:
    """Let schedules not fire until `headway recurring resume`. What runs goes on to its end; restarts change nothing.

    What would have been due while one is paused by its name is passed over. With --all it was missed, and each
    schedule's misfire rule applies when they are resumed.
    """
    who = checked("by", by or user())
    _refuse_unclear(names, everything=everything)
    with target.open() as opened:
        if everything:
            whose = app_of(opened, app)
            changed = do(
                opened.store, opened.store.pause_scheduler(whose, by=who), act("pause", "scheduler", app=whose, by=who)
            )
            return _say_all(out, whose, "paused", changed=changed)
        pausing = lambda whose, one: opened.store.pause_schedule(whose, one, by=who)  # noqa: E731 - the verb
        return _each(opened, out, names, app, ("pause", "paused"), pausing, by=who)


@click.command("resume", short_help="Let paused schedules fire again.")
@click.argument("names", nargs=-1, metavar="[NAME]...")
@click.option("--all", "everything", is_flag=True, help="After `pause --all`; those that were paused by name stay so.")
@app_name
@options.store
@options.output
def resume(*, names: tuple[str, ...], everything: bool, app: str | None, target: Target, out: Output) -> int:
    """Let schedules fire again, from their next instants on, whether they were paused or stopped by an error."""
    _refuse_unclear(names, everything=everything)
    with target.open() as opened:
        if everything:
            whose = app_of(opened, app)
            changed = do(opened.store, opened.store.resume_scheduler(whose), act("resume", "scheduler", app=whose))
            return _say_all(out, whose, "resumed", changed=changed)
        return _each(opened, out, names, app, ("resume", "resumed"), opened.store.resume_schedule)


def _refuse_unclear(names: tuple[str, ...], *, everything: bool) -> None:
    if names and everything:
        raise UsageInvalid("names and --all exclude each other", advice="give the names alone, or --all alone")
    if not names and not everything:
        raise UsageInvalid("nothing says which schedules", advice="give names, or --all for all of the app")


def _say_all(out: Output, app: str, done: str, *, changed: bool) -> int:
    if out.as_json:
        out.document({"app": app, "changed": changed})
    else:
        out.text(f"all schedules of app {app} {done}" if changed else f"nothing was changed: they were {done} before")
    return Exit.OK


def _each(
    opened: Opened,
    out: Output,
    names: tuple[str, ...],
    app: str | None,
    words: tuple[str, str],
    verb: Callable[[str, str], Operation[bool]],
    *,
    by: str | None = None,
) -> int:
    kind, done = words
    results: list[dict[str, object]] = []
    for row in [find(opened, name, app) for name in names]:
        changed = do(opened.store, verb(row.app, row.name), act(kind, "schedule", row.name, app=row.app, by=by))
        results.append({"schedule": row.name, "app": row.app, "changed": changed})
        if not out.as_json:
            out.text(f"{row.name} {done}" if changed else f"{row.name} was {done} before; nothing was changed")
    if out.as_json:
        out.document({"results": results})
    return Exit.OK
