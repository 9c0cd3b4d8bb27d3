"""`headway nodes drain` and `headway nodes undrain`."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import click

from headway.cli import options
from headway.cli.exits import CommandError, Exit
from headway.cli.written import act, do, user
from headway.model.nearest import nearest

if TYPE_CHECKING:
    from headway.cli.output import Output
    from headway.cli.target import Opened, Target
    from headway.store.protocol import NodeRow, Operation, Store

Verb = Callable[["Store", "NodeRow"], "Operation[bool]"]
by = click.option("--by", metavar="WHO", help="Who does this, for everybody who looks.  [default: your user name]")


@click.command("drain", short_help="Let nodes start nothing more; what runs goes on.")
@click.argument("nodes", nargs=-1, required=True, metavar="NODE...")
@by
@options.store
@options.output
def drain(*, nodes: tuple[str, ...], by: str | None, target: Target, out: Output) -> int:
    """Let nodes start nothing more. What runs there goes on to its end, and other nodes take the rest.

    NODE is a number or uid that `headway nodes` shows. A drained node stays, idle, until its process is stopped or
    `headway nodes undrain` lets it work again. A process that is started anew is not drained.
    """
    return _each(target, out, nodes, ("drain", "draining"), lambda store, node: store.drain_node(node.uid), by)


@click.command("undrain", short_help="Let drained nodes start jobs again.")
@click.argument("nodes", nargs=-1, required=True, metavar="NODE...")
@by
@options.store
@options.output
def undrain(*, nodes: tuple[str, ...], by: str | None, target: Target, out: Output) -> int:
    """Let drained nodes start jobs again. They look at once."""
    return _each(target, out, nodes, ("undrain", "active"), lambda store, node: store.undrain_node(node.uid), by)


def _each(
    target: Target, out: Output, named: tuple[str, ...], words: tuple[str, str], verb: Verb, by: str | None
) -> int:
    kind, state = words
    results: list[dict[str, object]] = []
    with target.open() as opened:
        for node in _found(opened, named):
            what = act(kind, "node", node.uid, app=node.app, by=by or user(), host=node.host, pid=node.pid)
            changed = do(opened.store, verb(opened.store, node), what)
            now = state if changed else node.state
            results.append({"node": node.id, "uid": node.uid, "state": now, "changed": changed})
            if not out.as_json:
                who = f"node {node.id} ({node.host}, process {node.pid})"
                out.text(f"{who} is {now}" if changed else f"{who} was {now} before; nothing was changed")
    if out.as_json:
        out.document({"results": results})
    return Exit.OK if all(one["changed"] or one["state"] == state for one in results) else Exit.FAILED


def _found(opened: Opened, named: tuple[str, ...]) -> list[NodeRow]:
    """All of them, or none: a name that is unknown stops the command before it does anything."""
    known = {name: node for node in opened.nodes(app=opened.app) for name in (str(node.id), node.uid)}
    found: dict[int, NodeRow] = {}
    for name in named:
        node = known.get(name)
        if node is None:
            near = nearest(name, list(known))
            hint = f"did you mean {near}?" if near else "headway nodes shows those of the last day"
            raise CommandError(f"there is no node {name} in {opened.store.place}", advice=hint)
        found[node.id] = node
    return list(found.values())
