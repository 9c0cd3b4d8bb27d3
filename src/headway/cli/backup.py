"""`headway backup`: copy the whole store while everything runs."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import click

from headway.cli import options
from headway.cli.exits import Exit, UsageInvalid
from headway.cli.output import Output
from headway.cli.target import Target
from headway.cli.written import act
from headway.view import words

MIB: Final = 2**20


@click.command("backup", short_help="Copy the whole store while everything runs.")
@click.argument("target_place", metavar="TARGET")
@options.store
@options.output
def command(*, target_place: str, target: Target, out: Output) -> int:
    """Copy the whole store, its archives too, into a new directory TARGET. Workers may go on; they pause while the main file is copied.

    The copy is a store of its own and starts held: nothing runs from it until `headway resume --store TARGET`, because
    two stores with the same jobs would run them twice.
    """
    if "://" in target_place:
        raise UsageInvalid(f"{target_place} is no directory", advice="give a new directory: a copy is always one")
    place = Path(target_place).expanduser().absolute()
    with target.open() as opened:
        store, source = opened.store, opened.store.place
        size = store.copy_to(str(place))
        # It changes nothing, but whoever has the copy has everything that is in the store.
        store.call(store.note_act(act("backup", "store", target=str(place), bytes=size)))
    if out.as_json:
        out.document({"copied": source, "target": str(place), "bytes": size, "held": True})
        return Exit.OK
    out.text(f"{source} copied to {place} ({words.grouped(max(1, round(size / MIB)))} MiB)")
    out.text(f"the copy is held: nothing runs from it until headway resume --store {place}")
    return Exit.OK
