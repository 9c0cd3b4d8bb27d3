"""`headway nodes`: the processes that run jobs; alone it lists them."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any, Final

import click
from click.core import ParameterSource

from headway.cli import nodes_list
from headway.cli.exits import UsageInvalid
from headway.cli.lazy import Entry, LazyGroup

COMMANDS: Final = MappingProxyType({
    "list": Entry("headway.cli.nodes_list", "Show the processes that run jobs."),
    "drain": Entry("headway.cli.nodes_drain", "Let nodes start nothing more; what runs goes on.", "drain"),
    "undrain": Entry("headway.cli.nodes_drain", "Let drained nodes start jobs again.", "undrain"),
})  # fmt: skip


@click.pass_context
def _alone(context: click.Context, /, **given: Any) -> Any:
    name = context.invoked_subcommand
    if name is None:
        return context.invoke(nodes_list.command, **given)
    stray = [one for one in given if context.get_parameter_source(one) is ParameterSource.COMMANDLINE]
    if stray:  # the command would look elsewhere than was meant
        raise UsageInvalid(f"options stand before {name}", advice=f"write headway nodes {name} first, then its options")
    return None


command = LazyGroup(
    name="nodes",
    entries=COMMANDS,
    short_help="Show the processes that run jobs; drain them.",
    help="Show the processes that run jobs, or drain them. Without a command it lists them.",
    invoke_without_command=True,
    callback=_alone,
    params=list(nodes_list.command.params),
)
