"""`headway copy`: move a store to another place, of the same kind or not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import click

from headway.cli import options
from headway.cli.exits import CommandError, Exit, UsageInvalid
from headway.cli.written import VIA, user
from headway.model.clock import SystemClock

if TYPE_CHECKING:
    from datetime import timedelta

    from headway.cli.output import Output
    from headway.store.moving.move import Moved

SHOWN_EVERY_S: Final = 1.0


@click.command("copy", short_help="Move a store to another place, or copy it to look at.")
@click.argument("source", metavar="SOURCE")
@click.argument("target", metavar="[TARGET]", required=False)
@click.option(
    "--drain-timeout", default="60s", metavar="TIME", help="So long may running jobs take to end.  [default: 60s]"
)
@click.option(
    "--force",
    is_flag=True,
    help="Copy what still runs then as interrupted; with --release, open a store that has moved, or one with half a copy in it.",
)
@click.option(
    "--preview", is_flag=True, help="Move nothing: copy what is there at one moment into a store that is held."
)
@click.option(
    "--release",
    "is_release",
    is_flag=True,
    help="Open SOURCE again, and forget the copy; of a store that was being filled, empty it.",
)
@options.actor
@options.output
def command(
    *,
    source: str,
    target: str | None,
    drain_timeout: str,
    force: bool,
    preview: bool,
    is_release: bool,
    by: str | None,
    out: Output,
) -> int:
    """Copy everything in the store SOURCE into the empty store TARGET, and leave SOURCE closed: its workers and programs are told
    where to go.

    Jobs that run are waited for, nothing new starts, and from then on SOURCE takes no change. Then all of it is copied, read again
    on both sides and compared; only if every row is the same is TARGET opened. What was interrupted goes on with the same command.
    """
    from headway.cli.target import existing_place

    place = existing_place(source)
    if is_release:
        return _release(place, target, out, force=force, by=by)
    if target is None:
        raise UsageInvalid(
            "TARGET is missing", advice="write headway copy SOURCE TARGET, or headway copy SOURCE --release"
        )
    from headway.store.moving.move import Move, Who, move

    who = Who(by=by or user(), via=VIA)
    how = Move(who=who, drain_timeout_s=_seconds(options.duration(drain_timeout)), force=force, preview=preview)
    progress = _Progress(out)
    moved = move(place, target, how, tell=progress.tell, say=progress.say)
    return _told(moved, out, preview=preview)


def _seconds(span: timedelta) -> float:
    return span.total_seconds()


def _release(place: str, target: str | None, out: Output, *, force: bool, by: str | None) -> int:
    from headway.store.moving.move import Who, release
    from headway.store.open import shown

    if target is not None:
        raise UsageInvalid("--release takes no TARGET", advice="write headway copy SOURCE --release")
    found = release(place, force=force, who=Who(by=by or user(), via=VIA))
    if found is None:
        raise CommandError(f"{shown(place)} is neither copied nor moved", advice="there is nothing to release")
    if out.as_json:
        other = "source" if found.was == "filling" else "target"
        out.document({"released": shown(place), other: found.other, "was": found.was})
        return Exit.OK
    if found.was != "filling":
        out.text(
            f"{shown(place)} is open again; give up what is in {found.other} (headway copy PLACE --release empties a half "
            "copy), and copy anew into an empty place"
        )
    elif force:
        out.text(f"{shown(place)} is open with what was copied so far: not everything of {found.other} is there")
    else:
        out.text(f"{shown(place)} is open again, and empty: what was copied from {found.other} is deleted")
    return Exit.OK


def _told(moved: Moved, out: Output, *, preview: bool) -> int:
    rows = sum(one.rows for one in moved.tables)
    if out.as_json:
        tables = {one.table: {"rows": one.rows, "sha256": one.digest} for one in moved.tables}
        document: dict[str, Any] = {"source": moved.source, "target": moved.target, "rows": rows, "moved": not preview}
        out.document({**document, "held": moved.held, "tables": tables})
        return Exit.OK
    if not moved.tables:
        out.text(f"{moved.source} was copied to {moved.target} before; nothing was changed")
        return Exit.OK
    out.text(
        f"{moved.source} copied to {moved.target}: {rows} rows in {len(moved.tables)} tables, compared, all the same"
    )
    if not preview:
        out.text(f"{moved.source} takes no more changes; give {moved.target} to workers and programs")
    if moved.held:
        out.text(f"the copy is held: nothing runs from it until headway resume --store {moved.target}")
    return Exit.OK


class _Progress:
    """A line to standard error every second: what is done, of how much, and when it will be."""

    def __init__(self, out: Output) -> None:
        self._out = out
        self._stage = ""
        self._table = ""
        self._clock = SystemClock()
        self._began = self._shown = self._clock.monotonic()
        self._first = 0

    def say(self, word: str) -> None:
        self._stage = word
        if not self._out.as_json:
            self._out.note(word)

    def tell(self, table: str, rows: int, total: int) -> None:
        now = self._clock.monotonic()
        if table != self._table:
            self._table, self._began, self._first = table, now, rows
        if self._out.as_json or now - self._shown < SHOWN_EVERY_S:
            return
        self._shown = now
        rate = (rows - self._first) / (now - self._began) if now > self._began else 0.0
        left = f", {max(0, total - rows) / rate:.0f} s left" if rate and total else ""
        of = f" of {total}" if total else ""
        self._out.note(f"{self._stage} {table}: {rows}{of} rows, {rate:.0f} a second{left}")
