"""`headway archive`: move ended jobs to their months' archives now, instead of when a worker comes to it."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Final

import click

from headway.cli import options
from headway.cli.exits import Exit, UsageInvalid
from headway.cli.output import Output
from headway.cli.target import Target
from headway.cli.written import act, always, do
from headway.model.clock import MICROSECOND, SystemClock
from headway.view import words
from headway.view.tables import few
from headway.worker.settings import ARCHIVE_AFTER_DEFAULT

if TYPE_CHECKING:
    from headway.store.protocol import Store

STEP: Final = 500
STEPS_MAX: Final = 100_000
SEAL_STEPS_MAX: Final = 1_000_000
"""Of ten milliseconds each."""
MONTH: Final = re.compile(r"[0-9]{4}-(0[1-9]|1[0-2])")


@click.command("archive", short_help="Move ended jobs to their months' archives now.")
@click.option(
    "--older-than",
    type=options.duration,
    metavar="DURATION",
    help=f"Jobs that ended longer ago than this.  [default: {words.duration(ARCHIVE_AFTER_DEFAULT // MICROSECOND)}, as a worker]",
)
@click.option("--seal", is_flag=True, help="Then seal every month that is over now, not a day after its last change.")
@click.option(
    "--accept",
    metavar="MONTH",
    help="Take the archive of this month (2026-11) as it is and seal it, after an older copy of it was restored.",
)
@options.store
@options.output
def command(*, older_than: timedelta | None, seal: bool, accept: str | None, target: Target, out: Output) -> int:
    """Move ended jobs to their months' archives now. Lists and pages go on showing them; workers do the same by themselves.

    A sealed month's file is read-only and has the hash of its content; headway check --audit compares them.
    """
    if accept is not None and not MONTH.fullmatch(accept):
        raise UsageInvalid(f"{accept} is no month", advice="write it as 2026-11")
    age = ARCHIVE_AFTER_DEFAULT if older_than is None else older_than
    with target.open() as opened:
        moved = _move(opened.store, age)
        if accept is not None:
            do(opened.store, opened.store.accept_month(accept), act("accept", "month", accept), did=always)
        if seal or accept is not None:
            _seal(opened.store)
        facts = opened.store.look() if seal or accept is not None else None
    if out.as_json:
        out.document({"archived": moved} | ({} if facts is None else {"sealed": list(facts.sealed)}))
        return Exit.OK
    out.text(f"{words.count(moved, 'job')} archived")
    if facts is not None:
        count = f"{words.count(len(facts.sealed), 'month')} sealed"
        out.text(f"{count}: {few(facts.sealed)}" if facts.sealed else count)
    return Exit.OK


def _move(store: Store, age: timedelta) -> int:
    before_us = SystemClock().now_us() - age // MICROSECOND
    moved = 0
    for _ in range(STEPS_MAX):
        step = store.call(store.archive(before_us=before_us, limit=STEP))
        moved += step
        if step == 0:
            break
    return moved


def _seal(store: Store) -> None:
    """Every month that can be; one that is damaged is told by the log and by headway check --audit."""
    before_us = SystemClock().now_us()
    for _ in range(SEAL_STEPS_MAX):
        if not store.seal(before_us=before_us):
            break
